//! The closet gets too hot: three hosts are stopped, whoever of them is there, and the owner hears
//! of it; and of a thermometer that has gone.

use std::fs;

use watchpost::{journal::Event, plan::Report};

use crate::{
    agent::{Agent, Site},
    host,
    patience::until,
    post_office::PostOffice,
    sshd::Sshd,
};

const SCRIPT: &str = r#"
    const CLOSET = hosts(["foo", "bar", "big-iron"]);
    watch("closet-heat", above("closet/temperature", 70.0).clears_at(60.0).critical(),
        stop(CLOSET) | email("closet too hot, stopped"));
"#;

struct Closet {
    site: Site,
    servers: Vec<Sshd>,
    office: PostOffice,
}

impl Closet {
    fn new() -> Self {
        let servers: Vec<Sshd> = (0..3).map(|_| Sshd::start()).collect();
        let office = PostOffice::open();
        let site = Site::new("");
        let mut sections = office.section() + &site.sensor("closet/temperature", "temperature");
        for (name, server) in ["foo", "bar", "big-iron"].into_iter().zip(&servers) {
            sections += &host(name, server, &format!("stop = '''{}'''", server.suicide()));
        }
        site.configure(&sections);
        site.script("closet-heat", SCRIPT);
        site.write("temperature", "45.5");
        Closet { site, servers, office }
    }

    /// Starts the agent in the cool, and lets the closet get hot.
    fn gets_hot(&self) -> (Agent, Report) {
        let agent = self.site.start();
        agent.await_entry("loaded script", |entry| {
            matches!(entry.event, Event::Loaded { watches: 1, .. }).then_some(())
        });
        self.site.write("temperature", "71.25");
        agent.await_entry("firing", |entry| match &entry.event {
            Event::Fired { cause } => {
                assert_eq!(cause, "closet/temperature 71.25, above 70");
                Some(())
            }
            _ => None,
        });
        let report = agent.await_entry("report", |entry| match &entry.event {
            Event::Ended { report, .. } => report.clone(),
            _ => None,
        });
        (agent, report)
    }
}

fn codes(report: &Report) -> Vec<(&str, bool, Option<i32>)> {
    let of = |row: &'_ watchpost::plan::Row| (row.ok, row.code);
    let names = report.rows.iter().map(|row| row.host.as_deref().unwrap_or_default());
    names.zip(report.rows.iter().map(of)).map(|(name, (ok, code))| (name, ok, code)).collect()
}

#[test]
fn one_of_three_hosts_cannot_be_stopped() {
    let mut closet = Closet::new();
    closet.servers[1].stop();
    let (_agent, report) = closet.gets_hot();
    assert_eq!(
        codes(&report),
        [("foo", true, None), ("bar", false, Some(-1)), ("big-iron", true, None)]
    );
    assert!(report.rows[0].changed && report.rows[2].changed);
    let mail = closet.office.await_mail("closet too hot, stopped");
    assert!(mail.contains("Subject: closet too hot, stopped (1 of 3 failed)"), "{mail}");
    for host in ["foo", "bar", "big-iron"] {
        assert!(mail.contains(host), "{host} in {mail}");
    }
    assert_eq!((closet.servers[0].logins(), closet.servers[2].logins()), (1, 1));
    for stopped in [0, 2] {
        assert!(!closet.servers[stopped].answers(), "it was told to stop");
    }
}

#[test]
fn with_all_hosts_out_of_reach_the_alert_goes_out() {
    let mut closet = Closet::new();
    closet.servers.iter_mut().for_each(Sshd::stop);
    let (_agent, report) = closet.gets_hot();
    assert!(report.rows.iter().all(|row| !row.ok && row.code == Some(-1)), "{report:?}");
    let mail = closet.office.await_mail("closet too hot, stopped");
    assert!(mail.contains("(3 of 3 failed)"), "{mail}");
}

#[test]
fn the_owner_hears_once_of_a_thermometer_that_is_gone() {
    let closet = Closet::new();
    let agent = closet.site.start();
    agent.await_entry("loaded script", |entry| {
        matches!(entry.event, Event::Loaded { .. }).then_some(())
    });
    fs::remove_file(closet.site.path("temperature")).expect("removed");
    let mail = closet.office.await_mail("closet/temperature has no value any more");
    assert!(mail.contains("closet-heat"), "it names the watch: {mail}");

    // It comes back, hot: the watch was never disarmed, and nothing more is said of the outage.
    closet.site.write("temperature", "72");
    let recovered = |entry: &watchpost::journal::Entry| {
        matches!(&entry.event, Event::Recovered { .. }).then_some(())
    };
    agent.await_entry("recovery", recovered);
    closet.office.await_mail("closet too hot, stopped");
    assert_eq!(closet.office.with("has no value any more").len(), 1);

    // The next outage is another one.
    fs::remove_file(closet.site.path("temperature")).expect("removed");
    until(
        || (closet.office.with("has no value any more").len() == 2).then_some(()),
        || format!("no second mail:\n{}", agent.log()),
    );
}
