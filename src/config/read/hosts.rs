//! `[hosts.NAME]`.

use std::{sync::Arc, time::Duration};

use super::{
    Reader, libvirt::MachineKeys, links::check_links, mac::parse_mac, names::check_name,
    switching::guard,
};
use crate::{
    config::{diagnostic::Span, field::Field, section::Section},
    host::{Host, HostCommands, HostKind, SwitchGuard, WakeSettings},
    suggest::did_you_mean_or_all,
};

const START_WITHIN: Duration = Duration::from_secs(5 * 60);
const STOP_WITHIN: Duration = Duration::from_secs(3 * 60);
const COMMAND_WITHIN: Duration = Duration::from_secs(10 * 60);

/// A host with the places of what it says about other hosts.
pub(super) struct PlacedHost {
    pub host: Host,
    pub on_span: Span,
    pub jump_span: Span,
}

impl Reader<'_> {
    pub(super) fn hosts(&self, root: &Section<'_>) -> Vec<Host> {
        let usual = self.switching(root);
        let mut hosts = Vec::new();
        let mut this_board: Option<&str> = None;
        for (name, span, section) in root.named_sections("hosts") {
            let well_named = check_name(self.mistakes, "a host", name, span.clone());
            let placed = self.host(name, section, usual);
            if placed.host.kind == HostKind::ThisBoard {
                match this_board {
                    None => this_board = Some(name),
                    Some(first) => self.mistakes.error(
                        span,
                        format!("`{name}` and `{first}` are both this board"),
                        "the second one",
                        "only one host can have kind = \"self\"".to_owned(),
                    ),
                }
            }
            if well_named {
                hosts.push(placed);
            }
        }
        check_links(self.mistakes, &hosts);
        hosts.into_iter().map(|placed| placed.host).collect()
    }

    fn host(&self, name: &str, section: Section<'_>, usual: SwitchGuard) -> PlacedHost {
        let kind = section.required("kind", "kind = \"ssh\"").and_then(|field| host_kind(&field));
        let address = section.field("address");
        let mac = section.field("mac");
        let on = section.field("on");
        if kind == Some(HostKind::ThisBoard) {
            for field in [&address, &mac].into_iter().flatten() {
                self.mistakes.warning(
                    field.key_span.clone(),
                    format!("`{}` has no effect on this board itself", field.key),
                    "not used",
                    "leave it out".to_owned(),
                );
            }
        }
        let (ssh, jump_span) = self.ssh(&section);
        let text = |key| section.field(key).and_then(|field| field.text()).map(str::to_owned);
        let commands = HostCommands {
            start: text("start"),
            stop: text("stop"),
            restart: text("restart"),
            update: text("update"),
            state: text("state"),
        };
        let within =
            |key, default| section.field(key).and_then(|field| field.duration()).unwrap_or(default);
        let MachineKeys { domain, allow_destroy, force_after } = self.machine(name, kind, &section);
        let kind = kind.unwrap_or(HostKind::Ssh);
        let host = Host {
            name: Arc::from(name),
            kind,
            address: match &address {
                Some(field) => field.text().and_then(|text| reachable(field, text)),
                // As ssh itself does it: the name is looked up.
                // Of a virtual machine its hypervisor is asked first.
                None => {
                    let is_looked_up = matches!(kind, HostKind::Physical | HostKind::Ssh);
                    is_looked_up.then(|| name.to_owned())
                }
            },
            mac: mac.and_then(|field| read_mac(&field)),
            wake: wake(&section),
            on: on.as_ref().and_then(Field::text).map(Arc::from),
            tags: section.field("tags").map(|field| self.tags(&field)).unwrap_or_default(),
            ssh,
            commands,
            domain,
            allow_destroy,
            force_after,
            mqtt: section.field("mqtt").and_then(|field| field.boolean()).unwrap_or(false),
            voice: section.field("voice").and_then(|field| field.boolean()).unwrap_or(false),
            start_within: within("start_within", START_WITHIN),
            stop_within: within("stop_within", STOP_WITHIN),
            command_within: within("command_within", COMMAND_WITHIN),
            guard: guard(&section, usual),
        };
        let on_span = on.map_or(0..0, |field| field.span());
        self.warn_of_no_way_to_start(&section, &host);
        section.finish();
        PlacedHost { host, on_span, jump_span }
    }

    /// A machine of its own that is off can only be woken or be started by someone else's command.
    fn warn_of_no_way_to_start(&self, section: &Section<'_>, host: &Host) {
        let stuck = host.kind == HostKind::Physical
            && section.field("mac").is_none()
            && host.commands.start.is_none();
        if stuck {
            self.mistakes.warning(
                section.span.clone(),
                format!("`{}` can be stopped, but not started again", host.name),
                "no `mac`, no `start`",
                "add its `mac` for Wake-on-LAN, or a `start` command with `on`".to_owned(),
            );
        }
    }

    fn tags(&self, field: &Field<'_>) -> Vec<String> {
        let tags = field.texts().unwrap_or_default();
        tags.into_iter()
            .filter(|tag| check_name(self.mistakes, "a tag", tag.get_ref(), tag.span()))
            .map(|tag| tag.into_inner().to_owned())
            .collect()
    }
}

/// `wake = { … }`.
fn wake(host: &Section<'_>) -> WakeSettings {
    let section = host.section("wake", "`wake`");
    let port = section.field("port").and_then(|field| field.whole(1, u64::from(u16::MAX)));
    let settings = WakeSettings {
        interface: section.field("interface").and_then(|field| field.text()).map(str::to_owned),
        port: port.and_then(|port| u16::try_from(port).ok()),
        password: section.field("password").and_then(|field| field.secret()),
    };
    section.finish();
    settings
}

fn host_kind(field: &Field<'_>) -> Option<HostKind> {
    match field.text()? {
        "physical" => Some(HostKind::Physical),
        "ssh" => Some(HostKind::Ssh),
        "libvirt" => Some(HostKind::Libvirt),
        "placed" => Some(HostKind::Placed),
        "self" => Some(HostKind::ThisBoard),
        other => {
            let help =
                did_you_mean_or_all(other, &["physical", "ssh", "libvirt", "placed", "self"]);
            field.wrong(format!("there is no kind of host `{other}`"), "not known", help);
            None
        }
    }
}

/// A host name or an IP address, nothing else: no user, no port, no option of a command.
fn reachable(field: &Field<'_>, text: &str) -> Option<String> {
    let is_host_name = text.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
    let is_address = text.parse::<std::net::IpAddr>().is_ok();
    if !is_host_name && !is_address {
        field.wrong(
            format!("`{text}` is neither a host's name nor an IP address"),
            "only the name or the address",
            "user and port stand in ssh = { user = \"…\", port = 22 }".to_owned(),
        );
        return None;
    }
    Some(text.to_owned())
}

fn read_mac(field: &Field<'_>) -> Option<[u8; 6]> {
    let text = field.text()?;
    let mac = parse_mac(text);
    if mac.is_none() {
        field.wrong(
            format!("`{text}` is not the MAC address of a machine"),
            "six pairs of hexadecimal digits",
            "as `ip link` on that machine shows it: mac = \"52:54:00:12:34:56\"".to_owned(),
        );
    }
    mac
}
