//! From a real libvirtd to EC2, and home again.

use std::process::Command;

use crate::{
    SCRIPT,
    gate::Gate,
    libvirtd::{Libvirtd, OBEDIENT},
    moto::Moto,
    patience::until,
    sections, site,
};

fn at_home(daemon: &Libvirtd) -> Vec<String> {
    let listed = daemon.says(&daemon.qemu(), &["list", "--all", "--name"]);
    let mut names: Vec<String> =
        listed.lines().map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn the_batch_goes_to_ec2_and_comes_back_to_libvirt() {
    let daemon = Libvirtd::start();
    let pool = daemon.pool("default");
    let raw = daemon.image("image", OBEDIENT);
    let done = Command::new("qemu-img")
        .args(["convert", "-f", "raw", "-O", "qcow2"])
        .args([&raw, &pool.join("image.qcow2")])
        .status()
        .expect("qemu-img can be run");
    assert!(done.success());
    let moto = Moto::start();
    let gate = Gate::open(&moto);
    let site = site(&gate);
    let text = sections(&gate, &site);
    let (from, to) =
        (text.find("[templates.home]").expect("it"), text.find("[cost.ec2]").expect("it"));
    let home = format!(
        "[templates.home]\nkind = \"libvirt\"\nuri = \"{}\"\nmemory = \"32MiB\"\nnetwork = \"none\"\n\
         volume = {{ pool = \"default\", from = \"image.qcow2\" }}\ncost = \"home\"\n",
        daemon.qemu()
    );
    site.configure(&format!("{}{home}{}", &text[..from], &text[to..]));
    site.script("spot", SCRIPT);
    let agent = site.start();
    agent.await_loaded();
    let choose = |price: f64| {
        gate.price(price);
        let wanted = format!("ec2 {price}");
        until(
            || (agent.fire("ask")["reply"].as_str() == Some(&wanted)).then_some(()),
            || format!("the price is never {price}:\n{}", agent.log()),
        );
        agent.fire("choose")
    };
    let first = choose(0.009);
    assert_eq!(
        (at_home(&daemon), gate.machines().len()),
        (vec!["master".into(), "worker-1".into()], 0),
        "{first}"
    );
    let away = choose(0.001);
    assert_eq!(
        (at_home(&daemon), crate::one_batch(&gate)),
        (Vec::new(), Ok("aws-spot".into())),
        "{away}"
    );
    let back = choose(0.008);
    assert_eq!(
        (at_home(&daemon), gate.machines().len()),
        (vec!["master".into(), "worker-1".into()], 0),
        "{back}"
    );
}
