//! What came of the opened watches, for whoever looks at them over the broker.

use serde_json::json;

use crate::{
    config::MqttSettings,
    journal::{Entry, Event, Sink},
    mqtt::{Bus, topic::Topics},
};

/// A sink of the journal that shows the last result of every opened watch, whatever fired it.
pub fn results(bus: Bus, settings: &MqttSettings, site: &str) -> Sink {
    let topics = Topics::new(&settings.prefix, site);
    let opened = settings.watches.clone();
    Box::new(move |entry: &Entry| {
        let Event::Ended { report, seconds, .. } = &entry.event else { return };
        if !opened.contains(&entry.watch) {
            return;
        }
        let failed: Vec<_> = report.iter().flat_map(|report| report.failed()).collect();
        let result = json!({
            "at": entry.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            "script": entry.script,
            "ok": failed.is_empty(),
            "report": report.as_ref().map(|report| report.pretty()).unwrap_or_default(),
            "failed": failed.iter().filter_map(|row| row.host.as_deref()).collect::<Vec<_>>(),
            "seconds": (seconds * 1000.0).round() / 1000.0,
        });
        bus.show(topics.watch(&entry.watch), result.to_string());
    })
}
