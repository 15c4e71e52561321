//! `watchpost check`

use std::{
    io::{Write, stdout},
    path::{Path, PathBuf},
};

use clap::Args;

use super::{
    Cli, Format, help_after,
    output::{
        Exit, Palette, checked_as_json, checked_as_text, diagnostics_as_json, diagnostics_as_text,
        print_json,
    },
    reach::mode,
    trouble::Trouble,
};
use crate::{
    agent::{Alone, StartError, missing},
    config::Diagnostic,
    script::{
        check::{Checked, check_script},
        folder,
    },
};

/// Check the site file, the board and the scripts without doing anything
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!(
    "watchpost check                everything",
    "watchpost check scripts/closet-heat.rhai",
))]
pub struct CheckArgs {
    /// Scripts or site files; without any, the whole site
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    #[command(flatten)]
    pub format: Format,
}

pub async fn check(cli: &Cli, args: &CheckArgs) -> Result<Exit, Trouble> {
    let is_site = |file: &&PathBuf| file.extension().is_some_and(|ending| ending == "toml");
    let (sites, scripts): (Vec<&PathBuf>, Vec<_>) = args.files.iter().partition(is_site);
    let mut found = Found::default();
    match sites.as_slice() {
        [] => found.add(cli.config.as_deref(), &scripts, true).await?,
        [site] => found.add(Some(site), &scripts, !scripts.is_empty()).await?,
        several => {
            for site in several {
                found.add(Some(site), &scripts, false).await?;
            }
        }
    }
    if args.format.json {
        print_json(&found.as_json(), &mut stdout())?;
    } else {
        write!(stdout(), "{}", found.as_text(Palette::for_stdout(cli.color)))?;
    }
    Ok(Exit::from_ok(found.is_fine()))
}

#[derive(Default)]
struct Found {
    site: Vec<Diagnostic>,
    scripts: Vec<Checked>,
    timezone: crate::clock::Zone,
}

impl Found {
    /// Checks a site, and with it these scripts; all of its scripts where none are named.
    async fn add(
        &mut self,
        site: Option<&Path>,
        scripts: &[&PathBuf],
        with_scripts: bool,
    ) -> Result<(), Trouble> {
        let mut alone = match Alone::looking(site, mode(false)) {
            Ok(alone) => alone,
            Err(StartError::Site(mistakes)) => {
                self.site.extend(mistakes);
                return Ok(());
            }
            Err(error) => {
                self.site.push(Diagnostic::without_place(error.to_string(), None));
                return Ok(());
            }
        };
        self.site.append(&mut alone.outfit.warnings);
        self.site.extend(missing(&alone.outfit));
        self.timezone = alone.parts.site.timezone;
        if !with_scripts {
            return Ok(());
        }
        let sources = if scripts.is_empty() {
            alone.sources()?
        } else {
            let read = |file: &&PathBuf| folder::source(file);
            let sources: Result<_, _> = scripts.iter().map(read).collect();
            sources.map_err(|error| Trouble::Refused(error.to_string()))?
        };
        for source in sources {
            let around = alone.station().around.clone();
            let limits = alone.parts.site.limits.clone();
            self.scripts.push(check_script(source, around, limits).await);
        }
        Ok(())
    }

    fn is_fine(&self) -> bool {
        !self.site.iter().any(Diagnostic::is_error) && self.scripts.iter().all(Checked::is_fine)
    }

    fn as_text(&self, palette: Palette) -> String {
        let mut text = diagnostics_as_text(&self.site, palette);
        if self.site.is_empty() {
            text.push_str(&palette.marks("✔ the site\n"));
        } else if self.site.iter().any(Diagnostic::is_error) {
            text.push_str("the scripts are checked once the site is right\n");
        }
        for script in &self.scripts {
            text.push_str(&checked_as_text(script, self.timezone, palette));
        }
        text
    }

    fn as_json(&self) -> serde_json::Value {
        serde_json::json!({
            "ok": self.is_fine(),
            "site": diagnostics_as_json(&self.site),
            "scripts": self.scripts.iter().map(checked_as_json).collect::<Vec<_>>(),
        })
    }
}
