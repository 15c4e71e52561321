//! `[templates.NAME]` of `kind = "ec2"`.

use super::{Reader, aws::AwsDefaults};
use crate::{
    config::{field::Field, section::Section},
    host::ec2::{Ec2Template, Purchase, Ready},
    suggest::did_you_mean_or_all,
};

const DISK_DEVICE: &str = "/dev/xvda";
/// GiB of the largest general purpose volume.
const LARGEST_DISK: u64 = 64 * 1024;
const GIB: u64 = 1 << 30;

impl Reader<'_> {
    pub(super) fn ec2_template(
        &self,
        section: &Section<'_>,
        aws: &AwsDefaults,
    ) -> Option<Ec2Template> {
        let account = self.account(section, aws);
        let instance_type = section.required("instance_type", "instance_type = \"t4g.nano\"");
        let image = section.required("image", "image = \"ami-0123456789abcdef0\"");
        let text = |key| section.field(key).and_then(|field| field.text()).map(str::to_owned);
        let (zone, subnet) = (text("zone"), text("subnet"));
        let (key_pair, role) = (text("key_pair"), text("role"));
        let groups = section.field("security_groups").and_then(|field| field.texts());
        let disk = section.field("disk").and_then(|field| {
            let size = field.size()?.div_ceil(GIB);
            if size > LARGEST_DISK {
                field.wrong("no disk of EC2's is so large", "more than 64 TiB", None);
                return None;
            }
            Some(size)
        });
        let disk_device = text("disk_device").unwrap_or_else(|| DISK_DEVICE.to_owned());
        let public = section.field("public_address");
        if let (Some(public), None) = (&public, &subnet) {
            self.mistakes.error(
                public.key_span.clone(),
                "`public_address` needs `subnet`".to_owned(),
                "EC2 takes it with a subnet only",
                "for example: subnet = \"subnet-0123456789abcdef0\"".to_owned(),
            );
        }
        let tags = section.field("tags").map(|field| self.owner_tags(&field)).unwrap_or_default();
        let ready = section.field("ready").and_then(|field| {
            let word = field.text()?;
            let found = Ready::ALL.iter().find(|(name, _)| *name == word);
            if found.is_none() {
                let help = did_you_mean_or_all(word, &Ready::ALL.map(|(name, _)| name));
                field.wrong(format!("`ready` knows no `{word}`"), "not known", help);
            }
            found.map(|(_, ready)| *ready)
        });
        let purchase = self.purchase(section);
        let authorized_keys = self.path(section.field("authorized_keys"));
        Some(Ec2Template {
            account: account?,
            instance_type: instance_type?.text()?.to_owned(),
            image: image?.text()?.to_owned(),
            purchase: purchase?,
            zone,
            subnet,
            security_groups: groups
                .unwrap_or_default()
                .into_iter()
                .map(|group| (*group.get_ref()).to_owned())
                .collect(),
            key_pair,
            role,
            disk,
            disk_device,
            public_address: public.and_then(|field| field.boolean()),
            tags,
            authorized_keys,
            ready: ready.unwrap_or(Ready::Ssh),
        })
    }

    /// On the spot market, unless the template says otherwise.
    fn purchase(&self, section: &Section<'_>) -> Option<Purchase> {
        let is_spot = match section.field("spot") {
            Some(field) => field.boolean()?,
            None => true,
        };
        let price = |key| section.field(key).map(|field: Field<'_>| (positive(&field), field));
        let (most, demand) = (price("max_price"), price("on_demand_price"));
        if let (false, Some((_, field))) = (is_spot, &most) {
            self.mistakes.error(
                field.key_span.clone(),
                "`max_price` belongs to spot machines".to_owned(),
                "not with `spot = false`",
                "leave one of them out".to_owned(),
            );
        }
        if !is_spot {
            return Some(Purchase::OnDemand);
        }
        if let (Some((Some(_), field)), None) = (&most, &demand) {
            field.mistakes.warning(
                field.span(),
                "a spot machine could cost more than one on demand",
                "is this less than the price on demand?",
                "with `on_demand_price` no more than that is ever paid; without `max_price` EC2 \
                 itself sees to it"
                    .to_owned(),
            );
        }
        let value = |price: Option<(Option<f64>, Field<'_>)>| match price {
            Some((None, _)) => Err(()),
            Some((some, _)) => Ok(some),
            None => Ok(None),
        };
        let (most, demand) = (value(most).ok()?, value(demand).ok()?);
        let lowest = [most, demand].into_iter().flatten().min_by(f64::total_cmp);
        Some(Purchase::Spot { most: lowest })
    }

    fn owner_tags(&self, field: &Field<'_>) -> Vec<(String, String)> {
        let Some(table) = field.value.get_ref().as_table() else {
            field.wrong_type("a table", "tags = { \"cost centre\" = \"closet\" }");
            return Vec::new();
        };
        let mut tags = Vec::new();
        for (key, value) in table.iter() {
            let (name, span) = (key.get_ref().as_ref(), value.span());
            let Some(text) = value.get_ref().as_str() else {
                let label = "not a string";
                self.mistakes.error(span, format!("the tag `{name}` is no text"), label, None);
                continue;
            };
            if name == "Name" || name.starts_with("aws:") || name.starts_with("watchpost:") {
                let message = format!("the tag `{name}` is not yours to give");
                let help = "`Name` and `watchpost:…` say whose machine it is; `aws:…` is AWS's own";
                self.mistakes.error(key.span(), message, "taken", help.to_owned());
                continue;
            }
            tags.push((name.to_owned(), text.to_owned()));
        }
        tags.sort();
        tags
    }
}

pub(super) fn positive(field: &Field<'_>) -> Option<f64> {
    let number = field.number()?;
    if number <= 0.0 {
        field.wrong(format!("`{}` is nothing", field.key), "must be more than 0", None);
        return None;
    }
    Some(number)
}
