//! What is asked and what is answered, each as one line of JSON.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Raised when an old command line and a new agent would misunderstand each other.
pub const VERSION: u32 = 1;

/// The longest request, in bytes, its newline included.
pub const MAX_REQUEST: usize = 64 << 10;

/// What can be asked of the running agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Runs a watch now.
    Fire {
        name: String,
        #[serde(default)]
        dry_run: bool,
    },
    /// Evaluates one expression with the whole vocabulary.
    Eval {
        expression: String,
        /// Any word; expressions of one session see each other's variables. Without it, an
        /// expression stands alone.
        #[serde(default)]
        session: Option<String>,
    },
    Sensors,
    Hosts,
    /// The latest entries, the oldest first.
    Journal {
        /// A script, a watch, or a sensor; without it, everything.
        name: Option<String>,
        limit: usize,
        since: Option<DateTime<Utc>>,
    },
    Pause {
        name: String,
    },
    Resume {
        name: String,
    },
    /// Somebody knows of what this watch, or script, has told.
    Acknowledge {
        name: String,
    },
    Backup {
        /// Absolute: the agent's folder is not the caller's.
        path: PathBuf,
    },
    /// Reads the site file and the scripts again.
    Reload,
    Status,
    /// The WeMo devices, and what they were asked lately; nothing when there are none.
    Devices,
}

/// One line of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frame {
    /// What goes on, for people.
    Progress(String),
    /// A result; what it is depends on the request.
    Value(serde_json::Value),
    /// Why it failed, as people should read it.
    Error { message: String },
    /// Nothing follows.
    End { ok: bool },
}

#[derive(Serialize)]
struct Asking<'r> {
    version: u32,
    request: &'r Request,
}

#[derive(Deserialize)]
struct Asked {
    version: u32,
    // Understood only once the version is known to be the same.
    request: serde_json::Value,
}

/// Why a line is no request.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    #[error("the request is not understood: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error(
        "the command line speaks version {0} and the running agent version {VERSION}: restart the \
         agent, so that both are of the same installation"
    )]
    OtherVersion(u32),
}

/// Reads one line.
///
/// # Errors
/// When it is no request, or one of another version.
pub fn read_request(line: &[u8]) -> Result<Request, RequestError> {
    let asked: Asked = serde_json::from_slice(line)?;
    if asked.version != VERSION {
        return Err(RequestError::OtherVersion(asked.version));
    }
    Ok(serde_json::from_value(asked.request)?)
}

impl Request {
    /// The line that [`read_request`] reads, with its newline.
    pub fn to_line(&self) -> Result<Vec<u8>, serde_json::Error> {
        write_line(&Asking { version: VERSION, request: self })
    }
}

/// One line of JSON, with its newline. JSON escapes every newline inside.
pub fn write_line(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn another_version_is_named_even_when_its_request_is_unknown() {
        let error = read_request(br#"{"version":2,"request":{"dance":{}}}"#).unwrap_err();
        assert!(matches!(error, RequestError::OtherVersion(2)), "{error}");
    }

    #[test]
    fn requests_look_as_they_always_did() {
        let fire = Request::Fire { name: "closet-heat".into(), dry_run: true };
        let line = br#"{"version":1,"request":{"fire":{"name":"closet-heat","dry_run":true}}}"#;
        assert_eq!(fire.to_line().unwrap(), [line.as_slice(), b"\n"].concat());
        let sensors = read_request(br#"{"version":1,"request":"sensors"}"#).unwrap();
        assert_eq!(sensors, Request::Sensors);
    }

    proptest! {
        #[test]
        fn any_name_survives_the_way(name in "\\PC*|(?s).*", limit: usize) {
            let request = Request::Journal { name: Some(name), limit, since: None };
            let line = request.to_line().unwrap();
            prop_assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
            prop_assert_eq!(read_request(&line).unwrap(), request);
        }

        #[test]
        fn garbage_is_refused_quietly(line: Vec<u8>) {
            prop_assert!(read_request(&line).is_err());
        }
    }
}
