"""Drives the devices with pywemo. Argument: how many plain switches there are."""
import sys
import threading
import time

import pywemo

switches = int(sys.argv[1])
devices = pywemo.discover_devices(timeout=3)
by_name = {device.name: device for device in devices}
assert len(devices) == len(by_name) == switches + 3, sorted(by_name)
assert type(by_name["dim lamp"]).__name__ == "DimmerV2"
assert type(by_name["door"]).__name__ == "Motion"
assert len({device.udn for device in devices}) == len(devices)

heard = threading.Condition()
events = []


def on_event(device, kind, value):
    with heard:
        events.append((device.name, kind, value))
        heard.notify_all()


def wait_for(*event):
    with heard:
        assert heard.wait_for(lambda: event in events, 20), (event, events)


registry = pywemo.SubscriptionRegistry()
registry.start()
for device in devices:
    registry.register(device)
    registry.on(device, None, on_event)
for device in devices:
    wait_for(device.name, "BinaryState", str(device.get_state(force_update=True)))
plain = [device for device in devices if type(device).__name__ == "Switch"]
deadline = time.monotonic() + 20
while not all(registry.is_subscribed(device) for device in plain):
    assert time.monotonic() < deadline, "not subscribed to all of them"
    time.sleep(0.1)

for device in plain:
    for state in (1, 0):
        if device.get_state(force_update=True) == state:
            continue
        events.clear()
        device.set_state(state)
        wait_for(device.name, "BinaryState", str(state))
        assert device.get_state(force_update=True) == state

lamp = by_name["dim lamp"]
lamp.set_brightness(45)
assert (lamp.get_state(force_update=True), lamp.get_brightness(force_update=True)) == (1, 45)
wait_for("dim lamp", "Brightness", "45")
lamp.set_brightness(0)
assert lamp.get_state(force_update=True) == 0
assert by_name["battery"].get_brightness(force_update=True) == 55
for device in devices:
    registry.unregister(device)
registry.stop()
