//! The agent reads this machine's own kernel files.

use std::{fs, path::PathBuf};

use watchpost::control::Request;

use crate::agent::Site;

fn sensor(name: &str, path: &str, more: &str) -> String {
    format!(
        "[[sensor]]\nname = \"{name}\"\ndriver = \"file\"\npath = '{path}'\nevery = \"1s\"\n{more}\n"
    )
}

/// Files of /sys with a plain number, as far as this machine has any.
fn in_sys() -> Vec<PathBuf> {
    ["thermal", "hwmon", "power_supply", "net", "block"]
        .iter()
        .filter_map(|class| fs::read_dir(format!("/sys/class/{class}")).ok())
        .flat_map(|devices| devices.flatten())
        .filter_map(|device| fs::read_dir(device.path()).ok())
        .flat_map(|files| files.flatten())
        .map(|file| file.path())
        .filter(|path| {
            let text = fs::read_to_string(path).unwrap_or_default();
            text.trim().parse::<f64>().is_ok()
        })
        .take(3)
        .collect()
}

#[test]
fn proc_and_sys_are_sensors() {
    let mut sections = sensor("load/one", "/proc/loadavg", "")
        + &sensor("load/five", "/proc/loadavg", "field = 2")
        + &sensor(
            "memory/total",
            "/proc/meminfo",
            "field = 2\nscale = 0.0009765625\nunit = \"MiB\"",
        )
        + &sensor("memory/free", "/proc/meminfo", "line = 2\nfield = 2\nunit = \"kB\"");
    let in_sys = in_sys();
    for (index, path) in in_sys.iter().enumerate() {
        sections += &sensor(&format!("sys/{index}"), &path.display().to_string(), "");
    }
    let site = Site::new(&sections);
    let agent = site.start();
    let sensors = agent.ask(&Request::Sensors);
    assert_eq!(sensors.len(), 4 + in_sys.len());
    for sensor in &sensors {
        assert!(sensor["reading"]["value"].is_number(), "{sensor}");
    }
    let total = sensors.iter().find(|sensor| sensor["name"] == "memory/total").expect("it is read");
    let meminfo = fs::read_to_string("/proc/meminfo").expect("Linux");
    let words: Vec<&str> = meminfo.lines().next().expect("MemTotal").split_whitespace().collect();
    let mebibytes = words[1].parse::<f64>().expect("kB") / 1024.0;
    assert_eq!(total["reading"]["value"].as_f64(), Some(mebibytes));
    assert_eq!(total["unit"], "MiB");
}
