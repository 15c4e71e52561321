//! Hosts that name other hosts: `on` and `jump` must exist and must not go in circles.

use super::hosts::PlacedHost;
use crate::{
    config::{diagnostic::Span, mistakes::Mistakes},
    suggest::did_you_mean_or_all,
};

/// One host's mention of another.
struct Link<'h> {
    from: &'h str,
    to: &'h str,
    span: Span,
}

pub(super) fn check_links(mistakes: &Mistakes, hosts: &[PlacedHost]) {
    let names: Vec<&str> = hosts.iter().map(|each| each.host.name.as_ref()).collect();
    let on: Vec<Link> = hosts
        .iter()
        .filter_map(|PlacedHost { host, on_span, .. }| {
            Some(Link { from: &host.name, to: host.on.as_deref()?, span: on_span.clone() })
        })
        .collect();
    let jump: Vec<Link> = hosts
        .iter()
        .filter_map(|PlacedHost { host, jump_span, .. }| {
            Some(Link { from: &host.name, to: host.ssh.jump.as_deref()?, span: jump_span.clone() })
        })
        .collect();
    for (key, links) in [("on", on), ("jump", jump)] {
        check_existence(mistakes, &names, &links);
        check_circles(mistakes, key, &links);
    }
}

fn check_existence(mistakes: &Mistakes, names: &[&str], links: &[Link<'_>]) {
    for link in links.iter().filter(|link| !names.contains(&link.to)) {
        mistakes.error(
            link.span.clone(),
            format!("there is no host `{}`", link.to),
            format!("named by `{}`", link.from),
            did_you_mean_or_all(link.to, names),
        );
    }
}

/// Reports each circle once, at the host of it that stands first in the file.
fn check_circles(mistakes: &Mistakes, key: &str, links: &[Link<'_>]) {
    let mut told: Vec<&str> = Vec::new();
    for start in links {
        let circle = circle_from(start.from, links);
        if circle.is_empty() || told.contains(&start.from) {
            continue;
        }
        mistakes.error(
            start.span.clone(),
            format!("`{key}` goes in a circle: {} → {}", circle.join(" → "), start.from),
            "leads back to itself",
            format!("leave `{key}` out at one of them"),
        );
        told.extend(circle);
    }
}

/// The hosts on the way from `start` back to itself; empty when the way ends elsewhere.
fn circle_from<'h>(start: &'h str, links: &[Link<'h>]) -> Vec<&'h str> {
    let mut way = vec![start];
    let mut here = start;
    while let Some(link) = links.iter().find(|link| link.from == here) {
        if link.to == start {
            return way;
        }
        if way.contains(&link.to) {
            break;
        }
        way.push(link.to);
        here = link.to;
    }
    Vec::new()
}
