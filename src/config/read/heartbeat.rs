//! `[heartbeat]`.

use std::time::Duration;

use super::{Reader, web_address::web_address};
use crate::config::{HeartbeatSettings, HeartbeatUrl, section::Section};

const EVERY: Duration = Duration::from_secs(5 * 60);
/// More often would tell no more, and cost the service.
const SHORTEST: Duration = Duration::from_secs(10);

impl Reader<'_> {
    pub(super) fn heartbeat(&self, root: &Section<'_>) -> Option<HeartbeatSettings> {
        const EXAMPLE: &str = "https://hc-ping.com/your-check";
        let section = root.section("heartbeat", "[heartbeat]");
        let field = section.required("url", "url = \"https://hc-ping.com/your-check\"");
        let url = field.and_then(|field| {
            if field.value.get_ref().is_table() {
                return field.secret().map(HeartbeatUrl::Secret);
            }
            let url = web_address(&field, &["https", "http"], EXAMPLE)?;
            Some(HeartbeatUrl::Open(url.to_string()))
        });
        let every = section.field("every").and_then(|field| {
            let every = field.duration()?;
            if every < SHORTEST {
                field.wrong("this is too often", "less than 10 s", None);
                return None;
            }
            Some(every)
        });
        section.finish();
        Some(HeartbeatSettings { url: url?, every: every.unwrap_or(EVERY) })
    }
}
