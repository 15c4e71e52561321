//! `[templates.NAME]`: what `create` makes machines from.

use std::sync::Arc;

use super::{Reader, libvirt::libvirt_uri, names::check_name};
use crate::{
    config::{field::Field, section::Section},
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

impl Reader<'_> {
    pub(super) fn templates(&self, root: &Section<'_>) -> Vec<(Arc<str>, Template)> {
        let mut templates = Vec::new();
        for (name, span, section) in root.named_sections("templates") {
            let well_named = check_name(self.mistakes, "a template", name, span);
            let kind = section.required("kind", "kind = \"libvirt\"");
            let is_libvirt = kind.is_some_and(|field| is_libvirt(&field));
            if !is_libvirt {
                // Its other keys mean whatever its kind says.
                continue;
            }
            let template = self.libvirt_template(&section);
            section.finish();
            if let (Some(template), true) = (template, well_named) {
                templates.push((Arc::from(name), Template::Libvirt(template)));
            }
        }
        templates
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

fn is_libvirt(field: &Field<'_>) -> bool {
    match field.text() {
        Some("libvirt") => true,
        Some(other) => {
            let help = did_you_mean_or_all(other, &["libvirt"]);
            field.wrong(format!("there is no kind of template `{other}`"), "not known", help);
            false
        }
        None => false,
    }
}
