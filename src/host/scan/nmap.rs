//! nmap on a host: the line that runs it, and what it answers (`-oX`, by nmap's own nmap.dtd).

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use super::{Port, PortState, ScanPace, Scanned, Targets};

/// Why nmap's answer is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NmapError {
    #[error("what nmap printed is no XML: {0}")]
    NotXml(String),
    #[error("what nmap printed ends before the scan does")]
    Unfinished,
    #[error("nmap says: {0}")]
    Failed(String),
}

/// Ports at which a live host says at least no: without root, nmap finds hosts by them.
const KNOCKED_AT: &str = "-PS21,22,23,25,53,80,139,443,445,554,3389,8080";

/// The shell line. Everything in it is ours or has been read as numbers.
pub fn command(targets: &Targets, pace: ScanPace) -> String {
    let ranges: Vec<String> = targets.ranges.iter().map(ToString::to_string).collect();
    format!(
        "nmap -n -oX - --max-rate {} --max-retries 2 --host-timeout 15m {KNOCKED_AT} -p {} {}",
        pace.rate,
        targets.ports,
        ranges.join(" ")
    )
}

/// Reads nmap's XML: the hosts that are up.
///
/// # Errors
/// When it is no XML, not the whole of it, or nmap says that it failed.
pub fn parse(text: &str) -> Result<Vec<Scanned>, NmapError> {
    // What a shell's start-up files print stands before it.
    let begin = text.find("<?xml").or_else(|| text.find("<nmaprun")).unwrap_or(0);
    let mut reader = Reader::from_str(&text[begin..]);
    let mut reading = Reading::default();
    loop {
        let event = reader.read_event().map_err(|error| NmapError::NotXml(error.to_string()))?;
        match event {
            Event::Start(tag) | Event::Empty(tag) => reading.see(&tag)?,
            Event::End(tag) if tag.name().as_ref() == "host" => reading.end_host(),
            // What follows it comes from elsewhere: standard error.
            Event::End(tag) if tag.name().as_ref() == "nmaprun" => break,
            Event::Eof => break,
            _ => {}
        }
    }
    let mut hosts = reading.hosts;
    hosts.sort_by_key(|host| host.address.parse::<std::net::IpAddr>().ok());
    if reading.finished { Ok(hosts) } else { Err(NmapError::Unfinished) }
}

#[derive(Default)]
struct Reading {
    hosts: Vec<Scanned>,
    host: Scanned,
    is_up: bool,
    port: Option<Port>,
    finished: bool,
}

impl Reading {
    fn see(&mut self, tag: &BytesStart<'_>) -> Result<(), NmapError> {
        let value = |key: &str| attribute(tag, key);
        match tag.name().as_ref() {
            "host" => (self.host, self.is_up, self.port) = Default::default(),
            // A port has a state of its own.
            "status" => self.is_up = value("state").as_deref() == Some("up"),
            "address" => {
                let address = value("addr").unwrap_or_default();
                match value("addrtype").as_deref() {
                    Some("mac") => self.host.mac = Some(address.to_lowercase()),
                    _ => self.host.address = address,
                }
            }
            "hostname" => self.host.name = value("name"),
            "extraports" => {
                let count = value("count").and_then(|count| count.parse().ok()).unwrap_or(0);
                self.count(value("state").as_deref(), count);
            }
            "port" => {
                let port = value("portid").and_then(|port| port.parse().ok());
                self.port = port.map(|port| Port {
                    port,
                    protocol: value("protocol").unwrap_or_else(|| "tcp".into()),
                    service: String::new(),
                    state: PortState::Filtered,
                });
            }
            "state" => {
                let said = value("state");
                self.count(said.as_deref(), 1);
                if let Some(mut port) = self.port.take() {
                    port.state = state(said.as_deref());
                    self.host.ports.push(port);
                }
            }
            "service" => {
                if let Some(port) = self.host.ports.last_mut() {
                    port.service = value("name").unwrap_or_default();
                }
            }
            "finished" => match value("exit").as_deref() {
                Some("success") | None => self.finished = true,
                Some(_) => {
                    return Err(NmapError::Failed(value("errormsg").unwrap_or_default()));
                }
            },
            _ => {}
        }
        Ok(())
    }

    fn count(&mut self, said: Option<&str>, count: u32) {
        let counter = match state(said) {
            PortState::Open => return,
            PortState::Closed => &mut self.host.closed,
            PortState::Filtered => &mut self.host.filtered,
        };
        *counter = counter.saturating_add(count);
    }

    fn end_host(&mut self) {
        let mut host = std::mem::take(&mut self.host);
        host.ports.sort_by_key(|port| port.port);
        if self.is_up && !host.address.is_empty() {
            self.hosts.push(host);
        }
    }
}

/// nmap has mixed states, such as `open|filtered`: what is not surely open or closed is filtered.
fn state(said: Option<&str>) -> PortState {
    match said {
        Some("open") => PortState::Open,
        Some("closed") => PortState::Closed,
        _ => PortState::Filtered,
    }
}

fn attribute(tag: &BytesStart<'_>, key: &str) -> Option<String> {
    let attribute = tag.try_get_attribute(key).ok().flatten()?;
    let text = attribute.value.into_owned();
    Some(quick_xml::escape::unescape(&text).map(|text| text.into_owned()).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::host::scan::PortSet;

    const ANSWER: &str = r#"Welcome to scanner!
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nmaprun>
<?xml-stylesheet href="file:///usr/share/nmap/nmap.xsl" type="text/xsl"?>
<nmaprun scanner="nmap" args="nmap -n -oX -" start="1780000000" version="7.93" xmloutputversion="1.05">
<scaninfo type="connect" protocol="tcp" numservices="3" services="21-23"/>
<host><status state="down" reason="no-response" reason_ttl="0"/><address addr="10.0.0.9" addrtype="ipv4"/></host>
<host starttime="1" endtime="2"><status state="up" reason="syn-ack" reason_ttl="0"/>
<address addr="10.0.0.2" addrtype="ipv4"/><address addr="52:54:00:12:34:AB" addrtype="mac" vendor="QEMU"/>
<hostnames><hostname name="nas&amp;co" type="PTR"/></hostnames>
<ports><extraports state="closed" count="2"><extrareasons reason="conn-refused" count="2"/></extraports>
<port protocol="tcp" portid="23"><state state="open" reason="syn-ack" reason_ttl="0"/><service name="telnet" method="table" conf="3"/></port>
<port protocol="tcp" portid="21"><state state="filtered" reason="no-response" reason_ttl="0"/></port>
</ports><times srtt="100" rttvar="50" to="100000"/></host>
<runstats><finished time="1780000001" summary="" exit="success"/><hosts up="1" down="1" total="2"/></runstats>
</nmaprun>
"#;

    #[test]
    fn hosts_that_are_up_come_with_their_ports() {
        let hosts = parse(ANSWER).unwrap();
        let port = |port, service: &str, state| Port {
            port,
            protocol: "tcp".into(),
            service: service.into(),
            state,
        };
        let ports = vec![port(21, "", PortState::Filtered), port(23, "telnet", PortState::Open)];
        let expected = Scanned {
            address: "10.0.0.2".into(),
            name: Some("nas&co".into()),
            mac: Some("52:54:00:12:34:ab".into()),
            ports,
            closed: 2,
            filtered: 1,
        };
        assert_eq!(hosts, [expected]);
    }

    #[test]
    fn half_an_answer_is_none() {
        let whole = ANSWER.find("<runstats>").unwrap();
        assert_eq!(parse(&ANSWER[..whole]), Err(NmapError::Unfinished));
        assert_eq!(parse(""), Err(NmapError::Unfinished));
        let failed = ANSWER.replace(r#"exit="success""#, r#"exit="error" errormsg="no way""#);
        assert_eq!(parse(&failed), Err(NmapError::Failed("no way".into())));
    }

    #[test]
    fn the_line_says_all() {
        let ranges = vec!["192.168.1.0/24".parse().unwrap()];
        let targets = Targets { ranges, ports: PortSet::of([22, 23, 24, 80]) };
        insta::assert_snapshot!(command(&targets, ScanPace::default()), @"nmap -n -oX - --max-rate 1000 --max-retries 2 --host-timeout 15m -PS21,22,23,25,53,80,139,443,445,554,3389,8080 -p 22-24,80 192.168.1.0/24");
    }

    proptest! {
        #[test]
        fn nothing_that_is_printed_panics(text: String, cut in 0..ANSWER.len()) {
            let _ = parse(&text);
            let cut = ANSWER.floor_char_boundary(cut);
            let _ = parse(&format!("{}{text}{}", &ANSWER[..cut], &ANSWER[cut..]));
        }
    }
}
