//! The agent's own log: warnings about itself, beside what the journal says.

use std::{
    fmt,
    io::{IsTerminal, stderr},
};

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    EnvFilter,
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

use super::Palette;

/// Logs to standard error, for journald where that listens. `RUST_LOG` chooses what.
pub fn log_to_stderr(palette: Palette) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,watchpost=info"));
    let for_journald = std::env::var_os("JOURNAL_STREAM").is_some() && !stderr().is_terminal();
    // A second call changes nothing.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_ansi(palette.is_on())
        .event_format(Plain { for_journald })
        .try_init();
}

/// `<4>warning: the scripts' folder …`
struct Plain {
    for_journald: bool,
}

impl<S, N> FormatEvent<S, N> for Plain
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let (priority, word) = match *event.metadata().level() {
            Level::ERROR => (3, "error: "),
            Level::WARN => (4, "warning: "),
            Level::INFO => (6, ""),
            _ => (7, ""),
        };
        if self.for_journald {
            write!(writer, "<{priority}>")?;
        }
        write!(writer, "{word}")?;
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}
