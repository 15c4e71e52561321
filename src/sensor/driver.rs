//! What a sensor driver is.

use std::time::Duration;

use futures::stream::BoxStream;

use super::Value;

/// What a device says by itself, beside being read.
pub type Heard = BoxStream<'static, Value>;

/// Longer than any chip here converts, and than the kernel waits for a stuck bus.
const USUAL_LIMIT: Duration = Duration::from_secs(10);

/// Reads one quantity of one device. To write one, copy `drivers/copy_me.rs`.
///
/// A driver's constructor touches no hardware: the first [`Driver::read`] configures the device,
/// and so does the first one after an error, because the device may have been unplugged.
pub trait Driver: Send {
    /// The unit of what [`Driver::read`] returns, as people write it: `°C`. Empty when the driver
    /// cannot know.
    fn unit(&self) -> &str;

    /// Measures now. May block for as long as the device needs; the sampler gives up on it after
    /// its time limit.
    fn read(&mut self) -> Result<Value, ReadError>;

    /// After this time a read counts as hung. A driver that waits longer by itself says so.
    fn limit(&self) -> Duration {
        USUAL_LIMIT
    }

    /// Where the device speaks by itself, what it says from now on: every value is published at
    /// once. Asked for once, before the first [`Driver::read`]; it is still read at its turns.
    fn listen(&mut self) -> Option<Heard> {
        None
    }

    /// Of a meter: what it has counted in all, as of the last [`Driver::read`]. It is kept over
    /// restarts, whatever filters make of the values.
    fn count(&self) -> Option<u64> {
        None
    }

    /// Goes on from what [`Driver::count`] said before the agent was started again; comes at most
    /// once, before the first [`Driver::read`].
    fn resume(&mut self, _count: u64) {}
}

/// A device that gave no value. The message is one line for the owner: what failed, and how to
/// mend it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The next attempt may succeed, so it is made at once.
    #[error("{0}")]
    Transient(String),
    /// Somebody must mend something first. The sensor is tried again at its next turn, not before.
    #[error("{0}")]
    Permanent(String),
}

impl ReadError {
    pub fn is_transient(&self) -> bool {
        matches!(self, ReadError::Transient(_))
    }
}
