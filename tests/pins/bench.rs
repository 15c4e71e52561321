//! A GPIO chip whose lines can be pulled: <https://docs.kernel.org/admin-guide/gpio/gpio-sim.html>.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// A chip of 54 lines, as long as it lives.
pub struct Chip {
    config: PathBuf,
    lines: PathBuf,
    label: &'static str,
}

impl Chip {
    pub fn new(label: &'static str) -> Self {
        let config = Path::new("/sys/kernel/config/gpio-sim").join(label);
        let bank = config.join("bank0");
        fs::create_dir(&config).expect("gpio-sim in the kernel");
        fs::create_dir(&bank).unwrap();
        fs::write(bank.join("num_lines"), "54").unwrap();
        fs::write(bank.join("label"), label).unwrap();
        fs::write(config.join("live"), "1").unwrap();
        let said = |path: PathBuf| fs::read_to_string(path).unwrap().trim().to_owned();
        let device = said(config.join("dev_name"));
        let chip = said(bank.join("chip_name"));
        let lines = Path::new("/sys/devices/platform").join(device).join(chip);
        Chip { config, lines, label }
    }

    /// As the site file names it.
    pub fn pin(&self, line: u32) -> String {
        format!("{}/{line}", self.label)
    }

    pub fn pull(&self, line: u32, up: bool) {
        let pull = if up { "pull-up" } else { "pull-down" };
        fs::write(self.lines.join(format!("sim_gpio{line}/pull")), pull).unwrap();
    }

    /// The voltage on the line: high is true.
    pub fn is_high(&self, line: u32) -> bool {
        let value = fs::read_to_string(self.lines.join(format!("sim_gpio{line}/value"))).unwrap();
        value.trim() == "1"
    }

    /// Pulls the line low and lets it go again, so many times, at this pace.
    pub fn pulses(&self, line: u32, count: u32, pace: Duration) {
        for _ in 0..count {
            self.pull(line, false);
            thread::sleep(pace / 2);
            self.pull(line, true);
            thread::sleep(pace / 2);
        }
    }

    pub fn unplug(&self) {
        fs::write(self.config.join("live"), "0").unwrap();
    }
}

impl Drop for Chip {
    fn drop(&mut self) {
        // Whatever is left goes with the kernel.
        let _ = fs::write(self.config.join("live"), "0");
        let _ = fs::remove_dir(self.config.join("bank0"));
        let _ = fs::remove_dir(&self.config);
    }
}
