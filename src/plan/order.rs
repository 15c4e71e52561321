//! In which order hosts start and stop: a hypervisor before its guests, and after them.

use std::sync::Arc;

use crate::host::{Host, HostKind, Inventory};

/// Groups of hosts; within a group all may go at once, the groups go one after another.
pub type Waves = Vec<Vec<Arc<Host>>>;

/// Hosts that others run on come first.
pub fn to_start(inventory: &Inventory, names: &[String]) -> Waves {
    waves(inventory, names)
}

/// Guests come before what they run on, and this very board comes last of all.
pub fn to_stop(inventory: &Inventory, names: &[String]) -> Waves {
    let mut waves = waves(inventory, names);
    waves.reverse();
    let mut this_board = Vec::new();
    for wave in &mut waves {
        let (last, rest) =
            wave.drain(..).partition(|host: &Arc<Host>| host.kind == HostKind::ThisBoard);
        *wave = rest;
        this_board.extend::<Vec<_>>(last);
    }
    waves.push(this_board);
    waves.retain(|wave| !wave.is_empty());
    waves
}

/// The hosts and everything that they run on.
pub fn with_ground(inventory: &Inventory, hosts: &[String]) -> Vec<String> {
    closure(hosts, |name| {
        inventory.get(name).and_then(|host| host.on.clone()).into_iter().collect()
    })
}

/// The hosts and everything that runs on them.
pub fn with_guests(inventory: &Inventory, hosts: &[String]) -> Vec<String> {
    closure(hosts, |name| inventory.guests_of(name).map(|guest| guest.name.clone()).collect())
}

/// The hosts themselves first, then what follows from them, each once.
fn closure(hosts: &[String], follows: impl Fn(&str) -> Vec<Arc<str>>) -> Vec<String> {
    let mut all = hosts.to_vec();
    let mut next = 0;
    while let Some(name) = all.get(next) {
        for other in follows(name) {
            if !all.iter().any(|known| **known == *other) {
                all.push(other.to_string());
            }
        }
        next += 1;
    }
    all
}

/// By depth in the tree of "runs on", the roots first; the order of the site file within a wave.
fn waves(inventory: &Inventory, names: &[String]) -> Waves {
    let mut waves: Waves = Vec::new();
    for host in inventory.iter().filter(|host| names.iter().any(|name| **name == *host.name)) {
        let depth = depth(inventory, host);
        waves.resize_with(waves.len().max(depth + 1), Vec::new);
        waves[depth].push(host.clone());
    }
    waves.retain(|wave| !wave.is_empty());
    waves
}

/// How many hosts stand below this one. The site file is checked for cycles when it is loaded; the
/// bound keeps a mistake there from hanging the agent.
fn depth(inventory: &Inventory, host: &Host) -> usize {
    std::iter::successors(host.on.clone(), |name| inventory.get(name).and_then(|h| h.on.clone()))
        .take(16)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::tests::host;

    fn closet() -> Inventory {
        let mut plex = host("plex");
        plex.on = Some("big-iron".into());
        let mut pi = host("pi");
        pi.kind = HostKind::ThisBoard;
        Inventory::new([pi, plex, host("big-iron"), host("foo")])
    }

    fn names(waves: &Waves) -> Vec<Vec<&str>> {
        waves.iter().map(|wave| wave.iter().map(|host| &*host.name).collect()).collect()
    }

    fn all() -> Vec<String> {
        ["foo", "plex", "pi", "big-iron"].map(String::from).to_vec()
    }

    #[test]
    fn a_hypervisor_starts_before_its_guests() {
        assert_eq!(
            names(&to_start(&closet(), &all())),
            [vec!["pi", "big-iron", "foo"], vec!["plex"]]
        );
    }

    #[test]
    fn guests_stop_first_and_this_board_last() {
        assert_eq!(
            names(&to_stop(&closet(), &all())),
            [vec!["plex"], vec!["big-iron", "foo"], vec!["pi"]]
        );
    }
}
