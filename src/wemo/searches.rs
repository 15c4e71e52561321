//! Searches on one interface, each answered by every device.
//!
//! The answers are spread over time so that none is lost, as UPnP wants it, but evenly and no more
//! than needed: the first comes at once, in another order each time.

use std::{collections::VecDeque, net::SocketAddrV4, sync::Arc, time::Duration};

use tokio::sync::Semaphore;

use super::{
    group::Group,
    house::House,
    ssdp::{self, Address, Heard, Search, Target},
};
use crate::tasks;

/// Between two answers, where the searcher waits long enough.
const APART: Duration = Duration::from_millis(4);
/// The same search once more within this time is the same search.
const REPEAT: Duration = Duration::from_millis(300);
/// Searches remembered for that; and searches being answered at a time.
const MOST: usize = 64;

/// Hears and answers until the interface goes.
pub async fn serve(house: Arc<House>, group: Arc<Group>) {
    let mut buffer = vec![0; 2048];
    let mut recent = Recent::default();
    let answering = Arc::new(Semaphore::new(MOST));
    loop {
        let (length, from) = match group.hear(&mut buffer).await {
            Ok(heard) => heard,
            Err(error) => {
                tracing::debug!("searches on {} are not heard: {error}", group.interface.name);
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
        };
        let search = match ssdp::read(&buffer[..length]) {
            Heard::Search(search) => search,
            Heard::ForOthers(what) => {
                house.note(*from.ip(), format!("search for {what}"), Some("not for us"));
                continue;
            }
            Heard::Else => continue,
        };
        let what = format!("search for {}", search.asked);
        if recent.has(from, search.target, house.clock.monotonic()) {
            continue;
        }
        if let Some(reason) = refusal(&house, &search, from) {
            house.note(*from.ip(), what, Some(reason));
            continue;
        }
        // In a flood of searches the surplus is lost, and nothing else.
        let Ok(turn) = answering.clone().try_acquire_owned() else { continue };
        house.note(*from.ip(), what, None);
        let (house, group) = (house.clone(), group.clone());
        tasks::spawn(async move {
            answer(&house, &group, &search, from).await;
            drop(turn);
        });
    }
}

fn refusal(house: &House, search: &Search, from: SocketAddrV4) -> Option<&'static str> {
    if !house.is_near(*from.ip()) {
        return Some("not from a local subnet; see `allow` in [alexa]");
    }
    let silent = search.target == Target::All && !house.settings.answer_all;
    silent.then_some("answer_all = false")
}

async fn answer(house: &House, group: &Group, search: &Search, to: SocketAddrV4) {
    let mut devices = house.devices();
    fastrand::shuffle(&mut devices);
    let Some(ip) = group.interface.address_for(*to.ip()) else { return };
    let apart = spacing(devices.len(), search.wait);
    house.clock.sleep(house.settings.delay).await;
    let began = house.clock.monotonic();
    for (number, device) in (0..).zip(devices) {
        // By the clock and not one after the other: a busy board must not run out of the time.
        let passed = house.clock.monotonic() - began;
        house.clock.sleep((apart * number).saturating_sub(passed)).await;
        let at = Address { ip, port: device.identity.port };
        let text = ssdp::answer(&search.asked, &device.udn(), at, &house.boot, house.clock.now());
        if let Err(error) = group.answer(&text, to).await {
            tracing::debug!("{to} is not answered: {error}");
        }
    }
}

/// The time between two answers: all of them come within the time that the searcher waits.
fn spacing(devices: usize, wait: Duration) -> Duration {
    let devices = u32::try_from(devices).unwrap_or(u32::MAX).max(1);
    APART.min(wait / devices)
}

/// Who has just asked for what.
#[derive(Default)]
struct Recent(VecDeque<(Duration, SocketAddrV4, Target)>);

impl Recent {
    /// Whether this was asked a moment ago; else it is remembered.
    fn has(&mut self, from: SocketAddrV4, target: Target, now: Duration) -> bool {
        self.0.retain(|(at, ..)| now.saturating_sub(*at) < REPEAT);
        if self.0.iter().any(|(_, who, what)| (*who, *what) == (from, target)) {
            return true;
        }
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back((now, from, target));
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p18_all_answers_come_within_the_wait() {
        for (devices, wait) in [(0, 1000), (1, 0), (20, 1000), (100, 1000), (1000, 1000), (3, 0)] {
            let wait = Duration::from_millis(wait);
            assert!(spacing(devices, wait) * u32::try_from(devices).unwrap() <= wait);
        }
        assert_eq!(spacing(20, Duration::from_secs(3)), APART);
    }

    #[test]
    fn p23_a_repeat_is_known_for_a_moment_and_others_are_no_repeats() {
        let mut recent = Recent::default();
        let from: SocketAddrV4 = "10.0.0.2:50000".parse().unwrap();
        let other: SocketAddrV4 = "10.0.0.2:50001".parse().unwrap();
        let at = Duration::from_millis;
        assert!(!recent.has(from, Target::All, at(0)));
        assert!(recent.has(from, Target::All, at(299)));
        assert!(!recent.has(from, Target::RootDevice, at(299)));
        assert!(!recent.has(other, Target::All, at(299)));
        assert!(!recent.has(from, Target::All, at(301)));
        for port in 0..1000 {
            recent.has(SocketAddrV4::new(*from.ip(), port), Target::All, at(400));
        }
        assert!(recent.0.len() <= MOST);
    }
}
