//! `watchpost doctor`

use std::io::{Write, stdout};

use clap::{Args, ValueEnum};

use super::{
    Cli, Format, help_after,
    output::{Exit, Palette, print_json},
    trouble::Trouble,
};
use crate::{
    agent::{Mode, Outfit},
    doctor::{Finding, gpio, i2c},
    hal::{Board, DeviceTree},
};

/// Find out why something does not work: it only looks, and changes nothing
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!(
    "watchpost doctor               everything",
    "watchpost doctor i2c           buses, permissions, chips that do not answer",
    "watchpost doctor gpio          chips, permissions, who holds which line",
))]
pub struct DoctorArgs {
    /// What to look at; everything unless said
    pub subjects: Vec<Subject>,

    #[command(flatten)]
    pub format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Subject {
    Gpio,
    I2c,
}

pub async fn doctor(cli: &Cli, args: &DoctorArgs) -> Result<Exit, Trouble> {
    let outfit = Outfit::choose(cli.config.as_deref(), &Mode::default())?;
    if outfit.closet().is_some() {
        eprintln!("watchpost: this is the simulated closet, of which nothing can be broken");
        return Ok(Exit::Fine);
    }
    let (site, hal) = (outfit.site.clone(), outfit.hal.clone());
    let board = Board::choose(&site.board, &DeviceTree::of_this_machine())
        .map_err(|error| Trouble::Refused(error.to_string()))?;
    let subjects = match args.subjects.as_slice() {
        [] => Subject::value_variants().to_vec(),
        named => named.to_vec(),
    };
    let examined = tokio::task::spawn_blocking(move || {
        let look = |subject: &Subject| match subject {
            Subject::Gpio => gpio::examine(&site, hal.lines()),
            Subject::I2c => i2c::examine(&site, &board, &hal),
        };
        subjects.iter().flat_map(look).collect::<Vec<Finding>>()
    });
    let findings = examined
        .await
        .map_err(|panic| Trouble::Refused(format!("the examination failed: {panic}")))?;
    if args.format.json {
        print_json(&findings, &mut stdout())?;
    } else {
        let palette = Palette::for_stdout(cli.color);
        for finding in &findings {
            let mark = if finding.ok { "✔" } else { "✘" };
            let line = format!("{mark} {}", finding.what);
            writeln!(stdout(), "{}", palette.marks(&line))?;
            if let Some(advice) = &finding.advice {
                writeln!(stdout(), "    {advice}")?;
            }
        }
    }
    Ok(Exit::from_ok(findings.iter().all(|finding| finding.ok)))
}
