//! PWM channels through the kernel's files:
//! <https://docs.kernel.org/driver-api/pwm.html#using-pwms-with-the-sysfs-interface>.

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use super::{LineError, PinError, output::Drive};

/// udev gives the files of a channel to the group gpio a moment after they appear.
const SETTLE: Duration = Duration::from_millis(20);
const SETTLE_TURNS: u32 = 25;

/// A channel of a PWM chip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PwmPlace {
    /// `pwmchip0`.
    chip: String,
    channel: u32,
}

impl PwmPlace {
    /// Reads `pwmchip0/1`.
    pub fn parse(text: &str) -> Result<Self, PinError> {
        let wrong = || PinError::NoChannel(text.to_owned());
        let (chip, channel) = text.split_once('/').ok_or_else(wrong)?;
        let number = chip.strip_prefix("pwmchip").ok_or_else(wrong)?;
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !is_number(number) {
            return Err(wrong());
        }
        let channel = channel.parse().map_err(|_| wrong())?;
        Ok(PwmPlace { chip: chip.to_owned(), channel })
    }
}

/// A channel, exported and set up by the first [`Drive::drive`].
pub struct PwmChannel {
    chip: PathBuf,
    folder: PathBuf,
    channel: u32,
    period: Duration,
    active_low: bool,
    ready: bool,
}

impl PwmChannel {
    /// `sys` is where the kernel's files are: `/sys`.
    pub fn new(sys: &Path, place: PwmPlace, period: Duration, active_low: bool) -> Self {
        let chip = sys.join("class/pwm").join(&place.chip);
        let folder = chip.join(format!("pwm{}", place.channel));
        PwmChannel { chip, folder, channel: place.channel, period, active_low, ready: false }
    }

    fn set_up(&mut self) -> Result<(), LineError> {
        if !self.chip.exists() {
            return Err(LineError::NoPwm { path: self.chip.display().to_string() });
        }
        if !self.folder.exists() {
            let export = self.chip.join("export");
            fs::write(&export, self.channel.to_string()).map_err(|error| said(&export, &error))?;
        }
        for _ in 0..SETTLE_TURNS {
            match fs::OpenOptions::new().write(true).open(self.folder.join("duty_cycle")) {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    thread::sleep(SETTLE);
                }
                _ => break,
            }
        }
        // The kernel refuses a period that is shorter than the pulse, and another polarity while
        // the channel runs.
        self.write("duty_cycle", "0")?;
        let enabled = fs::read_to_string(self.folder.join("enable")).unwrap_or_default();
        if enabled.trim() == "1" {
            self.write("enable", "0")?;
        }
        self.write("period", &self.period.as_nanos().to_string())?;
        self.write("polarity", if self.active_low { "inversed" } else { "normal" })
    }

    fn write(&self, file: &str, text: &str) -> Result<(), LineError> {
        let path = self.folder.join(file);
        fs::write(&path, text).map_err(|error| said(&path, &error))
    }
}

impl Drive for PwmChannel {
    fn drive(&mut self, share: f64) -> Result<(), LineError> {
        if !self.ready {
            self.set_up()?;
        }
        let pulse = self.period.mul_f64(share.clamp(0.0, 1.0));
        self.ready = false;
        self.write("duty_cycle", &pulse.as_nanos().to_string())?;
        self.write("enable", "1")?;
        self.ready = true;
        Ok(())
    }

    fn driven(&mut self) -> Result<f64, LineError> {
        let path = self.folder.join("duty_cycle");
        let text = fs::read_to_string(&path).map_err(|error| said(&path, &error))?;
        let nanos: f64 = text.trim().parse().map_err(|_| LineError::Other {
            line: path.display().to_string(),
            reason: format!("`{}` is no number", text.trim()),
        })?;
        Ok(nanos / self.period.as_nanos() as f64)
    }
}

fn said(path: &Path, error: &io::Error) -> LineError {
    let path = path.display().to_string();
    match error.raw_os_error().map(nix::errno::Errno::from_raw) {
        Some(nix::errno::Errno::EACCES) => LineError::Permission { path },
        Some(nix::errno::Errno::EBUSY) => {
            LineError::Busy { line: path, holder: "a kernel driver".into() }
        }
        Some(nix::errno::Errno::ENODEV) => {
            LineError::Unsupported { line: path, what: "the chip has no such channel".into() }
        }
        _ => LineError::Other { line: path, reason: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drives_a_channel_by_its_files() {
        let sys = tempfile::tempdir().unwrap();
        let folder = sys.path().join("class/pwm/pwmchip0/pwm1");
        let place = PwmPlace::parse("pwmchip0/1").unwrap();
        let mut fan = PwmChannel::new(sys.path(), place, Duration::from_micros(40), true);
        assert!(matches!(fan.drive(0.5), Err(LineError::NoPwm { .. })));

        fs::create_dir_all(&folder).unwrap();
        fan.drive(0.25).unwrap();
        let said = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
        let files = ["period", "polarity", "duty_cycle", "enable"].map(said);
        assert_eq!(files, ["40000", "inversed", "10000", "1"]);
        assert_eq!(fan.driven(), Ok(0.25));
    }

    #[test]
    fn what_is_no_channel_is_refused() {
        for wrong in ["pwm0/1", "pwmchip0", "pwmchip/1", "pwmchip0/x", "pwmchip0/../1", ""] {
            assert_eq!(PwmPlace::parse(wrong), Err(PinError::NoChannel(wrong.to_owned())));
        }
    }
}
