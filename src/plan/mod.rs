//! Plans: what scripts ask for, and the one place where it is carried out.

mod alert;
mod curve;
mod dry;
pub mod executor;
mod live;
pub mod order;
mod owner;
mod pipe;
mod pretty;
mod question;
mod report;
mod world;

pub use alert::{Alert, Raised, Verdict};
pub use curve::Curve;
pub use dry::{Dry, Written};
pub use executor::{Executor, Functions, NoFunctions, Origin, Run};
pub use live::Live;
pub use owner::Owner;
pub use pipe::{
    Act, Ask, Callback, Handler, OneByOne, OutputAct, OutputStep, Pipe, Place, Placing, Step, Tell,
    Verb,
};
pub use question::{Answer, Asking, Question, Questions, answer_text, read_answer};
pub use report::{Report, Row};
pub use world::{Channel, Done, Failure, FailureKind, HostAct, Message, Power, World};
