//! "Really?", before what cannot be undone.

use std::io::{self, BufRead, IsTerminal, Write, stderr, stdin};

#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    #[error("{0} Nobody is there to ask: say --yes")]
    NobodyToAsk(String),
    #[error("cannot ask: {0}")]
    Io(#[from] io::Error),
}

/// Asks on the terminal and takes only a clear yes for one. `yes` is the flag `--yes`.
///
/// # Errors
/// Without a terminal and without `--yes`.
pub fn confirm(question: &str, yes: bool) -> Result<bool, ConfirmError> {
    if yes {
        return Ok(true);
    }
    if !stdin().is_terminal() || !stderr().is_terminal() {
        return Err(ConfirmError::NobodyToAsk(question.to_owned()));
    }
    Ok(ask(question, &mut stdin().lock(), &mut stderr().lock())?)
}

fn ask(question: &str, answers: &mut impl BufRead, out: &mut impl Write) -> io::Result<bool> {
    write!(out, "{question} [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    answers.read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        let answer = |text: &str| ask("Really?", &mut text.as_bytes(), &mut Vec::new()).unwrap();
        assert!(answer("y\n") && answer(" YES \n"));
        assert!(!answer("\n") && !answer("") && !answer("yep\n") && !answer("n\n"));
    }
}
