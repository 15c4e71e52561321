//! How the command line reaches the running agent: JSON lines over a Unix socket.
//!
//! One connection is one question. The answer is a stream of frames that ends with
//! [`Frame::End`]; without one the agent went away before it had finished.

mod bind;
mod client;
mod peer;
mod protocol;
mod server;
mod sink;
#[cfg(test)]
mod tests;

pub use bind::BindError;
pub use client::{Client, ClientError, Frames};
pub use protocol::{Frame, MAX_REQUEST, Request, RequestError, VERSION, read_request, write_line};
pub use server::{Desk, Server};
pub use sink::{ClientGone, FrameSink};
