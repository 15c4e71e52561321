//! The actions of a device, out of a SOAP request, and the answers to them.

use quick_xml::{Reader, events::Event};

use super::xml::escaped;

/// What is asked of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    SetBinaryState(Wanted),
    GetBinaryState,
    GetFriendlyName,
    GetMetaInfo,
    GetExtMetaInfo,
}

/// What a device shall become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// `None` when only the brightness was given.
    pub on: Option<bool>,
    /// In percent, 0 to 100; always `None` where a device cannot be dimmed.
    pub brightness: Option<u8>,
}

/// Why an action is not done; UPnP Device Architecture 1.0, section 3.2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    InvalidAction,
    InvalidArgs,
    ActionFailed,
}

/// Reads a call. The header chooses the action, since an Echo sends a state along even when it asks
/// for one. `dims`: whether `brightness` means anything to the device.
///
/// # Errors
/// For an action that no device has, and for a value that none can take.
pub fn read(action: Option<&str>, body: &[u8], dims: bool) -> Result<Call, Fault> {
    let action = action.unwrap_or_default().trim().trim_matches('"');
    let name = action.rsplit_once('#').map_or("", |(_, name)| name);
    match name.to_ascii_lowercase().as_str() {
        "setbinarystate" => wanted(body, dims).map(Call::SetBinaryState),
        "getbinarystate" => Ok(Call::GetBinaryState),
        "getfriendlyname" => Ok(Call::GetFriendlyName),
        "getmetainfo" => Ok(Call::GetMetaInfo),
        "getextmetainfo" => Ok(Call::GetExtMetaInfo),
        _ => Err(Fault::InvalidAction),
    }
}

fn wanted(body: &[u8], dims: bool) -> Result<Wanted, Fault> {
    let (state, brightness) = arguments(body)?;
    // `1|1492338954|0|…`: the first field is the state.
    let on = match state.as_deref().map(|text| text.split('|').next().unwrap_or_default().trim()) {
        None => None,
        Some("1") => Some(true),
        Some("0") => Some(false),
        Some(_) => return Err(Fault::InvalidArgs),
    };
    let brightness = match brightness.filter(|_| dims) {
        Some(text) => {
            let percent = text.trim().parse().ok().filter(|percent| *percent <= 100);
            Some(percent.ok_or(Fault::InvalidArgs)?)
        }
        None => None,
    };
    if on.is_none() && brightness.is_none() {
        return Err(Fault::InvalidArgs);
    }
    Ok(Wanted { on, brightness })
}

/// The texts of `BinaryState` and `brightness`, the first of each.
fn arguments(body: &[u8]) -> Result<(Option<String>, Option<String>), Fault> {
    let mut reader = Reader::from_reader(body);
    let (mut state, mut brightness) = (None, None);
    let mut inside: Option<(bool, String)> = None;
    loop {
        match reader.read_event().map_err(|_| Fault::InvalidArgs)? {
            Event::Start(tag) => {
                inside = match tag.local_name().as_ref() {
                    "BinaryState" => Some((true, String::new())),
                    name if name.eq_ignore_ascii_case("brightness") => Some((false, String::new())),
                    _ => None,
                };
            }
            Event::Text(text) => {
                if let Some((_, so_far)) = &mut inside {
                    so_far.push_str(&text);
                }
            }
            // No value that means anything needs an entity.
            Event::GeneralRef(_) if inside.is_some() => return Err(Fault::InvalidArgs),
            Event::End(_) => match inside.take() {
                Some((true, text)) => drop(state.get_or_insert(text)),
                Some((false, text)) => drop(brightness.get_or_insert(text)),
                None => {}
            },
            Event::Eof => return Ok((state, brightness)),
            _ => {}
        }
    }
}

/// The answer to an action of `basicevent` or `metainfo`: what it returns, by name.
pub fn answer(service: &str, action: &str, returns: &[(&str, &str)]) -> String {
    let returns: String = returns
        .iter()
        .map(|(name, value)| format!("<{name}>{}</{name}>\r\n", escaped(value)))
        .collect();
    envelope(&format!(
        "<u:{action}Response xmlns:u=\"urn:Belkin:service:{service}:1\">\r\n{returns}</u:{action}Response>\r\n"
    ))
}

impl Fault {
    pub fn to_xml(self) -> String {
        let (code, words) = match self {
            Fault::InvalidAction => (401, "Invalid Action"),
            Fault::InvalidArgs => (402, "Invalid Args"),
            Fault::ActionFailed => (501, "Action Failed"),
        };
        envelope(&format!(
            "<s:Fault>\r\n<faultcode>s:Client</faultcode>\r\n<faultstring>UPnPError</faultstring>\r\n\
             <detail><UPnPError xmlns=\"urn:schemas-upnp-org:control-1-0\">\
             <errorCode>{code}</errorCode><errorDescription>{words}</errorDescription>\
             </UPnPError></detail>\r\n</s:Fault>\r\n"
        ))
    }
}

fn envelope(body: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body>\r\n{body}</s:Body></s:Envelope>"
    )
}

#[cfg(test)]
#[path = "tests/soap.rs"]
mod tests;
