//! Machines on EC2: a client of its query API.
//!
//! In layers, each of which knows only the ones before: a request ([`Query`]) and its signature
//! ([`sign`]), both pure; answers as trees ([`xml`]) and what they mean ([`instance`], [`prices`]),
//! pure as well; who we are ([`credentials`]); one [`Client`], which knows when to try again. On it
//! stand the [`Ec2Machines`] of the inventory.
//!
//! The API: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/>.

pub mod client;
pub mod credentials;
mod error;
pub mod instance;
mod launch;
pub mod machines;
pub mod prices;
mod query;
mod retry;
pub mod sign;
mod template;
mod watch;
pub mod xml;

pub use client::{Client, Region};
pub use credentials::{CredentialSettings, Credentials};
pub use error::Error;
pub use machines::Ec2Machines;
pub use query::Query;
pub use template::{Ec2Account, Ec2Template, Purchase, Ready};
