//! Whether somebody sets the system's clock over the network, and has done so since the boot.

use std::{path::Path, time::Duration};

/// Where systemd-timesyncd is at home (systemd-timesyncd.service(8)).
const KEEPER: &str = "/run/systemd/timesync";
/// Exists once the clock has been set, until the next boot.
const MARK: &str = "/run/systemd/timesync/synchronized";
/// A clock that goes on without power.
const BATTERY_CLOCK: &str = "/sys/class/rtc/rtc0";
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Files of this machine that tell.
#[derive(Clone, Debug)]
pub struct TimeSync<'p> {
    keeper: &'p Path,
    mark: &'p Path,
    battery_clock: &'p Path,
}

impl TimeSync<'static> {
    pub fn of_this_machine() -> Self {
        TimeSync {
            keeper: Path::new(KEEPER),
            mark: Path::new(MARK),
            battery_clock: Path::new(BATTERY_CLOCK),
        }
    }
}

impl TimeSync<'_> {
    /// Whether the clock goes wrong by as long as the power was away, until somebody sets it, and
    /// somebody is there who will.
    pub fn is_awaited(&self) -> bool {
        self.keeper.exists() && !self.mark.exists() && !self.battery_clock.exists()
    }

    /// Waits until it is not. By the system's time: the clock that is waited for is the system's.
    pub async fn happened(&self) {
        while self.is_awaited() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn it_is_waited_for_only_where_it_will_come() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (keeper, mark, rtc) = (path("timesync"), path("timesync/synchronized"), path("rtc0"));
        let sync = TimeSync { keeper: &keeper, mark: &mark, battery_clock: &rtc };
        assert!(!sync.is_awaited(), "nobody sets the clock");
        fs::create_dir(&keeper).unwrap();
        assert!(sync.is_awaited());
        fs::write(&rtc, "").unwrap();
        assert!(!sync.is_awaited(), "it goes on without power");
        fs::remove_file(&rtc).unwrap();
        fs::write(&mark, "").unwrap();
        assert!(!sync.is_awaited(), "it is set");
    }
}
