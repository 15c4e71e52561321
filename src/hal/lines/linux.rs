//! Lines through the kernel's GPIO character device, second version of its interface:
//! <https://docs.kernel.org/userspace-api/gpio/chardev.html>.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use gpiocdev::{
    Chip, Request,
    line::{Bias, EdgeDetection, EdgeKind, Value},
    request::Builder,
};
use nix::errno::Errno;
use tokio::sync::broadcast;

use super::{
    LineError, LinePlace,
    input::{Edge, InputSettings, Pull},
};

/// How the agent appears in `gpioinfo`.
const CONSUMER: &str = "watchpost";
/// Edges that the kernel keeps for the agent while it is busy.
const KERNEL_BUFFER: u32 = 256;
/// How soon a thread that waits for edges notices that nobody wants them any more.
const LOOK_UP_EVERY: Duration = Duration::from_millis(200);

/// What is known of a line without taking it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineInfo {
    /// `/dev/gpiochip0`.
    pub chip: PathBuf,
    pub line: u32,
    /// Who holds it; `None` while it is free.
    pub holder: Option<String>,
}

/// Every GPIO chip: its device file, and its label or why that cannot be read.
pub fn chips() -> Vec<(PathBuf, Result<String, LineError>)> {
    let paths = gpiocdev::chip::chips().unwrap_or_default();
    paths
        .into_iter()
        .map(|path| {
            let label = open_chip(&path).and_then(|chip| label(&chip));
            (path, label)
        })
        .collect()
}

/// Looks a line up without taking it.
pub fn line_info(place: &LinePlace) -> Result<LineInfo, LineError> {
    let (chip, line) = find(place)?;
    let info = chip.line_info(line).map_err(|error| other(place, &error))?;
    let consumer = if info.consumer.is_empty() { "the kernel" } else { &info.consumer };
    let holder = info.used.then(|| consumer.to_owned());
    Ok(LineInfo { chip: chip.path().to_owned(), line, holder })
}

fn open_chip(path: &std::path::Path) -> Result<Chip, LineError> {
    Chip::from_path(path).map_err(|error| {
        let path = path.display().to_string();
        match errno(&error) {
            Some(Errno::EACCES | Errno::EPERM) => LineError::Permission { path },
            _ => LineError::Other { line: path, reason: error.to_string() },
        }
    })
}

fn label(chip: &Chip) -> Result<String, LineError> {
    let info = chip.info().map_err(|error| LineError::Other {
        line: chip.path().display().to_string(),
        reason: error.to_string(),
    })?;
    Ok(info.label)
}

/// The chip and the line's number on it.
fn find(place: &LinePlace) -> Result<(Chip, u32), LineError> {
    let mut found = Vec::new();
    let mut closed = None;
    for path in gpiocdev::chip::chips().unwrap_or_default() {
        let chip = match open_chip(&path) {
            Ok(chip) => chip,
            Err(error) => {
                closed.get_or_insert(error);
                continue;
            }
        };
        match place {
            LinePlace::On { chip: wanted, line } => {
                let label = label(&chip)?;
                if label == *wanted || chip.name() == *wanted {
                    return on_chip(chip, &label, *line);
                }
                found.push(label);
            }
            LinePlace::Named(name) => {
                if let Some(info) = chip.find_line_info(name) {
                    return Ok((chip, info.offset));
                }
            }
        }
    }
    // A chip that may not be opened may well be the one.
    Err(closed.unwrap_or_else(|| match place {
        LinePlace::On { chip, .. } => LineError::NoChip { chip: chip.clone(), found },
        LinePlace::Named(name) => LineError::NoName(name.clone()),
    }))
}

fn on_chip(chip: Chip, label: &str, line: u32) -> Result<(Chip, u32), LineError> {
    let lines = chip.info().map_or(u32::MAX, |info| info.num_lines);
    if line < lines {
        return Ok((chip, line));
    }
    Err(LineError::NoLine { chip: label.to_owned(), line, lines })
}

/// Takes a line as `describe` says.
pub(super) fn request(
    place: &LinePlace,
    describe: impl FnOnce(&mut Builder),
) -> Result<(Request, u32), LineError> {
    let (chip, line) = find(place)?;
    let mut builder = Request::builder();
    builder.on_chip(chip.path()).with_consumer(CONSUMER).with_line(line);
    describe(&mut builder);
    match builder.request() {
        Ok(request) => Ok((request, line)),
        Err(error) if errno(&error) == Some(Errno::EBUSY) => {
            let holder = chip.line_info(line).map(|info| info.consumer).unwrap_or_default();
            let holder =
                if holder.is_empty() { "somebody".to_owned() } else { format!("`{holder}`") };
            Err(LineError::Busy { line: place.to_string(), holder })
        }
        Err(error) => Err(other(place, &error)),
    }
}

/// What the kernel said of a line, as the owner needs it.
pub(super) fn other(place: &LinePlace, error: &gpiocdev::Error) -> LineError {
    let line = place.to_string();
    match errno(error) {
        Some(Errno::ENODEV) => LineError::Gone { line },
        Some(Errno::EACCES | Errno::EPERM) => LineError::Permission { path: line },
        Some(Errno::EOPNOTSUPP | Errno::EINVAL | Errno::ENXIO) => LineError::Unsupported {
            line,
            what: format!("the chip has no such pull, drive or edge detection ({error})"),
        },
        Some(Errno::ETIMEDOUT | Errno::EREMOTEIO) => LineError::Hung { line },
        _ => LineError::Other { line, reason: error.to_string() },
    }
}

fn errno(error: &gpiocdev::Error) -> Option<Errno> {
    match error {
        gpiocdev::Error::Os(gpiocdev_uapi::Errno(code))
        | gpiocdev::Error::Uapi(_, gpiocdev_uapi::Error::Os(gpiocdev_uapi::Errno(code))) => {
            Some(Errno::from_raw(*code))
        }
        _ => None,
    }
}

/// An input that is open: a thread of its own waits for its edges until it is dropped.
pub(super) struct OpenInput {
    request: Arc<Request>,
    place: LinePlace,
    line: u32,
    reader: Option<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
}

impl OpenInput {
    pub fn open(
        place: &LinePlace,
        settings: InputSettings,
        edges: broadcast::Sender<Edge>,
    ) -> Result<Self, LineError> {
        let (request, line) = request(place, |builder| {
            builder.as_input().with_kernel_event_buffer_size(KERNEL_BUFFER);
            builder.with_edge_detection(match settings.only_rising {
                true => EdgeDetection::RisingEdge,
                false => EdgeDetection::BothEdges,
            });
            if settings.active_low {
                builder.as_active_low();
            }
            builder.with_bias(match settings.pull {
                Pull::Up => Bias::PullUp,
                Pull::Down => Bias::PullDown,
                Pull::None => Bias::Disabled,
            });
            if !settings.debounce.is_zero() {
                builder.with_debounce_period(settings.debounce);
            }
        })?;
        let request = Arc::new(request);
        let stop = Arc::new(AtomicBool::new(false));
        let (its_request, its_stop) = (request.clone(), stop.clone());
        let reader = thread::Builder::new().name(format!("edges {place}"));
        let reader = reader.spawn(move || {
            if let Err(error) = read_edges(&its_request, &edges, &its_stop) {
                // The next look at the level says so, to everybody who listens.
                tracing::debug!("the edges of a line end: {error}");
            }
        });
        let reader = reader.map_err(|error| LineError::Other {
            line: place.to_string(),
            reason: format!("no thread can be had for it: {error}"),
        })?;
        Ok(OpenInput { request, place: place.clone(), line, reader: Some(reader), stop })
    }

    /// False once the edges have ended.
    pub fn is_alive(&self) -> bool {
        self.reader.as_ref().is_some_and(|reader| !reader.is_finished())
    }

    pub fn level(&self) -> Result<bool, LineError> {
        let value = self.request.value(self.line).map_err(|error| other(&self.place, &error))?;
        Ok(value == Value::Active)
    }
}

impl Drop for OpenInput {
    /// Waits for the thread: until it has let go of the line, the line is busy.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(reader) = self.reader.take()
            && reader.join().is_err()
        {
            tracing::error!("the thread that reads the edges of {} panicked", self.place);
        }
    }
}

fn read_edges(
    request: &Request,
    edges: &broadcast::Sender<Edge>,
    stop: &AtomicBool,
) -> gpiocdev::Result<()> {
    let mut last: Option<u32> = None;
    while !stop.load(Ordering::Relaxed) {
        if !request.wait_edge_event(LOOK_UP_EVERY)? {
            continue;
        }
        let event = request.read_edge_event()?;
        let missed = last.map_or(0, |last| event.line_seqno.wrapping_sub(last).saturating_sub(1));
        last = Some(event.line_seqno);
        // Nobody may be listening.
        let _ = edges.send(Edge {
            level: event.kind == EdgeKind::Rising,
            at: Duration::from_nanos(event.timestamp_ns),
            missed,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_chip_says_what_is_there() {
        let place = LinePlace::On { chip: "of-no-board".into(), line: 1 };
        let error = line_info(&place).unwrap_err();
        assert!(matches!(error, LineError::NoChip { .. }), "{error}");
        assert!(error.to_string().contains("there is no GPIO chip `of-no-board`"), "{error}");
    }
}
