//! Dry runs: sensors, hosts' state and schedules are real, and nothing is done.

use std::fs;

use watchpost::control::Request;

use crate::{
    agent::{Agent, Site},
    host,
    post_office::PostOffice,
    sshd::Sshd,
};

/// Counts its firings in the state, acts on hosts, and writes a mail.
const SCRIPT: &str = r#"
    watch("count", WHEN, || {
        remember("n", recall("n", 0) + 1);
        print(`n is ${recall("n", 0)}`);
        let done = run(shell(hosts("foo"), "touch TRACE") | stop(hosts(["foo", "bar"])) | email("counted"));
        for row in done.rows { print(`${row.host} changed: ${row.changed}`) }
    });
    watch("hot", above("closet/temperature", 70.0), pretty("it is hot"));
"#;

struct Scene {
    site: Site,
    there: Sshd,
    /// Not there.
    _bar: Sshd,
    office: PostOffice,
}

impl Scene {
    /// A real agent would count at four in the morning, a dry run counts every second.
    fn new() -> Self {
        let (there, mut bar) = (Sshd::start(), Sshd::start());
        bar.stop();
        let office = PostOffice::open();
        let site = Site::new("");
        let sections = office.section()
            + &site.sensor("closet/temperature", "temperature")
            + &host("foo", &there, &format!("stop = '''{}'''", there.suicide()))
            + &host("bar", &bar, "stop = 'true'");
        site.configure(&sections);
        let dry = Site::text(&sections);
        site.write("dry.toml", &format!("scripts = \"dry\"\n{dry}"));
        site.write("temperature", "45.5");
        let scene = Scene { site, there, _bar: bar, office };
        fs::create_dir(scene.site.path("dry")).expect("a folder");
        for (folder, when) in [("scripts", "every_day(4)"), ("dry", "every(\"1s\")")] {
            let trace = scene.trace().display().to_string();
            let text = SCRIPT.replace("WHEN", when).replace("TRACE", &trace);
            scene.site.write(&format!("{folder}/count.rhai"), &text);
        }
        scene
    }

    /// The file that a command on foo would make.
    fn trace(&self) -> std::path::PathBuf {
        self.site.path("trace")
    }

    fn nothing_was_done(&self) {
        assert!(self.there.answers(), "foo was told to stop");
        assert!(!self.trace().exists(), "a command was run on foo");
        assert_eq!(self.office.mails(), Vec::<String>::new());
    }

    fn fire(&self, agent: &Agent, dry_run: bool) -> serde_json::Value {
        agent.ask(&Request::Fire { name: "count".into(), dry_run }).remove(0)
    }
}

#[test]
fn the_agent_beside_the_real_one_only_writes_down() {
    let scene = Scene::new();
    let real = scene.site.start();
    real.await_loaded();
    let arguments = ["run", "--dry-run", "--config", "dry.toml"];
    let mut dry = Agent::start(&scene.site.path(""), &arguments, "none");
    dry.says("dry run: what would be done is only written down");
    // The schedule is real, and what it remembers lasts as long as the dry run.
    dry.says("n is 3");
    // bar is not there, which only its real host can know; foo counts as stopped from then on.
    dry.says("bar changed: false");
    dry.says("foo changed: true");
    dry.says("email: counted");
    scene.site.write("temperature", "71.5");
    dry.says("closet/temperature 71.5, above 70");
    scene.nothing_was_done();
    dry.signal(nix::sys::signal::Signal::SIGTERM);
    assert!(dry.ended().success(), "{}", dry.log());
    scene.nothing_was_done();

    // The real agent has neither its state nor its journal.
    assert!(!real.log().contains("n is"), "{}", real.log());
    scene.fire(&real, false);
    real.await_note("n is 1");
    scene.office.await_mail("counted");
    assert!(scene.trace().exists() && !scene.there.answers());
}

#[test]
fn a_watch_is_fired_dry_through_the_agent_and_without_one() {
    let scene = Scene::new();
    let mut agent = scene.site.start();
    agent.await_loaded();
    let fired = scene.fire(&agent, true);
    assert!(fired.to_string().contains("foo"), "{fired}");
    scene.nothing_was_done();
    agent.signal(nix::sys::signal::Signal::SIGTERM);
    assert!(agent.ended().success(), "{}", agent.log());

    for _ in 0..2 {
        let mut alone = Agent::start(
            &scene.site.path(""),
            &["fire", "count", "--dry-run", "--config", "watchpost.toml"],
            "none",
        );
        assert!(alone.ended().success(), "{}", alone.log());
        // Each begins with the state as it is.
        assert!(alone.log().contains("n is 1"), "{}", alone.log());
        scene.nothing_was_done();
    }
}
