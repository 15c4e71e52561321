//! What an output may do now, and what it must do next. Pure: no line, no clock.

use std::time::Duration;

use super::{Level, OutputError};
use crate::config::{OutputDrive, OutputSettings};

/// One output's present. Moments are on the clock that never jumps.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State {
    /// `None` while it is not known: before the start, and after a line failed.
    pub level: Option<Level>,
    pub switched: Option<Duration>,
    /// When `max_on` runs out.
    pub on_until: Option<Duration>,
    pub pulse_until: Option<Duration>,
    /// The watch that switched it last.
    pub by: Option<String>,
}

impl State {
    /// An output of which nothing is known may be on.
    pub fn may_be_on(&self) -> bool {
        self.level.is_none_or(Level::is_on)
    }

    pub fn is_on(&self) -> bool {
        self.level.is_some_and(Level::is_on)
    }

    /// When something is to be done, if anything.
    pub fn due(&self) -> Option<Duration> {
        [self.on_until, self.pulse_until].into_iter().flatten().min()
    }
}

/// An output together with its present.
pub(super) struct Ruled<'a> {
    pub settings: &'a OutputSettings,
    pub state: &'a State,
}

/// Whether the output at `index` may be set to `level` because somebody asks for it.
pub(super) fn may_set(
    all: &[Ruled<'_>],
    index: usize,
    level: Level,
    now: Duration,
) -> Result<(), OutputError> {
    let Ruled { settings, state } = &all[index];
    let name = || settings.name.to_string();
    if let Level::Share(share) = level {
        if !(0.0..=1.0).contains(&share) {
            return Err(OutputError::OutOfRange { name: name(), level: share });
        }
        if matches!(settings.drive, OutputDrive::Pin(_)) && share != 0.0 && share != 1.0 {
            return Err(OutputError::NoShare { name: name(), level: share });
        }
    }
    if level.is_on() {
        let excluded =
            |other: &&Ruled<'_>| excludes(settings, other.settings) && other.state.may_be_on();
        if let Some(other) = all.iter().find(excluded) {
            let other = other.settings.name.to_string();
            return Err(OutputError::Interlocked { name: name(), other });
        }
    }
    let turns = state.level.is_some_and(|before| before.is_on() != level.is_on());
    // What is safe never waits.
    if turns
        && level != settings.safe
        && let Some(switched) = state.switched
    {
        let wait = (switched + settings.min_switch).saturating_sub(now);
        if !wait.is_zero() {
            return Err(OutputError::TooSoon { name: name(), wait });
        }
    }
    Ok(())
}

/// Whether the two must never be on together; one of them says so.
pub(super) fn excludes(one: &OutputSettings, other: &OutputSettings) -> bool {
    let names = |each: &OutputSettings, name: &str| each.interlock.iter().any(|it| it == name);
    names(one, &other.name) || names(other, &one.name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::output::tests::relay;

    proptest! {
        /// Whatever is asked for in whatever order, two that exclude each other are never both on.
        #[test]
        fn interlocks_hold(asked in prop::collection::vec((0usize..3, any::<bool>(), any::<bool>()), 0..60)) {
            let mut settings = ["a", "b", "c"].map(relay);
            settings[0].interlock = vec!["b".into(), "c".into()];
            let mut states = [(); 3].map(|()| State { level: Some(Level::OFF), ..State::default() });
            // What the wires may carry: a line that failed has done what was asked, or has not.
            let mut live = [false; 3];
            for (index, on, line_fails) in asked {
                let all: Vec<_> = settings.iter().zip(&states)
                    .map(|(settings, state)| Ruled { settings, state })
                    .collect();
                let level = Level::Switch(on);
                if may_set(&all, index, level, Duration::ZERO).is_ok() {
                    states[index].level = (!line_fails).then_some(level);
                    live[index] = on || (line_fails && live[index]);
                }
                prop_assert!(!(live[0] && (live[1] || live[2])));
            }
        }
    }

    #[test]
    fn a_relay_is_on_or_off_and_rests_between() {
        let mut pump = relay("pump");
        pump.min_switch = Duration::from_secs(60);
        let state = State {
            level: Some(Level::OFF),
            switched: Some(Duration::from_secs(100)),
            ..State::default()
        };
        let may = |level, now| {
            let all = [Ruled { settings: &pump, state: &state }];
            may_set(&all, 0, level, Duration::from_secs(now)).map_err(|error| error.to_string())
        };
        assert!(may(Level::Share(0.4), 500).unwrap_err().contains("nothing between"));
        assert!(may(Level::Share(1.5), 500).unwrap_err().contains("takes 0 to 1"));
        assert!(may(Level::ON, 130).unwrap_err().contains("another 30s"));
        assert_eq!(may(Level::OFF, 130), Ok(()), "it is so already");
        assert_eq!(may(Level::ON, 160), Ok(()));
        let running = State { level: Some(Level::ON), ..state.clone() };
        let all = [Ruled { settings: &pump, state: &running }];
        let now = Duration::from_secs(130);
        assert_eq!(may_set(&all, 0, Level::OFF, now), Ok(()), "what is safe never waits");
    }
}
