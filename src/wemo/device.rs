//! What a device says of itself: `/setup.xml` and the services' descriptions.

use super::xml::escaped;
use crate::switch::Kind;

/// What makes a device the same one for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// 14 hexadecimal digits, out of chance: two boards never have the same.
    pub serial: String,
    /// Its own TCP port: an Echo keeps the address until the next discovery.
    pub port: u16,
}

/// The kinds of device that pywemo tells apart by the UDN.
impl Kind {
    pub fn device_type(self) -> &'static str {
        match self {
            Kind::Switch | Kind::Momentary => "urn:Belkin:device:controllee:1",
            Kind::Dimmer => "urn:Belkin:device:dimmer:1",
            Kind::Sensor => "urn:Belkin:device:sensor:1",
        }
    }

    fn model(self) -> (&'static str, &'static str) {
        match self {
            Kind::Switch | Kind::Momentary => ("Socket", "Belkin Plugin Socket 1.0"),
            Kind::Dimmer => ("Dimmer", "Belkin Plugin Dimmer 1.0"),
            Kind::Sensor => ("Sensor", "Belkin Plugin Sensor 1.0"),
        }
    }

    /// That of the device whose answers were recorded.
    fn firmware(self) -> &'static str {
        match self {
            Kind::Dimmer => "WEMO_WW_2.00.20110904.PVT-RTOS-DimmerV2",
            Kind::Switch | Kind::Momentary | Kind::Sensor => "WeMo_WW_2.00.11420.PVT-OWRT-SNSV2",
        }
    }

    /// The `uuid:` belongs to it: an Echo takes the two apart.
    pub fn udn(self, serial: &str) -> String {
        match self {
            Kind::Switch | Kind::Momentary => format!("uuid:Socket-1_0-{serial}"),
            Kind::Dimmer => format!("uuid:Dimmer-2_0-{serial}"),
            Kind::Sensor => format!("uuid:Sensor-1_0-{serial}"),
        }
    }
}

impl Identity {
    /// An address out of the range that anyone may use, made from the serial.
    pub fn mac(&self) -> String {
        let tail: String = self.serial.chars().rev().take(10).collect();
        format!("02{:0>10}", tail.chars().rev().collect::<String>())
    }
}

/// `/setup.xml`.
pub fn setup(name: &str, kind: Kind, identity: &Identity, state: &str) -> String {
    let (model, description) = kind.model();
    format!(
        "<?xml version=\"1.0\"?>\n\
         <root xmlns=\"urn:Belkin:device-1-0\">\n\
         <specVersion>\n<major>1</major>\n<minor>0</minor>\n</specVersion>\n\
         <device>\n\
         <deviceType>{device_type}</deviceType>\n\
         <friendlyName>{name}</friendlyName>\n\
         <manufacturer>Belkin International Inc.</manufacturer>\n\
         <manufacturerURL>http://www.belkin.com</manufacturerURL>\n\
         <modelDescription>{description}</modelDescription>\n\
         <modelName>{model}</modelName>\n\
         <modelNumber>1.0</modelNumber>\n\
         <modelURL>http://www.belkin.com/plugin/</modelURL>\n\
         <serialNumber>{serial}</serialNumber>\n\
         <UDN>{udn}</UDN>\n\
         <UPC>123456789</UPC>\n\
         <macAddress>{mac}</macAddress>\n\
         <firmwareVersion>{firmware}</firmwareVersion>\n\
         <binaryState>{state}</binaryState>\n\
         <serviceList>\n{basicevent}{metainfo}</serviceList>\n\
         <presentationURL>/pluginpres.html</presentationURL>\n\
         </device>\n</root>\n",
        device_type = kind.device_type(),
        name = escaped(name),
        serial = identity.serial,
        udn = kind.udn(&identity.serial),
        mac = identity.mac(),
        firmware = kind.firmware(),
        basicevent = service("basicevent", "/eventservice.xml"),
        metainfo = service("metainfo", "/metainfoservice.xml"),
    )
}

fn service(name: &str, description: &str) -> String {
    format!(
        "<service>\n\
         <serviceType>urn:Belkin:service:{name}:1</serviceType>\n\
         <serviceId>urn:Belkin:serviceId:{name}1</serviceId>\n\
         <controlURL>/upnp/control/{name}1</controlURL>\n\
         <eventSubURL>/upnp/event/{name}1</eventSubURL>\n\
         <SCPDURL>{description}</SCPDURL>\n\
         </service>\n"
    )
}

/// `/eventservice.xml`.
pub fn event_service(kind: Kind) -> String {
    let (brightness, brightness_out) = match kind {
        Kind::Dimmer => (argument("brightness", "in"), argument("brightness", "out")),
        _ => (String::new(), String::new()),
    };
    let set = match kind {
        Kind::Sensor => String::new(),
        _ => action(
            "SetBinaryState",
            &format!(
                "{}{brightness}{}",
                argument("BinaryState", "in"),
                argument("BinaryState", "out")
            ),
        ),
    };
    let get =
        action("GetBinaryState", &format!("{}{brightness_out}", argument("BinaryState", "out")));
    let name = action("GetFriendlyName", &argument("FriendlyName", "out"));
    let mut variables = variable("BinaryState", "yes") + &variable("FriendlyName", "yes");
    if kind == Kind::Dimmer {
        variables += &variable("brightness", "yes");
    }
    scpd(&format!("{set}{get}{name}"), &variables)
}

/// `/metainfoservice.xml`.
pub fn meta_info_service() -> String {
    let actions = action("GetMetaInfo", &argument("MetaInfo", "out"))
        + &action("GetExtMetaInfo", &argument("ExtMetaInfo", "out"));
    scpd(&actions, &(variable("MetaInfo", "yes") + &variable("ExtMetaInfo", "no")))
}

/// The answer of `GetMetaInfo`: address, serial, model, firmware, access point, kind.
pub fn meta_info(kind: Kind, identity: &Identity) -> String {
    let (model, _) = kind.model();
    let (mac, serial, firmware) = (identity.mac(), &identity.serial, kind.firmware());
    format!("{mac}|{serial}|Plugin Device|{firmware}|{model}|{model}")
}

fn scpd(actions: &str, variables: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<scpd xmlns=\"urn:Belkin:service-1-0\">\n\
         <specVersion>\n<major>1</major>\n<minor>0</minor>\n</specVersion>\n\
         <actionList>\n{actions}</actionList>\n\
         <serviceStateTable>\n{variables}</serviceStateTable>\n</scpd>\n"
    )
}

fn action(name: &str, arguments: &str) -> String {
    format!(
        "<action>\n<name>{name}</name>\n<argumentList>\n{arguments}</argumentList>\n</action>\n"
    )
}

fn argument(name: &str, direction: &str) -> String {
    let retval = if direction == "out" { "<retval/>\n" } else { "" };
    format!(
        "<argument>\n{retval}<name>{name}</name>\n\
         <relatedStateVariable>{name}</relatedStateVariable>\n\
         <direction>{direction}</direction>\n</argument>\n"
    )
}

fn variable(name: &str, sends_events: &str) -> String {
    format!(
        "<stateVariable sendEvents=\"{sends_events}\">\n<name>{name}</name>\n\
         <dataType>string</dataType>\n</stateVariable>\n"
    )
}

#[cfg(test)]
#[path = "tests/device.rs"]
mod tests;
