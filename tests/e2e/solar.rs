//! The miners run while the sun pays for them.

use watchpost::journal::Event;

use crate::{agent::Site, host, post_office::PostOffice, sshd::Sshd};

const SCRIPT: &str = r#"
    const MINING = hosts(["coin-1", "coin-2"]);
    watch("power-check", every("1s"), || {
        if sensor("solar/power") > 10_000.0 {
            run(start(MINING) | email("pool resumed").if_changed());
        } else {
            run(stop(MINING) | email("pool stopped").if_changed());
        }
    });
"#;

#[test]
fn hosts_start_above_the_threshold_and_stop_below() {
    let iron = Sshd::start();
    let office = PostOffice::open();
    let site = Site::new("");
    let mut sections = office.section() + &site.sensor("solar/power", "power");
    sections += &host("iron", &iron, "");
    for coin in ["coin-1", "coin-2"] {
        let flag = site.path(coin);
        let flag = flag.display();
        let commands = format!(
            "on = \"iron\"\nstart = \"touch {flag}\"\nstop = \"rm {flag}\"\n\
             state = \"test -e {flag}\""
        );
        sections += &host(coin, &iron, &commands);
    }
    site.configure(&sections);
    site.script("solar", SCRIPT);

    site.write("power", "10001");
    let agent = site.start();
    let mail = office.await_mail("pool resumed");
    assert!(mail.contains("coin-1") && mail.contains("coin-2"), "{mail}");
    assert!(site.path("coin-1").exists() && site.path("coin-2").exists());

    site.write("power", "9999");
    office.await_mail("pool stopped");
    assert!(!site.path("coin-1").exists() && !site.path("coin-2").exists());
    let saw = agent.await_entry("value that was seen", |entry| match &entry.event {
        Event::Ended { saw, report: Some(report), .. } if report.changed() => Some(saw.clone()),
        _ => None,
    });
    assert_eq!(saw, [("solar/power".to_owned(), "10001".to_owned())]);
    assert_eq!(office.mails().len(), 2, "what changes nothing is not worth a mail");
}
