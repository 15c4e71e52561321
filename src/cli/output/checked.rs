//! What a check of the scripts found, for people and for programs.

use serde_json::{Value, json};

use super::{Listing, Palette};
use crate::{
    clock::Zone,
    script::check::{Checked, CheckedWatch},
};

/// Each mistake with its source, then the script's watches with their next firing in the site's
/// own time.
pub fn checked_as_text(checked: &Checked, timezone: Zone, palette: Palette) -> String {
    let mut text: String = checked
        .mistakes
        .iter()
        .map(|mistake| mistake.to_terminal(palette.is_on()) + "\n")
        .collect();
    let mark = if checked.is_fine() { "✔" } else { "✘" };
    let mut parts = vec![counted(checked.watches.len(), "watch", "watches")];
    for (what, names) in [("hosts", &checked.hosts), ("sensors", &checked.sensors)] {
        if !names.is_empty() {
            parts.push(format!("{what}: {}", names.join(", ")));
        }
    }
    if checked.is_fine() {
        text.push_str(&format!("{mark} {}: {}\n", checked.file, parts.join("; ")));
    } else {
        let mistakes = checked.mistakes.iter().filter(|mistake| mistake.is_error()).count();
        let mistakes = counted(mistakes, "mistake", "mistakes");
        text.push_str(&format!("{mark} {}: {mistakes}\n", checked.file));
    }
    if !checked.watches.is_empty() {
        let mut list = Listing::new(["watch", "when", "next", ""]);
        for watch in &checked.watches {
            let critical = if watch.critical { "critical" } else { "" };
            list.row([
                watch.name.as_str().into(),
                watch.when.as_str().into(),
                next(watch, timezone).into(),
                critical.into(),
            ]);
        }
        for line in list.render().lines() {
            text.push_str(&format!("  {line}\n"));
        }
    }
    palette.marks(&text)
}

pub fn checked_as_json(checked: &Checked) -> Value {
    let watch = |watch: &CheckedWatch| {
        json!({
            "name": watch.name,
            "when": watch.when,
            "next": watch.next,
            "critical": watch.critical,
        })
    };
    json!({
        "file": checked.file,
        "ok": checked.is_fine(),
        "mistakes": checked.mistakes.iter().map(|mistake| mistake.to_json()).collect::<Vec<_>>(),
        "watches": checked.watches.iter().map(watch).collect::<Vec<_>>(),
        "hosts": checked.hosts,
        "sensors": checked.sensors,
    })
}

fn next(watch: &CheckedWatch, timezone: Zone) -> String {
    match watch.next {
        Some(next) => next.with_timezone(&timezone).format("%a %Y-%m-%d %H:%M").to_string(),
        None => "when it is so".to_owned(),
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::output::ColorChoice,
        config::Limits,
        script::{
            check::check_script,
            testing::{Closet, source},
        },
    };

    async fn checked(text: &str) -> Checked {
        check_script(source(text), Closet::new().around, Limits::default()).await
    }

    fn text(checked: &Checked) -> String {
        checked_as_text(checked, crate::clock::berlin(), Palette::for_stdout(ColorChoice::Never))
    }

    #[tokio::test(start_paused = true)]
    async fn a_good_script_shows_what_it_will_do() {
        let checked = checked(
            r#"watch("heat", above("closet/temperature", 70.0).critical(), stop(hosts("foo")));
            watch("evening", every_day("22:30"), stop(tagged("miner")));"#,
        )
        .await;
        insta::assert_snapshot!(text(&checked));
        let json = checked_as_json(&checked);
        assert_eq!(json["watches"][1]["next"], "2026-07-15T20:30:00Z");
    }

    #[tokio::test(start_paused = true)]
    async fn a_bad_one_shows_its_mistakes() {
        let checked = checked(r#"watch("a", every_day(25), start("plex"));"#).await;
        insta::assert_snapshot!(text(&checked));
        assert_eq!(checked_as_json(&checked)["ok"], false);
    }
}
