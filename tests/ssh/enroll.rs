//! What `watchpost hosts add` does.

use std::{fs, path::PathBuf};

use watchpost::{
    host::{
        Host, Inventory,
        enroll::{Enrolled, Enrollment, Password, Person, enroll},
    },
    plan::{Failure, FailureKind},
};

use crate::{
    host, remote, secrets, shell,
    sshd::{Sshd, program},
};

/// Someone who trusts, or does not, and has one password. All that is said is written down.
struct Owner {
    trusts: bool,
    said: Vec<String>,
    asked: Vec<String>,
}

impl Owner {
    fn new(trusts: bool) -> Self {
        Owner { trusts, said: Vec::new(), asked: Vec::new() }
    }
}

impl Person for Owner {
    fn say(&mut self, line: &str) {
        self.said.push(line.to_owned());
    }

    fn confirm(&mut self, question: &str) -> bool {
        self.asked.push(question.to_owned());
        self.trusts
    }

    fn password(&mut self, question: &str) -> Option<Password> {
        self.asked.push(question.to_owned());
        Some(Password::new("hunter2".to_owned()))
    }
}

/// A server on which the user seems to have this id and a sudo that writes down what it does.
struct Machine {
    programs: tempfile::TempDir,
    server: Sshd,
    host: Host,
}

impl Machine {
    fn with_user_id(id: u32) -> Self {
        let programs = tempfile::tempdir().expect("a folder");
        let path = |name: &str| programs.path().join(name);
        program(&path("id"), &format!("#!/bin/sh\necho {id}\n"));
        program(&path("systemctl"), "#!/bin/sh\n");
        let sudo = r#"#!/bin/sh
cd "${0%/*}"
if [ "$1" = -n ]; then cat allowed; exit; fi
head -n 1 > password
shift 3
printf '%s' "$5" > sudoers
echo "    (root) $(sed -n 's/.*\(NOPASSWD.*\)/\1/p; s/^    //p' sudoers | tr -d '\n\\' | sed 's/ \+/ /g; s/:/\\:/g; s/=/\\=/g; s/NOPASSWD\\:/NOPASSWD:/')" > allowed
"#;
        program(&path("sudo"), sudo);
        let search = format!("{}:/usr/bin:/bin", programs.path().display());
        let server = Sshd::start_with(&["ed25519"], &[("PATH", &search)]);
        fs::write(server.known_hosts(), "# nobody yet").expect("known_hosts");
        let mut host = host("foo", &server);
        host.ssh.key = None;
        Machine { programs, server, host }
    }

    fn enroll(&self, owner: &mut Owner) -> Result<Enrolled, Failure> {
        let mut behind = self.host.clone();
        behind.name = "behind".into();
        behind.ssh.jump = Some("foo".into());
        let wish = Enrollment {
            host: &self.host,
            inventory: &Inventory::new([self.host.clone(), behind]),
            secrets: &secrets(),
            agent_key: self.agent_key(),
            first_key: Some(self.server.key()),
            from: Some("127.0.0.0/8".to_owned()),
        };
        enroll(&wish, owner)
    }

    fn agent_key(&self) -> PathBuf {
        self.server.path("agent/key")
    }

    fn authorized(&self) -> String {
        fs::read_to_string(self.server.authorized_keys()).expect("authorized_keys")
    }
}

#[test]
fn a_host_of_root_is_added_once() {
    let machine = Machine::with_user_id(0);
    let mut owner = Owner::new(true);
    let first = machine.enroll(&mut owner).expect("added");
    assert!(first.changed);
    assert_eq!(owner.asked, ["Is this foo?"]);
    let shown =
        owner.said.iter().any(|line| line.contains("shows the host key ssh-ed25519 SHA256:"));
    assert!(shown, "{:?}", owner.said);
    let port = machine.server.port();
    for part in [format!("port = {port}"), format!("key = \"{}\"", machine.agent_key().display())] {
        assert!(first.site.contains(&part), "{}", first.site);
    }
    let restricted = format!(
        "restrict,port-forwarding,permitopen=\"127.0.0.1:{port}\",from=\"127.0.0.0/8\" ssh-ed25519 "
    );
    let authorized = machine.authorized();
    assert!(authorized.lines().any(|line| line.starts_with(&restricted)), "{authorized}");

    let mut owner = Owner::new(true);
    let second = machine.enroll(&mut owner).expect("added");
    assert_eq!(second, Enrolled { changed: false, ..first });
    assert_eq!(owner.asked, Vec::<String>::new());
    assert_eq!(machine.authorized(), authorized);
}

#[tokio::test]
async fn the_restricted_key_runs_commands_and_leads_to_those_behind_it_only() {
    let (machine, server) = (Machine::with_user_id(0), Sshd::start());
    let mut owner = Owner::new(true);
    machine.enroll(&mut owner).expect("added");
    let mut gate = machine.host.clone();
    gate.ssh.key = Some(machine.agent_key());
    // The same machine, as the one that stood behind it when it was added.
    let mut behind = gate.clone();
    behind.name = "behind".into();
    behind.ssh.jump = Some("foo".into());
    let mut stranger = host("stranger", &server);
    stranger.ssh.jump = Some("foo".into());

    let remote = remote([&gate, &behind, &stranger]);
    shell(&remote, &gate, "true").await.expect("commands run");
    shell(&remote, &behind, "true").await.expect("it leads there");
    let failure = shell(&remote, &stranger, "true").await.unwrap_err();
    assert_eq!(failure.message, "stranger: foo cannot reach it at 127.0.0.1");
}

#[test]
fn a_host_that_is_not_confirmed_is_left_alone() {
    let machine = Machine::with_user_id(0);
    let failure = machine.enroll(&mut Owner::new(false)).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Refused);
    assert_eq!(fs::read_to_string(machine.server.known_hosts()).expect("there"), "# nobody yet");
    assert!(!machine.agent_key().exists());
    assert_eq!(machine.server.logins(), 0);
}

#[test]
fn a_host_whose_key_changed_is_not_added() {
    let mut machine = Machine::with_user_id(0);
    machine.enroll(&mut Owner::new(true)).expect("added");
    machine.server.make_host_key("ed25519");
    machine.server.restart();
    let mut owner = Owner::new(true);
    let failure = machine.enroll(&mut owner).unwrap_err();
    assert!(failure.message.contains("HAS CHANGED"), "{}", failure.message);
    assert_eq!(owner.asked, Vec::<String>::new());
}

#[test]
fn a_user_who_is_not_root_gets_a_sudoers_file() {
    let machine = Machine::with_user_id(1000);
    let mut owner = Owner::new(true);
    assert!(machine.enroll(&mut owner).expect("added").changed);
    let read = |name| fs::read_to_string(machine.programs.path().join(name)).expect("written");
    assert_eq!(read("password"), "hunter2\n");
    assert_eq!(owner.asked.len(), 2, "{:?}", owner.asked);
    let systemctl = machine.programs.path().join("systemctl");
    assert!(read("sudoers").contains(&format!("{} poweroff, \\\n", systemctl.display())));
    assert!(!owner.said.concat().contains("hunter2"));

    let mut owner = Owner::new(true);
    assert!(!machine.enroll(&mut owner).expect("added").changed);
    assert_eq!(owner.asked, Vec::<String>::new());
}
