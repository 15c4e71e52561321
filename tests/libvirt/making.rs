//! create and destroy: a template's image copied, a machine that answers or nothing at all.

use std::{net::TcpListener, os::fd::AsRawFd, path::Path, process::Command};

use watchpost::plan::{FailureKind, HostAct, Power};

use crate::{
    agent::Site,
    hosts,
    libvirtd::{DEAF, Libvirtd, OBEDIENT},
};

/// A placed host, and a template whose machines have no network.
fn sections(daemon: &Libvirtd, home: &Path, host: &str, template: &str) -> String {
    let uri = daemon.qemu();
    let (key, known) = (home.join("id"), home.join("known_hosts"));
    format!(
        "[hosts.worker-1]\nkind = \"placed\"\n{host}\n\
         ssh = {{ user = \"ops\", key = \"{}\", known_hosts = \"{}\" }}\n\
         [templates.tiny]\nkind = \"libvirt\"\nuri = \"{uri}\"\nmemory = \"32MiB\"\n\
         network = \"none\"\nvolume = {{ pool = \"default\", from = \"image.qcow2\", size = \"8MiB\" }}\n\
         {template}\n",
        key.display(),
        known.display(),
    )
}

/// A pool with an image that obeys the power button.
fn stock(daemon: &Libvirtd) {
    let pool = daemon.pool("default");
    let raw = daemon.image("image", OBEDIENT);
    let done = Command::new("qemu-img")
        .args(["convert", "-f", "raw", "-O", "qcow2"])
        .args([&raw, &pool.join("image.qcow2")])
        .status()
        .expect("qemu-img can be run");
    assert!(done.success());
}

fn volumes(daemon: &Libvirtd) -> String {
    daemon.says(&daemon.qemu(), &["pool-refresh", "default"]);
    let listed = daemon.says(&daemon.qemu(), &["vol-list", "default"]);
    let names = listed.lines().filter_map(|line| line.split_whitespace().next());
    names.collect::<Vec<_>>().join(" ")
}

fn domains(daemon: &Libvirtd) -> String {
    daemon.says(&daemon.qemu(), &["list", "--all", "--name"])
}

const SCRIPT: &str = r#"
const WORKER = hosts("worker-1");
watch("make", cron("0 0 1 1 *"), create(WORKER, "tiny"));
watch("drop", cron("0 0 1 1 *"), destroy(WORKER));
watch("off", cron("0 0 1 1 *"), stop(WORKER));
watch("on", cron("0 0 1 1 *"), start(WORKER));
"#;

#[test]
fn a_script_makes_a_machine_and_deletes_it() {
    let daemon = Libvirtd::start();
    stock(&daemon);
    let site = Site::new("");
    let home = site.path("");
    site.configure(&sections(&daemon, &home, "allow_destroy = true", ""));
    site.script("workers", SCRIPT);
    let agent = site.start();
    agent.await_loaded();
    let fire = |watch| agent.fire(watch)["report"]["rows"][0].clone();

    let early = fire("on");
    assert!(early["error"].as_str().is_some_and(|it| it.contains("create(hosts(")), "{early}");
    let made = fire("make");
    assert_eq!((&made["ok"], &made["changed"]), (&true.into(), &true.into()), "{made}");
    assert_eq!(domains(&daemon), "worker-1");
    assert_eq!(volumes(&daemon), "image.qcow2 worker-1-seed.iso worker-1.qcow2");
    assert_eq!(daemon.says(&daemon.qemu(), &["domstate", "worker-1"]), "running");
    let grown = daemon.says(&daemon.qemu(), &["vol-info", "--bytes", "worker-1.qcow2", "default"]);
    assert!(grown.contains("8388608 bytes"), "{grown}");

    // The seed tells the machine its name and our key, and is an image that others read.
    let seed = daemon.path("default/worker-1-seed.iso");
    let isoinfo = Command::new("isoinfo").args(["-x", "/USER-DATA.;1", "-i"]).arg(&seed).output();
    let user_data = String::from_utf8_lossy(&isoinfo.expect("isoinfo").stdout).into_owned();
    let own = std::fs::read_to_string(home.join("id.pub")).expect("the agent's key");
    assert!(user_data.contains("\"hostname\": \"worker-1\""), "{user_data}");
    assert!(user_data.contains(own.trim()), "{user_data}");

    let again = fire("make");
    assert_eq!((&again["ok"], &again["changed"]), (&true.into(), &false.into()), "{again}");
    let off = fire("off");
    assert_eq!(off["ok"], true, "{off}");
    assert!(off["output"].is_null(), "it was forced: {off}");
    let on = fire("make");
    assert_eq!((&on["ok"], &on["changed"]), (&true.into(), &true.into()), "{on}");

    let dropped = fire("drop");
    assert_eq!((&dropped["ok"], &dropped["changed"]), (&true.into(), &true.into()), "{dropped}");
    assert_eq!((domains(&daemon).as_str(), volumes(&daemon).as_str()), ("", "image.qcow2"));
    let nothing = fire("drop");
    assert_eq!((&nothing["ok"], &nothing["changed"]), (&true.into(), &false.into()), "{nothing}");
}

/// What creating it comes to, and destroying it.
async fn verdict(sections: &str, act: HostAct) -> Result<bool, String> {
    let (remote, inventory) = hosts(sections);
    let worker = inventory.get("worker-1").expect("a host");
    let done = remote.act(worker, &act).await;
    done.map(|done| done.changed).map_err(|failure| failure.message)
}

fn create() -> HostAct {
    HostAct::Create { template: "tiny".to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_finished_leaves_nothing_behind() {
    let daemon = Libvirtd::start();
    stock(&daemon);
    let home = tempfile::tempdir().expect("a folder");
    let home = home.path();
    let plain = sections(&daemon, home, "allow_destroy = true", "");
    let untouched = |also: &str| {
        assert_eq!(domains(&daemon), "");
        assert_eq!(volumes(&daemon), format!("image.qcow2{also}"));
    };

    // No such image, no such pool, no such network.
    let error =
        verdict(&plain.replace("image.qcow2", "imagine.qcow2"), create()).await.unwrap_err();
    assert!(error.contains("no volume `imagine.qcow2` in the storage pool `default`"), "{error}");
    let error = verdict(&plain.replace("\"default\"", "\"attic\""), create()).await.unwrap_err();
    assert!(error.contains("no storage pool `attic`"), "{error}");
    let error = verdict(&plain.replace("\"none\"", "\"lan\""), create()).await.unwrap_err();
    assert!(error.contains("lan") && error.contains("nothing was left behind"), "{error}");
    untouched("");

    // A volume of that name exists already; it is not ours to delete.
    std::fs::write(daemon.path("default/worker-1-seed.iso"), "precious").expect("written");
    daemon.says(&daemon.qemu(), &["pool-refresh", "default"]);
    let error = verdict(&plain, create()).await.unwrap_err();
    assert!(error.contains("there is a volume `worker-1-seed.iso`"), "{error}");
    untouched(" worker-1-seed.iso");
    std::fs::remove_file(daemon.path("default/worker-1-seed.iso")).expect("removed");

    // It never answers: there is an address, and nobody there.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("bound").port();
    assert!(silent.as_raw_fd() > 0);
    let deaf = plain
        .replace(
            "kind = \"placed\"",
            "kind = \"placed\"\naddress = \"127.0.0.1\"\nstart_within = \"2s\"",
        )
        .replace("user = \"ops\"", &format!("user = \"ops\", port = {port}"));
    let error = verdict(&deaf, create()).await.unwrap_err();
    assert!(error.contains("it did not answer within 2s"), "{error}");
    assert!(error.ends_with("nothing was left behind"), "{error}");
    let known = std::fs::read_to_string(home.join("known_hosts")).unwrap_or_default();
    assert_eq!(known, "", "its key is forgotten, too");
    untouched("");

    // A pool that is full, on a file system that is full.
    daemon.says(
        &daemon.qemu(),
        &["pool-create-as", "tiny", "dir", "--target", &daemon.path("tiny").display().to_string()],
    );
    daemon
        .says(&daemon.qemu(), &["vol-create-as", "tiny", "image.qcow2", "200k", "--format", "raw"]);
    let full = plain.replace("pool = \"default\"", "pool = \"tiny\"");
    let error = verdict(&full, create()).await.unwrap_err();
    assert!(error.contains("the storage pool `tiny` is full"), "{error}");
    assert_eq!(domains(&daemon), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_made_here_is_deleted_and_only_where_it_may_be() {
    let daemon = Libvirtd::start();
    stock(&daemon);
    let home = tempfile::tempdir().expect("a folder");
    let plain = sections(&daemon, home.path(), "allow_destroy = true", "");

    // Somebody else's machine of that name.
    daemon.define("worker-1", DEAF);
    for act in [create(), HostAct::Destroy, HostAct::Start] {
        let error = verdict(&plain, act).await.unwrap_err();
        assert!(error.contains("did not make; it is left alone"), "{error}");
    }
    assert_eq!(domains(&daemon), "worker-1");
    daemon.says(&daemon.qemu(), &["undefine", "worker-1"]);

    assert_eq!(verdict(&plain, create()).await, Ok(true));
    let forbidden = plain.replace("allow_destroy = true", "");
    let error = verdict(&forbidden, HostAct::Destroy).await.unwrap_err();
    assert!(error.contains("`allow_destroy` is not set"), "{error}");
    let other = format!("[site]\nname = \"attic\"\n{plain}");
    let error = verdict(&other, HostAct::Destroy).await.unwrap_err();
    assert!(error.contains("attic did not make"), "{error}");
    assert_eq!(domains(&daemon), "worker-1");

    // Whoever was killed in the middle left half a machine: the next one begins anew.
    let xml = daemon.says(&daemon.qemu(), &["dumpxml", "--inactive", "worker-1"]);
    let half = xml.replace("state=\"finished\"", "state=\"unfinished\"");
    let half = half.replace("state='finished'", "state='unfinished'");
    assert_ne!(xml, half, "{xml}");
    std::fs::write(daemon.path("half.xml"), half).expect("written");
    daemon.says(&daemon.qemu(), &["define", &daemon.path("half.xml").display().to_string()]);
    let before = daemon.says(&daemon.qemu(), &["domuuid", "worker-1"]);
    assert_eq!(verdict(&plain, create()).await, Ok(true));
    assert_ne!(daemon.says(&daemon.qemu(), &["domuuid", "worker-1"]), before);

    assert_eq!(verdict(&plain, HostAct::Destroy).await, Ok(true));
    assert_eq!((domains(&daemon).as_str(), volumes(&daemon).as_str()), ("", "image.qcow2"));
    let (remote, inventory) = hosts(&plain);
    let worker = inventory.get("worker-1").expect("a host");
    assert_eq!(remote.probe(worker).await, Ok(Power::Down));
    let failure = remote.act(worker, &HostAct::Start).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotConfigured);
}
