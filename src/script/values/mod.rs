//! The values that scripts hold in their hands.

mod host_ref;
mod host_set;
mod pipe_value;
mod sentence;
mod when;

pub use host_ref::HostRef;
pub use host_set::HostSet;
pub use pipe_value::{PipeValue, UnusedPipes};
pub use sentence::Sentence;
pub use when::{When, WhenKind};
