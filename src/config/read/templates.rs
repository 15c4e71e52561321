//! `[templates.NAME]`: what `create` makes machines from.

use std::sync::Arc;

use super::{Reader, aws::AwsDefaults, libvirt::libvirt_uri, names::check_name};
use crate::{
    config::{field::Field, section::Section},
    cost::CostSettings,
    host::{
        Template,
        libvirt::{LibvirtTemplate, Network},
    },
    suggest::did_you_mean_or_all,
};

/// What a small Linux is happy with.
const MEMORY: u64 = 1 << 30;
/// libvirt takes less for a mistake, and so does every guest.
const LEAST_MEMORY: u64 = 1 << 20;

/// The templates, and what an hour in each of them costs.
#[derive(Default)]
pub(super) struct Templates {
    pub templates: Vec<(Arc<str>, Template)>,
    pub costs: Vec<(Arc<str>, Arc<str>)>,
}

impl Reader<'_> {
    /// A template without a kind, its own or an inherited one, is only there to be inherited from.
    pub(super) fn templates(
        &self,
        root: &Section<'_>,
        aws: &AwsDefaults,
        costs: &[CostSettings],
    ) -> Templates {
        let mut read = Templates::default();
        let named = root.named_sections("templates");
        let lines: Vec<Vec<usize>> =
            (0..named.len()).map(|index| self.ancestors(&named, index)).collect();
        let bases: Vec<_> = lines.iter().map(|line| self.tables(&named, line)).collect();
        // What heirs understand of those that are only inherited from.
        let mut understood: Vec<Vec<&'static str>> = vec![Vec::new(); named.len()];
        let mut bare = Vec::new();
        for (index, ((name, span, section), bases)) in named.into_iter().zip(bases).enumerate() {
            let section = section.inheriting(bases);
            let well_named = check_name(self.mistakes, "a template", name, span);
            section.field("inherits");
            let Some(kind) = section.field("kind") else {
                bare.push((index, section));
                continue;
            };
            let cost = section.field("cost").and_then(|field| known_cost(&field, costs));
            let template = match kind_of(&kind) {
                Some("libvirt") => self.libvirt_template(&section).map(Template::Libvirt),
                Some(_) => self.ec2_template(&section, aws).map(Template::Ec2),
                // Its other keys mean whatever its kind says.
                None => continue,
            };
            for ancestor in &lines[index] {
                understood[*ancestor].extend(section.asked());
            }
            section.finish();
            if let (Some(template), true) = (template, well_named) {
                let name: Arc<str> = Arc::from(name);
                read.costs.extend(cost.map(|cost| (name.clone(), cost)));
                read.templates.push((name, template));
            }
        }
        for (index, section) in bare {
            let known = std::mem::take(&mut understood[index]);
            if known.is_empty() {
                section.required("kind", "kind = \"libvirt\"");
                continue;
            }
            for key in known {
                section.field(key);
            }
            section.finish();
        }
        read
    }

    fn libvirt_template(&self, section: &Section<'_>) -> Option<LibvirtTemplate> {
        let uri = section.required("uri", "uri = \"qemu+ssh://ops@big-iron/system\"");
        let whole = |key, highest, usual| {
            let asked = section.field(key).and_then(|field| field.whole(1, highest));
            asked.and_then(|number| u32::try_from(number).ok()).unwrap_or(usual)
        };
        let memory = section.field("memory").and_then(|field| {
            let size = field.size()?;
            if size < LEAST_MEMORY {
                field.wrong("no machine runs in so little memory", "too small", None);
                return None;
            }
            Some(size)
        });
        let network = match (section.field("network"), section.field("bridge")) {
            (Some(network), Some(bridge)) => {
                self.mistakes.error(
                    bridge.key_span.clone(),
                    "`network` and `bridge` exclude each other".to_owned(),
                    "the second one",
                    format!("leave `{}` or `{}` out", network.key, bridge.key),
                );
                None
            }
            (Some(network), None) if network.value.get_ref().as_str() == Some("none") => None,
            (Some(network), None) => network.text().map(|name| Network::Libvirt(name.to_owned())),
            (None, Some(bridge)) => bridge.text().map(|name| Network::Bridge(name.to_owned())),
            (None, None) => Some(Network::Libvirt("default".to_owned())),
        };
        let volume = section.required(
            "volume",
            "volume = { pool = \"default\", from = \"debian-13.qcow2\", size = \"20GiB\" }",
        );
        let (vcpus, keys) = (whole("vcpus", 512, 1), self.path(section.field("authorized_keys")));
        let volume = Section::of("`volume`".to_owned(), &volume?);
        let text = |key, usual: &str| {
            let text = volume.field(key).and_then(|field| field.text());
            text.unwrap_or(usual).to_owned()
        };
        let from = volume.required("from", "from = \"debian-13.qcow2\"");
        let (pool, size) =
            (text("pool", "default"), volume.field("size").and_then(|field| field.size()));
        volume.finish();
        Some(LibvirtTemplate {
            uri: libvirt_uri(&uri?)?,
            vcpus,
            memory: memory.unwrap_or(MEMORY),
            pool,
            from: from?.text()?.to_owned(),
            size,
            network,
            authorized_keys: keys,
        })
    }
}

const KINDS: [&str; 2] = ["libvirt", "ec2"];

fn kind_of(field: &Field<'_>) -> Option<&'static str> {
    let word = field.text()?;
    let kind = KINDS.into_iter().find(|kind| *kind == word);
    if kind.is_none() {
        let help = did_you_mean_or_all(word, &KINDS);
        field.wrong(format!("there is no kind of template `{word}`"), "not known", help);
    }
    kind
}

fn known_cost(field: &Field<'_>, costs: &[CostSettings]) -> Option<Arc<str>> {
    let name = field.text()?;
    let found = costs.iter().find(|cost| *cost.name == *name);
    if found.is_none() {
        let names: Vec<&str> = costs.iter().map(|cost| &*cost.name).collect();
        let help = match names.as_slice() {
            [] => Some(format!("describe it under [cost.{name}]")),
            names => did_you_mean_or_all(name, names),
        };
        field.wrong(format!("there is no [cost.{name}]"), "not in this file", help);
    }
    found.map(|cost| cost.name.clone())
}
