//! The agent's own log: warnings about itself, beside what the journal says.

use std::{
    fmt,
    io::{IsTerminal, stderr},
};

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    filter::Targets,
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use super::Palette;

/// Logs to standard error, for journald where that listens. `RUST_LOG` chooses what, by module:
/// `warn,watchpost::mqtt=debug`.
pub fn log_to_stderr(palette: Palette) {
    let chosen = std::env::var("RUST_LOG").ok().and_then(|chosen| chosen.parse::<Targets>().ok());
    let usual = || Targets::new().with_default(Level::WARN).with_target("watchpost", Level::INFO);
    let for_journald = std::env::var_os("JOURNAL_STREAM").is_some() && !stderr().is_terminal();
    // A second call changes nothing.
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(stderr)
        .with_ansi(palette.is_on())
        .event_format(Plain { for_journald });
    let _ =
        tracing_subscriber::registry().with(chosen.unwrap_or_else(usual)).with(lines).try_init();
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
