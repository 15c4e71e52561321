//! `[scan]` and `[networks.NAME]`: what `open_ports` looks at, and how fast.

use std::{sync::Arc, time::Duration};

use indexmap::IndexMap;

use super::{Reader, names::check_name};
use crate::{
    config::{field::Field, section::Section},
    host::scan::{PortSet, ScanPace, ScanSettings, Targets},
    subnet::Subnet,
};

/// A /16: 65,536 addresses. What is larger is no network that somebody lives in.
const LARGEST: u8 = 16;
const HIGHEST_RATE: u64 = 20_000;
const LONGEST_PATIENCE: Duration = Duration::from_secs(30);

impl Reader<'_> {
    pub(super) fn scans(&self, root: &Section<'_>) -> ScanSettings {
        let section = root.section("scan", "[scan]");
        let usual = ScanPace::default();
        let rate = section.field("rate").and_then(|field| field.whole(1, HIGHEST_RATE));
        let patience = section.field("timeout").and_then(|field| {
            let patience = field.duration()?;
            if patience > LONGEST_PATIENCE {
                field.wrong("no port takes so long to answer", "at most 30s", None);
            }
            Some(patience)
        });
        let pace = ScanPace {
            rate: rate.and_then(|rate| u32::try_from(rate).ok()).unwrap_or(usual.rate),
            patience: patience.unwrap_or(usual.patience),
        };
        let ports = section.field("ports").and_then(|field| ports(&field)).unwrap_or_default();
        section.finish();
        let mut networks = IndexMap::new();
        for (name, span, section) in root.named_sections("networks") {
            let well_named = check_name(self.mistakes, "a network", name, span);
            let cidr = section.required("cidr", "cidr = \"192.168.1.0/24\"");
            let range = cidr.and_then(|field| self.range(&field));
            let own = section.field("ports").and_then(|field| self::ports(&field));
            section.finish();
            if let (true, Some(range)) = (well_named, range) {
                let ports = own.unwrap_or_else(|| ports.clone());
                networks.insert(Arc::from(name), Targets { ranges: vec![range], ports });
            }
        }
        ScanSettings { pace, ports, networks }
    }

    fn range(&self, field: &Field<'_>) -> Option<Subnet> {
        let text = field.text()?;
        let range = match text.parse::<Subnet>() {
            Ok(range) => range,
            Err(error) => {
                field.wrong(
                    format!("`{text}` is no network"),
                    "not a range of IPv4 addresses",
                    error.to_string(),
                );
                return None;
            }
        };
        if range.length() < LARGEST {
            field.wrong(
                format!("`{text}` is too large to be looked at"),
                format!("at most /{LARGEST}"),
                "describe the parts in which your hosts are, each as a network".to_owned(),
            );
            return None;
        }
        if !range.is_private() {
            self.mistakes.warning(
                field.span(),
                format!("`{text}` is no private network"),
                "public addresses",
                "look at other people's machines only with their consent".to_owned(),
            );
        }
        Some(range)
    }
}

fn ports(field: &Field<'_>) -> Option<PortSet> {
    let ports = field.text()?.parse::<PortSet>();
    let wrong = |error: crate::host::scan::NotPorts| {
        field.wrong(error.to_string(), "not a port", "ports = \"1-1024,3389\"".to_owned());
    };
    ports.map_err(wrong).ok()
}
