//! `watchpost eval`

use clap::Args;

use super::{Format, help_after};

/// Evaluate one expression with the whole vocabulary; without one, open a prompt
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = help_after!(
    "watchpost eval 'sensor(\"closet/temperature\")'",
    "watchpost eval 'run(shell(tagged(\"pet\"), \"uptime\") | pretty(\"uptime\"))'",
    "watchpost eval                 a prompt with history and completion",
))]
pub struct EvalArgs {
    /// Rhai, as in a script's handler
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    pub expression: Option<String>,

    #[command(flatten)]
    pub format: Format,
}
