#!/usr/bin/env python3
"""Watchpost beside fauxmo, 20 devices each, over a veth pair between two network namespaces.

    sudo tests/wemo/compare.py target/release/watchpost

Needs root, ip, and fauxmo 0.8 in target/pywemo (target/pywemo/bin/pip install 'fauxmo==0.8.*').
Prints figures and their ratios; ends with 1 when what is wanted is not reached. It takes minutes and
wants a quiet machine: it is no part of the ordinary tests.
"""
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time

DEVICES = 20
HOUSE, CLIENT = "compare-house", "compare-client"
SEARCH = (
    b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\n'
    b"MX: 2\r\nST: urn:Belkin:device:**\r\n\r\n"
)
BODY = (
    '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<u:SetBinaryState xmlns:u="urn:Belkin:service:basicevent:1"><BinaryState>%d</BinaryState>'
    "</u:SetBinaryState></s:Body></s:Envelope>"
)


def percentile(values, percent):
    return sorted(values)[min(len(values) - 1, int(len(values) * percent / 100))]


def measure(first_port):
    """In the client's namespace: what one server does, in seconds."""
    began = time.perf_counter()
    while not all_open(first_port):
        time.sleep(0.005)
    ports = time.perf_counter() - began
    first, lost = [], 0
    for _ in range(20):
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        client.settimeout(2.5)
        sent, answers = time.perf_counter(), 0
        client.sendto(SEARCH, ("239.255.255.250", 1900))
        try:
            while answers < DEVICES:
                client.recv(2048)
                answers += 1
                if answers == 1:
                    first.append(time.perf_counter() - sent)
        except TimeoutError:
            lost += DEVICES - answers
    sets = [set_state(first_port + n % DEVICES, n // DEVICES % 2) for n in range(2000)]
    return {
        "last port (s)": ports,
        "first answer p99 (s)": percentile(first, 99),
        "answers lost": lost,
        "Set p50 (s)": percentile(sets, 50),
        "Set p99 (s)": percentile(sets, 99),
    }


def all_open(first_port):
    for port in range(first_port, first_port + DEVICES):
        try:
            socket.create_connection(("10.79.0.1", port), 1).close()
        except OSError:
            return False
    return True


def set_state(port, state):
    body = BODY % state
    request = (
        f"POST /upnp/control/basicevent1 HTTP/1.1\r\nHost: x\r\n"
        f'SOAPACTION: "urn:Belkin:service:basicevent:1#SetBinaryState"\r\n'
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
    )
    began = time.perf_counter()
    with socket.create_connection(("10.79.0.1", port), 5) as client:
        client.sendall(request.encode())
        answer = b""
        while b"</s:Envelope>" not in answer:
            piece = client.recv(4096)
            if not piece:
                break
            answer += piece
    assert b"SetBinaryStateResponse" in answer, answer
    return time.perf_counter() - began


def run(command, folder, first_port):
    server = subprocess.Popen(
        ["ip", "netns", "exec", HOUSE, *command], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        inside = ["ip", "netns", "exec", CLIENT, sys.executable, __file__, "--measure", str(first_port)]
        figures = json.loads(subprocess.check_output(inside))
        time.sleep(2)
        status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
        figures["RSS (kB)"] = int(status.split("VmRSS:")[1].split()[0])
        return figures
    finally:
        server.terminate()
        server.wait()


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    program = str(pathlib.Path(sys.argv[1]).resolve())
    ip = lambda line: subprocess.run(["ip", *line.split()], check=True)
    for name in (HOUSE, CLIENT):
        ip(f"netns add {name}")
    try:
        ip(f"link add cable netns {HOUSE} type veth peer name cable netns {CLIENT}")
        for name, address in ((HOUSE, "10.79.0.1/24"), (CLIENT, "10.79.0.2/24")):
            ip(f"-n {name} addr add {address} dev cable")
            ip(f"-n {name} link set lo up")
            ip(f"-n {name} link set cable up")
            ip(f"-n {name} route add 224.0.0.0/4 dev cable")
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "scripts").mkdir()
            (folder / "scripts/lamps.rhai").write_text(
                f"for n in 0..{DEVICES} {{ wemo(`lamp ${{n}}`, #{{ on: || (), off: || () }}); }}"
            )
            (folder / "watchpost.toml").write_text(
                'state = "state.db"\n[board]\nprofile = "simulated"\n[control]\nsocket = "s.sock"\n[alexa]\n'
            )
            devices = [{"name": f"lamp {n}", "port": 49152 + n} for n in range(DEVICES)]
            # A plugin that does nothing: what is compared is the server.
            (folder / "nothingplugin.py").write_text(
                "from fauxmo.plugins import FauxmoPlugin\n"
                "class NothingPlugin(FauxmoPlugin):\n"
                "    def __init__(self, *, name, port, **_):\n"
                "        super().__init__(name=name, port=port)\n"
                "    def on(self): return True\n"
                "    def off(self): return True\n"
                "    def get_state(self): return 'on'\n"
            )
            config = {"FAUXMO": {"ip_address": "10.79.0.1"}}
            config["PLUGINS"] = {
                "NothingPlugin": {"path": str(folder / "nothingplugin.py"), "DEVICES": devices}
            }
            (folder / "fauxmo.json").write_text(json.dumps(config))
            fauxmo = str(root / "target/pywemo/bin/fauxmo")
            theirs = run([fauxmo, "-c", "fauxmo.json"], folder, 49152)
            ours = run([program, "--config", "watchpost.toml"], folder, 49152)
    finally:
        for name in (HOUSE, CLIENT):
            subprocess.run(["ip", "netns", "del", name], check=False)
    print(f"{'':24}{'watchpost':>12}{'fauxmo':>12}{'ratio':>8}")
    for figure, own in ours.items():
        other = theirs[figure]
        ratio = f"{own / other:.2f}" if other else "-"
        print(f"{figure:24}{own:12.4f}{other:12.4f}{ratio:>8}")
    wanted = ("first answer p99 (s)", "Set p99 (s)", "RSS (kB)")
    missed = [figure for figure in wanted if ours[figure] > theirs[figure] / 2]
    if missed or ours["answers lost"]:
        sys.exit(f"not reached: {', '.join(missed) or 'answers were lost'}")


if __name__ == "__main__":
    if sys.argv[1] == "--measure":
        print(json.dumps(measure(int(sys.argv[2]))))
    else:
        main()
