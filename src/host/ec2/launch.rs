//! The request that makes a machine.

use super::{Ec2Template, Purchase, Query};

/// The tags that say whose machine it is. EC2 keeps `aws:` alone for itself.
pub const SITE: &str = "watchpost:site";
pub const HOST: &str = "watchpost:host";
pub const TEMPLATE: &str = "watchpost:template";
/// `unfinished` until it has answered for the first time.
pub const STATE: &str = "watchpost:state";

pub struct Launch<'l> {
    pub template: &'l Ec2Template,
    pub template_name: &'l str,
    pub site: &'l str,
    pub host: &'l str,
    /// The same request with the same token makes one machine, however often it is sent.
    pub token: &'l str,
    /// Base64.
    pub user_data: &'l str,
}

impl Launch<'_> {
    pub fn query(&self) -> Query {
        let it = self.template;
        let mut query = Query::new("RunInstances")
            .with("ImageId", &it.image)
            .with("InstanceType", &it.instance_type)
            .with("MinCount", "1")
            .with("MaxCount", "1")
            .with("ClientToken", self.token)
            .with("UserData", self.user_data)
            // Only the second version of the metadata service: the first one is easily tricked.
            .with("MetadataOptions.HttpTokens", "required");
        if let Purchase::Spot { most } = &it.purchase {
            query = query
                .with("InstanceMarketOptions.MarketType", "spot")
                .with("InstanceMarketOptions.SpotOptions.SpotInstanceType", "one-time")
                .with(
                    "InstanceMarketOptions.SpotOptions.InstanceInterruptionBehavior",
                    "terminate",
                );
            if let Some(most) = most {
                query = query.with("InstanceMarketOptions.SpotOptions.MaxPrice", format!("{most}"));
            }
        }
        if let Some(zone) = &it.zone {
            query = query.with("Placement.AvailabilityZone", zone);
        }
        query = match (&it.subnet, it.public_address) {
            // With an interface of its own the rest of the network's options go there.
            (Some(subnet), Some(is_public)) => query
                .with("NetworkInterface.1.DeviceIndex", "0")
                .with("NetworkInterface.1.SubnetId", subnet)
                .with("NetworkInterface.1.AssociatePublicIpAddress", is_public.to_string())
                .with_each("NetworkInterface.1.SecurityGroupId", &it.security_groups),
            (Some(subnet), None) => {
                query.with("SubnetId", subnet).with_each("SecurityGroupId", &it.security_groups)
            }
            (None, _) => query.with_each("SecurityGroupId", &it.security_groups),
        };
        if let Some(key_pair) = &it.key_pair {
            query = query.with("KeyName", key_pair);
        }
        if let Some(role) = &it.role {
            query = query.with("IamInstanceProfile.Name", role);
        }
        if let Some(disk) = it.disk {
            query = query
                .with("BlockDeviceMapping.1.DeviceName", &it.disk_device)
                .with("BlockDeviceMapping.1.Ebs.VolumeSize", disk.to_string())
                .with("BlockDeviceMapping.1.Ebs.DeleteOnTermination", "true");
        }
        self.tagged(query)
    }

    fn tagged(&self, query: Query) -> Query {
        let own = [
            ("Name", self.host),
            (SITE, self.site),
            (HOST, self.host),
            (TEMPLATE, self.template_name),
            (STATE, "unfinished"),
        ];
        let theirs = self.template.tags.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let tags = own.into_iter().chain(theirs).enumerate();
        let query = query.with("TagSpecification.1.ResourceType", "instance");
        tags.fold(query, |query, (i, (key, value))| {
            let at = format!("TagSpecification.1.Tag.{}", i + 1);
            query.with(format!("{at}.Key"), key).with(format!("{at}.Value"), value)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::ec2::{CredentialSettings, Ec2Account, Ready, Region};

    #[test]
    fn a_spot_machine_is_asked_for_like_this() {
        let region = Region { name: "eu-central-1".into(), endpoint: None };
        let credentials = CredentialSettings::default();
        let template = Ec2Template {
            account: Ec2Account { region, credentials, every: std::time::Duration::from_secs(60) },
            instance_type: "t4g.nano".into(),
            image: "ami-0123".into(),
            purchase: Purchase::Spot { most: Some(0.0048) },
            zone: Some("eu-central-1a".into()),
            subnet: Some("subnet-1".into()),
            security_groups: vec!["sg-1".into(), "sg-2".into()],
            key_pair: Some("mine".into()),
            role: Some("batch".into()),
            disk: Some(20),
            disk_device: "/dev/sda1".into(),
            public_address: Some(true),
            tags: vec![("cost centre".into(), "closet".into())],
            authorized_keys: None,
            ready: Ready::Ssh,
        };
        let launch = Launch {
            template: &template,
            template_name: "aws-spot",
            site: "closet",
            host: "worker-1",
            token: "watchpost-1",
            user_data: "aGk=",
        };
        insta::assert_snapshot!(launch.query().body().replace('&', "\n"));
    }
}
