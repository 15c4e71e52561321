"""Asks Home Assistant itself whether it takes the descriptions on standard input: a JSON list of
[component, payload]. Prints what is wrong, and ends with 1 if anything is."""

import importlib
import json
import sys

from homeassistant.const import CONF_DEVICE
from homeassistant.components.mqtt.mixins import MQTT_ENTITY_DEVICE_INFO_SCHEMA

wrong = 0
for component, payload in json.load(sys.stdin):
    module = importlib.import_module(f"homeassistant.components.mqtt.{component}")
    try:
        module.DISCOVERY_SCHEMA(payload)
        MQTT_ENTITY_DEVICE_INFO_SCHEMA(payload[CONF_DEVICE])
    except Exception as error:
        wrong += 1
        print(f"{component} {payload.get('name')}: {error}")
sys.exit(1 if wrong else 0)
