//! What `create` and `place` make machines on EC2 from.

use std::{path::PathBuf, time::Duration};

use super::{CredentialSettings, Region};

/// A `[templates.NAME]` of `kind = "ec2"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Ec2Template {
    pub account: Ec2Account,
    pub instance_type: String,
    /// An AMI's id.
    pub image: String,
    pub purchase: Purchase,
    pub zone: Option<String>,
    pub subnet: Option<String>,
    pub security_groups: Vec<String>,
    /// The name of a key pair of EC2's, beside the agent's own key.
    pub key_pair: Option<String>,
    /// An instance profile that the machine runs with.
    pub role: Option<String>,
    /// GiB of its disk; the image's own size where it is not said.
    pub disk: Option<u64>,
    pub disk_device: String,
    pub public_address: Option<bool>,
    /// More tags, for the owner's own order.
    pub tags: Vec<(String, String)>,
    /// A file of the owner's public keys, as in `~/.ssh/authorized_keys`.
    pub authorized_keys: Option<PathBuf>,
    /// When it counts as ready.
    pub ready: Ready,
}

/// Where, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ec2Account {
    pub region: Region,
    pub credentials: CredentialSettings,
    /// How often its machines are looked at, for interruptions.
    pub every: Duration,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Purchase {
    OnDemand,
    Spot {
        /// USD per hour: the most that is paid. `None`: as much as on demand, which is EC2's own
        /// cap.
        most: Option<f64>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ready {
    /// SSH answers on it.
    Ssh,
    /// EC2's own checks of the machine and of its network have passed.
    Checks,
    /// EC2 says that it runs.
    Running,
}
