//! Every verb of the real binary, with a running agent and without one.

mod house;
mod keeping;
mod looking;
mod packaged;
mod running;
