//! What a site will need and does not have yet: found by `watchpost check`, no reason not to start.

use std::{collections::BTreeSet, path::Path};

use miette::Severity;

use super::Outfit;
use crate::{
    config::{Diagnostic, Secret, Warning},
    cost::{CostSource, Hours},
    host::{HostKind, Template, ec2::Ec2Account},
};

/// Secrets that are named and nowhere to be found, keys and known_hosts that are not there. In a
/// simulation nothing is needed.
pub fn missing(outfit: &Outfit) -> Vec<Warning> {
    if outfit.closet().is_some() {
        return Vec::new();
    }
    let site = &outfit.site;
    let mut secrets: Vec<&Secret> = Vec::new();
    secrets.extend(site.mail.iter().filter_map(|mail| mail.password.as_ref()));
    secrets.extend(site.notify.iter().filter_map(|notify| notify.token.as_ref()));
    secrets.extend(site.mqtt.iter().filter_map(|mqtt| mqtt.password.as_ref()));
    secrets.extend(site.hosts.iter().filter_map(|host| host.ssh.passphrase.as_ref()));
    secrets.extend(site.hosts.iter().filter_map(|host| host.wake.password.as_ref()));
    for (_, template) in site.hosts.templates() {
        if let Template::Ec2(template) = template {
            secrets.extend(of_account(&template.account));
        }
    }
    for cost in &site.costs {
        match &cost.source {
            CostSource::Ec2Spot { account, .. } => secrets.extend(of_account(account)),
            CostSource::Http { token, .. } => secrets.extend(token),
            _ => {}
        }
    }
    let names: BTreeSet<&str> = secrets.iter().map(|secret| secret.name.as_str()).collect();
    let unknown = names.into_iter().filter_map(|name| {
        let error = (outfit.secrets)(&Secret { name: name.to_owned() }).err()?;
        Some(warning(error, None))
    });

    // Of a virtual machine nobody knows whether SSH is wanted at all, unless its address is given;
    // what `create` makes gets its keys from it.
    let over_ssh = || {
        site.hosts.iter().filter(|host| match host.kind {
            HostKind::Physical | HostKind::Ssh => true,
            HostKind::Libvirt => host.address.is_some(),
            HostKind::Placed | HostKind::ThisBoard => false,
        })
    };
    let keys: BTreeSet<&Path> = over_ssh().filter_map(|host| host.ssh.key.as_deref()).collect();
    let keys = keys.into_iter().filter(|key| !key.exists()).map(|key| {
        let help = "make it with ssh-keygen, or let `watchpost hosts add NAME` do it";
        warning(format!("there is no SSH key {}", key.display()), Some(help))
    });
    let known: BTreeSet<&Path> = over_ssh().map(|host| &*host.ssh.known_hosts).collect();
    let known = known.into_iter().filter(|file| !file.exists()).map(|file| {
        let help = "`watchpost hosts add NAME` shows a host's fingerprint and writes it down";
        let message = format!("no host's key is known yet: there is no {}", file.display());
        warning(message, Some(help))
    });
    let tariffs = site.costs.iter().filter_map(|cost| {
        let CostSource::File(file) = &cost.source else { return None };
        let wrong = match std::fs::read_to_string(file) {
            Ok(text) => Hours::of_csv(&text).err()?.to_string(),
            Err(error) => error.to_string(),
        };
        let message = format!("[cost.{}] has no price: {}: {wrong}", cost.name, file.display());
        Some(warning(message, Some("lines are like 07:00,0.31 or 2026-11-22T14:00,0.27")))
    });
    unknown.chain(keys).chain(known).chain(tariffs).collect()
}

fn of_account(account: &Ec2Account) -> impl Iterator<Item = &Secret> {
    let of = &account.credentials;
    [&of.access_key, &of.secret_key, &of.session_token].into_iter().flatten()
}

fn warning(message: String, help: Option<&str>) -> Warning {
    let mut diagnostic = Diagnostic::without_place(message, help.map(str::to_owned));
    diagnostic.severity = Severity::Warning;
    diagnostic
}
