//! What others find wrong with a site file: they know the drivers and the boards, this knows where
//! it stands.

use super::{
    Diagnostic, OptionMistakes, SensorSettings, Site, Span, option_mistakes::OptionMistake,
};
use crate::{output::Wrong, suggest::did_you_mean_or_all};

impl Site {
    /// `[board] profile` names none of the `known` boards.
    pub fn unknown_board(&self, profile: &str, known: &[&str]) -> Diagnostic {
        let message = format!("there is no board `{profile}`");
        self.diagnostic(
            Some(self.board_span.clone()),
            message,
            "not known",
            did_you_mean_or_all(profile, known),
        )
    }

    /// A sensor's `driver` is none of the `known` ones.
    pub fn unknown_driver(&self, sensor: &SensorSettings, known: &[&str]) -> Diagnostic {
        let driver = &sensor.driver;
        let message = format!("there is no driver `{driver}`");
        self.diagnostic(
            sensor.options.span_of("driver"),
            message,
            "not known",
            did_you_mean_or_all(driver, known),
        )
    }

    /// What a driver said about its `[[sensor]]`.
    pub fn driver_mistakes(
        &self,
        sensor: &SensorSettings,
        found: OptionMistakes,
    ) -> Vec<Diagnostic> {
        let options = &sensor.options;
        let diagnose = |OptionMistake { key, is_unknown, message, label, help }| {
            let span = match key.as_deref() {
                Some(key) if is_unknown => options.key_span_of(key),
                Some(key) => options.span_of(key),
                None => None,
            };
            let span = span.or_else(|| options.span_of("driver"));
            self.diagnostic(span, format!("`{}`: {message}", sensor.name), label, help)
        };
        found.0.into_iter().map(diagnose).collect()
    }

    /// Outputs whose pins the board does not have, each where the site file says so.
    pub fn output_mistakes(&self, found: Vec<Wrong>) -> Vec<Diagnostic> {
        let diagnose = |Wrong { index, error }: Wrong| {
            let output = &self.outputs[index];
            let message = format!("`{}`: {error}", output.name);
            self.diagnostic(Some(output.span.clone()), message, "this output", None)
        };
        found.into_iter().map(diagnose).collect()
    }

    fn diagnostic(
        &self,
        span: Option<Span>,
        message: String,
        label: impl Into<String>,
        help: Option<String>,
    ) -> Diagnostic {
        match (&self.source, span) {
            (Some(source), Some(span)) => Diagnostic::at(source, span, message, label, help),
            _ => Diagnostic::without_place(message, help),
        }
    }
}
