//! The loader as a whole: what a good file gives, what is said about a bad one.

use std::{path::Path, time::Duration};

use super::{
    BoardChoice, Diagnostic, FilterSettings, HistorySettings, Site, Surroundings, Warning,
};
use crate::host::HostKind;

mod mistakes;
mod never_panics;

fn read(text: &str) -> Result<(Site, Vec<Warning>), Vec<Diagnostic>> {
    Site::read(Path::new("/srv/closet/watchpost.toml"), text, &Surroundings::for_tests())
}

fn good(text: &str) -> Site {
    match read(text) {
        Ok((site, warnings)) if warnings.is_empty() => site,
        Ok((_, found)) | Err(found) => panic!("{}", rendered(&found)),
    }
}

fn rendered(found: &[Diagnostic]) -> String {
    found.iter().map(|each| each.render(false)).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_empty_file_is_a_site() {
    let site = good("");
    assert_eq!(site.scripts, Path::new("/srv/closet/scripts"));
    assert_eq!(site.state, Path::new("/srv/closet/watchpost.db"));
    assert_eq!(site.socket, Path::new("/srv/closet/watchpost.sock"));
    assert_eq!(site.name, "pi");
    assert_eq!(site.board, BoardChoice::Auto);
    assert_eq!(site.history.keep, Duration::from_secs(400 * 86_400));
}

#[test]
fn the_designs_own_example_is_read() {
    let site = good(include_str!("tests/site.toml"));
    assert_eq!(site.timezone, crate::clock::berlin());
    assert_eq!(site.place, Some((52.5, 13.4)));

    let [thermometer, kernel] = &site.sensors[..] else { panic!("{:?}", site.sensors) };
    assert_eq!(thermometer.range, Some((-20.0, 110.0)));
    assert_eq!(thermometer.smooth.as_deref(), Some("median 5"));
    assert_eq!(thermometer.options.get("address"), Some(&toml::Value::Integer(0x18)));
    assert_eq!(thermometer.options.get("every"), None);
    assert_eq!(kernel.scale, 0.001);
    assert_eq!((kernel.every, kernel.max_age), (Duration::from_secs(30), Duration::from_secs(180)));

    let names: Vec<&str> = site.hosts.names().map(AsRef::as_ref).collect();
    assert_eq!(names, ["scanner", "big-iron", "pi"], "in the order of the file");
    let iron = site.hosts.get("big-iron").expect("a host");
    assert_eq!(iron.kind, HostKind::Physical);
    assert_eq!(iron.mac, Some([0x52, 0x54, 0, 0x12, 0x34, 0x56]));
    assert_eq!(iron.ssh.key.as_deref(), Some(Path::new("/home/ann/.ssh/id_ed25519")));
    assert_eq!(iron.ssh.passphrase.as_ref().map(|secret| secret.name.as_str()), Some("iron"));
    assert_eq!(iron.ssh.jump.as_deref(), Some("scanner"));
    let scanner = site.hosts.get("scanner").expect("a host");
    assert_eq!(scanner.address.as_deref(), Some("192.168.1.30"));
    assert_eq!(scanner.commands.stop.as_deref(), Some("sudo systemctl poweroff"));
    assert_eq!(scanner.stop_within, Duration::from_secs(90));
    assert_eq!(scanner.ssh.user, "ann");

    assert_eq!(site.mail.expect("mail").url, "smtps://mail.example.org");
    assert_eq!(site.limits.operations, 5_000_000);
    assert_eq!(site.history.max_size, 256 << 20);
}

#[test]
fn the_example_beside_the_readme_is_read() {
    let site = good(include_str!("../../watchpost.toml.example"));
    assert_eq!(site.history, HistorySettings::default(), "it shows the defaults");
    assert_eq!(site.hosts.get("plex").and_then(|plex| plex.on.as_deref()), Some("big-iron"));
}

#[test]
fn filters_are_read() {
    let site = good(
        "[[sensor]]\nname = \"a\"\ndriver = \"file\"\nmultiply = 0.001\ncalibrate = [[99, 100], [0, 1]]\n\
         median = 5\nslope_limit = \"6 per 1m\"\nround = 1\ndelta = 0.2\nheartbeat = \"5m\"\n",
    );
    let sensor = &site.sensors[0];
    assert_eq!((sensor.scale, sensor.smooth.as_deref()), (0.001, Some("median 5")));
    let filters = FilterSettings {
        calibrate: vec![(0.0, 1.0), (99.0, 100.0)],
        slope_limit: Some(0.1),
        round: Some(1),
        delta: Some(0.2),
        heartbeat: Some(Duration::from_secs(300)),
    };
    assert_eq!(sensor.filters, filters);
    assert_eq!(sensor.options.iter().count(), 0, "the driver gets none of them");
}

#[test]
fn driver_options_keep_their_places() {
    let text = "[[sensor]]\nname = \"a\"\ndriver = \"file\"\npth = 7\n";
    let site = good(text);
    let (key, option) = site.sensors[0].options.iter().next().expect("an option");
    assert_eq!((key, &text[option.key_span.clone()]), ("pth", "pth"));
    assert_eq!(&text[option.value_span.clone()], "7");
    let driver = site.sensors[0].options.span_of("driver").expect("a place");
    assert_eq!(&text[driver], "\"file\"");
}
