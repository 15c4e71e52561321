#!/usr/bin/env python3
"""Runs a machine in QEMU, follows what it says on its serial line, and turns its sensors.

  emulate.py SECONDS STEP… -- QEMU…

A STEP is `expect=TEXT` (waits until the machine has said it, from where the last one was found),
`temperature=DEVICE:DEGREES` (over QMP), `type=TEXT` (on the serial line) or `file=PATH` (waits until
it exists). Everything that is said is printed. Boards do not switch themselves off: they are ended
after the last step. Ends with 1 when a step's turn never comes.
"""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

CALM = 0.05


class Machine:
    def __init__(self, command, seconds):
        self.deadline = time.monotonic() + seconds
        self.folder = tempfile.TemporaryDirectory()
        monitor = os.path.join(self.folder.name, "monitor")
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [*command, "-qmp", f"unix:{monitor},server=on,wait=off"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        os.set_blocking(self.process.stdout.fileno(), False)
        self.said, self.read_up_to = "", 0
        self.monitor_path, self.monitor = monitor, None

    def listen(self):
        try:
            piece = self.process.stdout.read()
        except BlockingIOError:
            piece = None
        if piece:
            text = piece.decode(errors="replace").replace("\r", "")
            sys.stdout.write(text)
            sys.stdout.flush()
            self.said += text
        elif self.process.poll() is not None:
            raise SystemExit(f"emulate.py: the machine has ended ({self.process.returncode})")

    def wait(self, what, is_so):
        while not is_so():
            self.listen()
            if time.monotonic() > self.deadline:
                raise SystemExit(f"emulate.py: waited in vain for {what}")
            time.sleep(CALM)
        print(f"### {what}, after {time.monotonic() - self.began:.0f} s", flush=True)

    def expect(self, text):
        def is_so():
            found = self.said.find(text, self.read_up_to)
            if found >= 0:
                self.read_up_to = found + len(text)
            return found >= 0

        self.wait(text, is_so)

    def qmp(self, command, **arguments):
        if self.monitor is None:
            self.wait("the monitor", lambda: os.path.exists(self.monitor_path))
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(self.monitor_path)
            self.monitor = connection.makefile("rw")
            self.monitor.readline()
            self.qmp("qmp_capabilities")
        json.dump({"execute": command, "arguments": arguments}, self.monitor)
        self.monitor.write("\n")
        self.monitor.flush()
        while True:
            answer = json.loads(self.monitor.readline())
            if "error" in answer:
                raise SystemExit(f"emulate.py: {command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def step(self, step):
        kind, value = step.split("=", 1)
        if kind == "expect":
            self.expect(value)
        elif kind == "file":
            self.wait(value, lambda: os.path.exists(value))
        elif kind == "type":
            self.process.stdin.write(value.encode() + b"\n")
            self.process.stdin.flush()
        elif kind == "temperature":
            device, degrees = value.split(":")
            path = f"/machine/peripheral/{device}"
            # Millidegrees.
            self.qmp("qom-set", path=path, property="temperature", value=int(float(degrees) * 1000))
            print(f"### {device} is at {degrees} °C", flush=True)
        else:
            raise SystemExit(f"emulate.py: no step is called {kind}")

    def end(self):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


def main():
    # So that the machine ends with us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    cut = sys.argv.index("--")
    machine = Machine(sys.argv[cut + 1 :], float(sys.argv[1]))
    try:
        for step in sys.argv[2:cut]:
            machine.step(step)
    finally:
        machine.end()


main()
