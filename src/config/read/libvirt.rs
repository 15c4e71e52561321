//! What a `[hosts.NAME]` says about a virtual machine.

use std::time::Duration;

use super::Reader;
use crate::{
    config::{field::Field, section::Section},
    host::{HostKind, LibvirtDomain, libvirt::LibvirtUri},
};

/// Shorter than `stop_within`, so that a stop that had to be forced is still one that went well.
const FORCE_AFTER: Duration = Duration::from_secs(2 * 60);

/// The keys that only some kinds of hosts have.
pub(super) struct MachineKeys {
    pub domain: Option<LibvirtDomain>,
    pub allow_destroy: bool,
    pub force_after: Option<Duration>,
}

impl Reader<'_> {
    pub(super) fn machine(
        &self,
        name: &str,
        kind: Option<HostKind>,
        section: &Section<'_>,
    ) -> MachineKeys {
        let is_libvirt = kind == Some(HostKind::Libvirt);
        let uri = if is_libvirt {
            section.required("uri", "uri = \"qemu+ssh://ops@big-iron/system\"")
        } else {
            section.field("uri")
        };
        let (domain, force) = (section.field("domain"), section.field("force_after"));
        let allow = section.field("allow_destroy");
        let is_virtual = kind.is_none_or(HostKind::is_virtual);
        let misplaced = [
            (&uri, kind.is_some() && !is_libvirt, "libvirt"),
            (&domain, kind.is_some() && !is_libvirt, "libvirt"),
            (&force, !is_virtual, "libvirt"),
            (&allow, kind.is_some_and(|kind| kind != HostKind::Placed), "placed"),
        ];
        for (field, is_misplaced, wanted) in misplaced {
            if let (Some(field), true) = (field, is_misplaced) {
                self.mistakes.error(
                    field.key_span.clone(),
                    format!("`{}` has no meaning for this kind of host", field.key),
                    format!("only of kind = \"{wanted}\""),
                    "leave it out, or change `kind`".to_owned(),
                );
            }
        }
        let uri = uri.filter(|_| is_libvirt).and_then(|field| libvirt_uri(&field));
        let domain = domain.and_then(|field| field.text()).unwrap_or(name).to_owned();
        MachineKeys {
            domain: uri.map(|uri| LibvirtDomain { uri, name: domain }),
            allow_destroy: allow.and_then(|field| field.boolean()).unwrap_or(false),
            force_after: match force {
                Some(field) if field.value.get_ref().as_str() == Some("never") => None,
                Some(field) => field.duration(),
                None => is_virtual.then_some(FORCE_AFTER),
            },
        }
    }
}

pub(super) fn libvirt_uri(field: &Field<'_>) -> Option<LibvirtUri> {
    match field.text()?.parse::<LibvirtUri>() {
        Ok(uri) => Some(uri),
        Err(error) => {
            field.wrong(error.message, "not a libvirt URI that can be used", error.help);
            None
        }
    }
}
