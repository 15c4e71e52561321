//! Sets of ports: `1-1024,3389`.

use std::{fmt, ops::RangeInclusive, str::FromStr};

use super::services;

/// Port numbers from 1 on, as ranges that neither touch nor overlap, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortSet(Vec<RangeInclusive<u16>>);

/// What is written is no set of ports.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no port from 1 to 65535, and no range of them such as 1-1024")]
pub struct NotPorts(String);

impl PortSet {
    pub fn of(ports: impl IntoIterator<Item = u16>) -> Self {
        Self::merged(ports.into_iter().filter(|port| *port > 0).map(|port| port..=port).collect())
    }

    fn merged(mut ranges: Vec<RangeInclusive<u16>>) -> Self {
        ranges.sort_by_key(|range| *range.start());
        let mut merged: Vec<RangeInclusive<u16>> = Vec::new();
        for range in ranges {
            match merged.last_mut() {
                Some(last) if u32::from(*range.start()) <= u32::from(*last.end()) + 1 => {
                    *last = *last.start()..=(*last.end()).max(*range.end());
                }
                _ => merged.push(range),
            }
        }
        PortSet(merged)
    }

    pub fn iter(&self) -> impl Iterator<Item = u16> {
        self.0.iter().flat_map(Clone::clone)
    }

    pub fn len(&self) -> usize {
        self.0.iter().map(|range| usize::from(range.end() - range.start()) + 1).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The privileged ports, and those above where something well known listens.
impl Default for PortSet {
    fn default() -> Self {
        let mut ranges = vec![1..=1024];
        ranges.extend(services::ports().map(|port| port..=port));
        Self::merged(ranges)
    }
}

impl FromStr for PortSet {
    type Err = NotPorts;

    fn from_str(text: &str) -> Result<Self, NotPorts> {
        let port = |text: &str| text.trim().parse::<u16>().ok().filter(|port| *port > 0);
        let range = |text: &str| {
            let (first, last) = text.split_once('-').unwrap_or((text, text));
            let range = port(first)?..=port(last)?;
            (!range.is_empty()).then_some(range)
        };
        let ranges: Result<Vec<_>, _> = text
            .split(',')
            .map(|each| range(each).ok_or_else(|| NotPorts(each.trim().to_owned())))
            .collect();
        Ok(Self::merged(ranges?))
    }
}

/// As nmap takes it: `1-1024,3389`.
impl fmt::Display for PortSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            match (range.start(), range.end()) {
                (first, last) if first == last => write!(f, "{comma}{first}")?,
                (first, last) => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_are_read_and_joined() {
        let ports: PortSet = "22, 80-82,81-90,91".parse().unwrap();
        assert_eq!(ports.to_string(), "22,80-91");
        assert_eq!(ports.len(), 13);
        for text in ["", "0", "65536", "9-1", "ssh", "1-", "-1", "1,,2", "1 2"] {
            assert!(text.parse::<PortSet>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_usual_ports_are_those_that_people_worry_about() {
        let usual: BTreeSet<u16> = PortSet::default().iter().collect();
        for port in [21, 22, 23, 25, 3389, 5900, 6379, 27017] {
            assert!(usual.contains(&port), "{port}");
        }
    }

    proptest! {
        #[test]
        fn a_set_is_what_was_put_in(ports in prop::collection::btree_set(1u16.., 0..40)) {
            let set = PortSet::of(ports.iter().copied());
            prop_assert_eq!(set.iter().collect::<BTreeSet<_>>(), ports.clone());
            prop_assert_eq!(set.len(), ports.len());
            if !ports.is_empty() {
                prop_assert_eq!(set.to_string().parse::<PortSet>(), Ok(set));
            }
        }

        #[test]
        fn nothing_that_is_written_panics(text: String) {
            let _ = text.parse::<PortSet>();
        }
    }
}
