//! Killed a hundred times at random moments, the agent goes on where it was.

use std::{collections::BTreeSet, fs, thread, time::Duration};

use nix::sys::signal::Signal;
use watchpost::journal::Event;

use crate::{
    agent::{Agent, Site},
    host,
    patience::until,
    post_office::PostOffice,
    sshd::Sshd,
};

const LIVES: usize = 100;
/// More than are walked to in so many lives.
const HOSTS: usize = 300;
/// The life in which the closet gets hot, while the timer runs already.
const HOT_FROM: usize = 10;

struct Closet {
    site: Site,
    office: PostOffice,
    _server: Sshd,
}

impl Closet {
    fn new() -> Self {
        let (server, office, site) = (Sshd::start(), PostOffice::open(), Site::new(""));
        let mut sections = office.section()
            + &site.sensor("closet/temperature", "temperature")
            + "[hosts.pi]\nkind = \"self\"\n";
        for name in names() {
            let log = site.path("walked");
            let update = format!("tags = [\"pet\"]\nupdate = \"echo {name} >> {}\"", log.display());
            sections += &host(&name, &server, &update);
        }
        site.configure(&sections);
        site.write("temperature", "20");
        site.script("walk", WALK);
        site.script("later", LATER);
        site.script("hot", HOT);
        site.script(
            "count",
            &COUNT.replace("WITNESS", &site.path("witness").display().to_string()),
        );
        Closet { site, office, _server: server }
    }

    /// The hosts that were updated, each time that they were.
    fn walked(&self) -> Vec<String> {
        lines(&self.site, "walked")
    }

    fn is_over(&self) -> bool {
        !self.office.with("walked to all").is_empty()
    }

    /// One life, ended at a random moment: of its beginning, or of its work.
    fn live(&self, life: usize, random: &mut fastrand::Rng) {
        let (agent, walked) = (self.site.start(), self.walked().len());
        if life.is_multiple_of(3) {
            thread::sleep(Duration::from_millis(random.u64(..400)));
        } else {
            // Two hosts, so that one of them is known to be done: a run that is interrupted over
            // and over without getting anywhere is given up, and rightly.
            until(
                || (self.walked().len() >= walked + 2 || self.is_over()).then_some(()),
                || format!("life {life} gets nowhere:\n{}", agent.log()),
            );
            thread::sleep(Duration::from_millis(random.u64(..150)));
        }
        agent.kill();
    }
}

const WALK: &str = r#"
    watch("walk", above("closet/temperature", 0.0),
        one_by_one(tagged("pet"), |h| update(h)) | email("walked to all"));
"#;

const LATER: &str = r#"
    watch("set", above("closet/temperature", 0.0), || {
        after("20s", "later", email("the timer fired"));
    });
"#;

const HOT: &str = r#"
    watch("hot", above("closet/temperature", 70.0).lasting("8s"), email("hot for long"));
"#;

const COUNT: &str = r#"
    watch("count", every("1s"), || {
        let n = recall("n", 0) + 1;
        remember("n", n);
        remember("m", n);
        run(shell(hosts("pi"), `echo ${n} >> WITNESS`));
    });
"#;

fn names() -> impl Iterator<Item = String> {
    (0..HOSTS).map(|number| format!("pet-{number:03}"))
}

fn lines(site: &Site, file: &str) -> Vec<String> {
    let text = fs::read_to_string(site.path(file)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_hundred_kills_lose_nothing_and_repeat_nothing() {
    a_hundred_kills(20_261_122);
}

#[test]
#[ignore = "slow: tests/all --full"]
fn hundreds_of_kills_lose_nothing_and_repeat_nothing() {
    (1..=5).for_each(a_hundred_kills);
}

fn a_hundred_kills(seed: u64) {
    let closet = Closet::new();
    let agent = closet.site.start();
    agent.await_entry("timer that is set", |entry| {
        (entry.watch == "set" && matches!(entry.event, Event::Ended { .. })).then_some(())
    });
    agent.kill();
    let mut random = fastrand::Rng::with_seed(seed);
    for life in 0..LIVES {
        if life == HOT_FROM {
            closet.site.write("temperature", "75");
        }
        closet.live(life, &mut random);
    }
    assert!(!closet.is_over(), "the walk is too short for this test");

    let mut agent = closet.site.start();
    for subject in ["the timer fired", "hot for long", "walked to all"] {
        closet.office.await_mail(subject);
    }
    the_walk_met_all_in_order(&closet, &agent);
    let witnessed = lines(&closet.site, "witness").len();
    until(
        || (lines(&closet.site, "witness").len() > witnessed).then_some(()),
        || format!("it counts no longer:\n{}", agent.log()),
    );
    agent.signal(Signal::SIGTERM);
    assert_eq!(agent.ended().code(), Some(0), "{}", agent.log());
    the_state_is_whole(&closet.site);
    one_mail_for_each_event(&closet.office);
}

fn the_walk_met_all_in_order(closet: &Closet, agent: &Agent) {
    let walked = closet.walked();
    let mut first: Vec<&String> = Vec::new();
    for name in &walked {
        if !first.contains(&name) {
            first.push(name);
        }
    }
    assert!(first.iter().copied().eq(&names().collect::<Vec<_>>()), "{walked:?}");
    // A kill repeats the one host that it interrupts, and none that was done.
    assert!(walked.len() <= HOSTS + LIVES, "{} updates", walked.len());
    let report = agent.await_entry("end of the walk", |entry| match &entry.event {
        Event::Ended { report, .. } if entry.watch == "walk" => report.clone(),
        _ => None,
    });
    assert!(report.is_ok() && report.rows.len() == HOSTS, "{report:?}");
}

fn the_state_is_whole(site: &Site) {
    let state = rusqlite::Connection::open(site.path("watchpost.db")).expect("a database");
    let text = |sql: &str| -> String {
        state.query_row(sql, [], |row| row.get(0)).unwrap_or_else(|error| panic!("{sql}: {error}"))
    };
    assert_eq!(text("PRAGMA integrity_check"), "ok");
    assert_eq!(text("SELECT count(*) || '' FROM timers"), "0");
    assert_eq!(text("SELECT count(*) || '' FROM runs"), "0");
    let sent = "SELECT group_concat(subject || ' ' || count) FROM (SELECT message ->> 'subject' AS \
                subject, count(*) AS count FROM outbox GROUP BY subject ORDER BY subject)";
    assert_eq!(text(sent), "hot for long 1,the timer fired 1,walked to all 1");

    let kept = |key: &str| -> usize {
        text(&format!("SELECT value FROM memory WHERE key = '{key}'")).parse().expect("a number")
    };
    assert_eq!(kept("n"), kept("m"));
    let witness: Vec<usize> = lines(site, "witness").iter().map(|n| n.parse().unwrap()).collect();
    assert!(witness.is_sorted_by(|one, next| one < next), "counted backwards: {witness:?}");
    assert_eq!(witness.last(), Some(&kept("n")));
}

/// At least once, and always under the same Message-ID.
fn one_mail_for_each_event(office: &PostOffice) {
    let ids: BTreeSet<String> = office
        .mails()
        .iter()
        .flat_map(|mail| mail.lines())
        .filter(|line| line.starts_with("Message-ID:"))
        .map(str::to_owned)
        .collect();
    assert_eq!(ids.len(), 3, "{ids:?}");
}
