"""Says "plex power on" with pywemo, and hears what becomes of it. Lines on stdin take it from step to step."""
import sys
import threading

import pywemo

changes = []
heard = threading.Condition()


def on_event(device, kind, value):
    if kind == "BinaryState":
        with heard:
            changes.append(value)
            heard.notify_all()


def await_changes(*expected):
    with heard:
        assert heard.wait_for(lambda: len(changes) >= len(expected), 60), changes
        assert changes == list(expected), changes


(plex,) = pywemo.discover_devices(timeout=3)
assert plex.name == "plex power", plex
registry = pywemo.SubscriptionRegistry()
registry.start()
registry.register(plex)
registry.on(plex, None, on_event)
await_changes("0")
plex.on()
await_changes("0", "1")
print("on", flush=True)

# The machine runs by now.
assert sys.stdin.readline() == "running\n"
assert plex.get_state(force_update=True) == 1
await_changes("0", "1")
print("still on", flush=True)

assert sys.stdin.readline() == "stopped\n"
await_changes("0", "1", "0")
assert plex.get_state(force_update=True) == 0
print("off", flush=True)
registry.unregister(plex)
registry.stop()
