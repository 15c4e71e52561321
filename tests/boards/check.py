#!/usr/bin/env python3
"""Compares the profiles of boards/ with the kernel's own device trees.

    tests/boards/fetch FOLDER && tests/boards/check.py FOLDER

Every `compatible` of a profile must be the root of a tree; that tree's model must begin as the
profile says; and the profile's I2C buses must have the numbers that this tree gives them. A tree
numbers its buses by `/aliases/i2cN`, or else the kernel counts those that are switched on.
"""

import pathlib
import struct
import sys
import tomllib

BOARDS = pathlib.Path(__file__).resolve().parents[2] / "boards"

BEGIN_NODE, END_NODE, PROPERTY, NOTHING, END = 1, 2, 3, 4, 9
MAGIC = 0xD00DFEED

# Buses that the kernel's own tree leaves out or switched off, and an overlay adds.
BY_OVERLAY = {
    "beaglebone-black": {1},
    "orange-pi": {0, 1, 2, 3},
    # Its header hangs on the RP1, of which this kernel's tree knows nothing.
    "raspberry-pi-5": {1},
}

# The controller at pins 3 and 5 of the header, by the end of its address.
HEADER = {"raspberry-pi": "804000"}


def properties(blob):
    """Yields (path, name, value) of a flattened device tree (Devicetree Specification, chapter 5)."""
    magic, _, structure, strings = struct.unpack_from(">4I", blob)
    if magic != MAGIC:
        raise ValueError("no flattened device tree")
    place, path = structure, []
    while True:
        (token,) = struct.unpack_from(">I", blob, place)
        place += 4
        if token == BEGIN_NODE:
            end = blob.index(b"\0", place)
            path.append(blob[place:end].decode())
            place = (end + 4) & ~3
        elif token == END_NODE:
            path.pop()
        elif token == PROPERTY:
            length, offset = struct.unpack_from(">2I", blob, place)
            place += 8
            start = strings + offset
            name = blob[start : blob.index(b"\0", start)].decode()
            yield "/".join(path) or "/", name, blob[place : place + length]
            place = (place + length + 3) & ~3
        elif token == END:
            return
        elif token != NOTHING:
            raise ValueError(f"unknown token {token}")


def words(value):
    return [word for word in value.decode("utf-8", "replace").split("\0") if word]


class Tree:
    def __init__(self, file):
        self.name = file.stem
        self.model, self.compatible, aliases = "", [], {}
        nodes, disabled = [], set()
        for path, name, value in properties(file.read_bytes()):
            if path == "/" and name == "model":
                self.model = "".join(words(value)[:1])
            elif path == "/" and name == "compatible":
                self.compatible = words(value)
            elif path == "/aliases" and name.startswith("i2c") and name[3:].isdigit():
                aliases[int(name[3:])] = "".join(words(value)[:1])
            last = path.rsplit("/", 1)[-1]
            if last.startswith("i2c@") and path not in nodes:
                nodes.append(path)
            if name == "status" and words(value) == ["disabled"]:
                disabled.add(path)
        buses = aliases or dict(enumerate(node for node in nodes if node not in disabled))
        # Number to node, of those that are switched on.
        self.buses = {bus: node for bus, node in buses.items() if node not in disabled}


def number(bus):
    """The N of /dev/i2c-N."""
    if bus["backend"] == "rpi":
        return bus["number"]
    return int(bus["device"].rsplit("-", 1)[1])


def differences(board, profile, tree):
    """What a profile says of a board, and its tree does not."""
    if not any(tree.model.startswith(model) for model in profile.get("models", [])):
        yield f"its model is \"{tree.model}\""
    wanted = {number(bus) for bus in profile["i2c"].values()} - BY_OVERLAY.get(board, set())
    for bus in sorted(wanted - set(tree.buses)):
        yield f"it has the I2C buses {sorted(tree.buses)}, not {bus}"
    for family, address in HEADER.items():
        node = tree.buses.get(1)
        if board.startswith(family) and node and not node.endswith(address):
            yield f"bus 1 is {node}, not the one at the header"


def main(folder):
    trees = [Tree(file) for file in sorted(pathlib.Path(folder).rglob("*.dtb"))]
    if not trees:
        sys.exit(f"no .dtb below {folder}: run tests/boards/fetch first")
    mistakes = []
    for file in sorted(BOARDS.glob("*.toml")):
        profile = tomllib.loads(file.read_text())
        for each in profile.get("compatible", []):
            of_this = [tree for tree in trees if tree.compatible[:1] == [each]]
            if not of_this:
                mistakes.append(f"{file.name}: no tree is a {each}")
            for tree in of_this:
                mistakes.extend(f"{file.name}: {tree.name}: {why}" for why in differences(file.stem, profile, tree))
            for name in sorted({tree.name for tree in of_this}):
                print(f"{file.stem}: {name}")
    for mistake in mistakes:
        print(mistake, file=sys.stderr)
    sys.exit(1 if mistakes else 0)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
