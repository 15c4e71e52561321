//! What a device answers to one request. Nothing here waits: what is asked of a switch is done by
//! others, later.

use std::net::Ipv4Addr;

use super::{
    device,
    events::Events,
    gena::{self, Subscribe},
    house::{Device, House},
    http::{Request, Response, Status},
    soap::{self, Call, Fault},
};
use crate::{
    plan::Origin,
    switch::{Kind, Shown, Wish},
};

const NOT_FOUND: Status = Status(404, "Not Found");
const EVENTS: &str = "/upnp/event/basicevent1";

/// An answer, and the first event for one who has just subscribed.
pub struct Answer {
    pub response: Response,
    pub then: Option<(Events, Shown)>,
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        Answer { response, then: None }
    }
}

pub fn answer(house: &House, device: &Device, from: Ipv4Addr, request: &Request) -> Answer {
    let Some(shown) = house.board.shown(&device.name) else {
        return Response::empty(NOT_FOUND).into();
    };
    match (request.method.as_str(), request.path.as_str()) {
        ("GET" | "HEAD", path) => match description(device, shown, path) {
            Some(xml) => Response::xml(xml).into(),
            None => Response::empty(NOT_FOUND).into(),
        },
        ("POST", "/upnp/control/basicevent1" | "/upnp/control/metainfo1") => {
            control(house, device, shown, from, request).into()
        }
        ("SUBSCRIBE", EVENTS) => subscribe(house, device, shown, from, request),
        ("UNSUBSCRIBE", EVENTS) => unsubscribe(house, device, request).into(),
        ("POST" | "SUBSCRIBE" | "UNSUBSCRIBE", _) => Response::empty(NOT_FOUND).into(),
        _ => Response::empty(Status(405, "Method Not Allowed")).into(),
    }
}

fn description(device: &Device, shown: Shown, path: &str) -> Option<String> {
    match path {
        "/setup.xml" => {
            Some(device::setup(&device.name, device.kind, &device.identity, state(shown)))
        }
        "/eventservice.xml" => Some(device::event_service(device.kind)),
        "/metainfoservice.xml" => Some(device::meta_info_service()),
        _ => None,
    }
}

fn state(shown: Shown) -> &'static str {
    if shown.on { "1" } else { "0" }
}

fn control(
    house: &House,
    device: &Device,
    shown: Shown,
    from: Ipv4Addr,
    request: &Request,
) -> Response {
    let dims = device.kind == Kind::Dimmer;
    let call = soap::read(request.header("SOAPACTION"), &request.body, dims);
    let done = call.and_then(|call| fulfil(house, device, shown, from, call));
    match done {
        Ok(xml) => Response::xml(xml),
        Err(fault) => {
            house.note(
                from,
                format!("{}: {}", device.name, request.header("SOAPACTION").unwrap_or("no action")),
                Some("a fault"),
            );
            let status = Status(500, "Internal Server Error");
            Response { status, ..Response::xml(fault.to_xml()) }
        }
    }
}

fn fulfil(
    house: &House,
    device: &Device,
    shown: Shown,
    from: Ipv4Addr,
    call: Call,
) -> Result<String, Fault> {
    let basic = |action, returns: &[(&str, &str)]| soap::answer("basicevent", action, returns);
    Ok(match call {
        Call::GetBinaryState => {
            basic("GetBinaryState", &binary_state(device, shown, &shown.brightness.to_string()))
        }
        Call::GetFriendlyName => basic("GetFriendlyName", &[("FriendlyName", &device.name)]),
        Call::GetMetaInfo => {
            let info = device::meta_info(device.kind, &device.identity);
            soap::answer("metainfo", "GetMetaInfo", &[("MetaInfo", &info)])
        }
        Call::GetExtMetaInfo => soap::answer("metainfo", "GetExtMetaInfo", &[("ExtMetaInfo", "")]),
        Call::SetBinaryState(wanted) => {
            // A light that is dimmed to nothing is off.
            let on = wanted.on.unwrap_or(true) && wanted.brightness != Some(0);
            let wish = Wish { on, brightness: wanted.brightness.filter(|percent| *percent > 0) };
            house.note(from, format!("{}: {}", device.name, if on { "on" } else { "off" }), None);
            let asked = house.board.ask(&device.name, wish, Origin::Voice);
            let shown = asked.map_err(|_| Fault::ActionFailed)?;
            basic("SetBinaryState", &binary_state(device, shown, &shown.brightness.to_string()))
        }
    })
}

fn binary_state<'b>(
    device: &Device,
    shown: Shown,
    brightness: &'b str,
) -> Vec<(&'static str, &'b str)> {
    let mut returns = vec![("BinaryState", state(shown))];
    if device.kind == Kind::Dimmer {
        returns.push(("brightness", brightness));
    }
    returns
}

fn subscribe(
    house: &House,
    device: &Device,
    shown: Shown,
    from: Ipv4Addr,
    request: &Request,
) -> Answer {
    let now = house.clock.monotonic();
    let subscribed = gena::read_subscribe(request).and_then(|asked| match asked {
        Subscribe::Renew { sid, lasts } if device.subscribers.renew(&sid, now, lasts) => {
            Ok((sid, lasts, None))
        }
        Subscribe::Renew { .. } => Err(gena::Refused::Precondition),
        Subscribe::New { mut callbacks, lasts } => {
            callbacks.retain(|callback| house.is_near(*callback.address.ip()));
            if callbacks.is_empty() {
                return Err(gena::Refused::Precondition);
            }
            let (sid, events) =
                device.subscribers.add(callbacks, (device.kind, shown), now, lasts)?;
            house.note(from, format!("{}: subscribes", device.name), None);
            Ok((sid, lasts, Some((events, shown))))
        }
    });
    match subscribed {
        Ok((sid, lasts, then)) => {
            let headers = vec![("SID", sid), ("TIMEOUT", format!("Second-{}", lasts.as_secs()))];
            let response = Response { headers, ..Response::empty(Status(200, "OK")) };
            Answer { response, then }
        }
        Err(refused) => Response::empty(refused.status()).into(),
    }
}

fn unsubscribe(house: &House, device: &Device, request: &Request) -> Response {
    let removed = gena::read_unsubscribe(request)
        .map(|sid| device.subscribers.remove(sid, house.clock.monotonic()));
    Response::empty(match removed {
        Ok(true) => Status(200, "OK"),
        Ok(false) => gena::Refused::Precondition.status(),
        Err(refused) => refused.status(),
    })
}
