//! `watchpost eval` without an expression: a prompt with history and completion.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rustyline::{
    Config, Context, Editor, Helper, Highlighter, Hinter,
    completion::Completer,
    error::ReadlineError,
    history::DefaultHistory,
    validate::{ValidationContext, ValidationResult, Validator},
};

use super::{
    Cli,
    eval::{Evaluator, show},
    output::Exit,
    trouble::Trouble,
};
use crate::{config::Site, script::api::words};

const HISTORY: &str = "eval_history";
const LINES_KEPT: usize = 1000;

/// Reads, evaluates and prints until Ctrl-D. An expression that fails ends nothing.
pub async fn converse(cli: &Cli, evaluator: &mut Evaluator, site: &Site) -> Result<Exit, Trouble> {
    let failed = |error: ReadlineError| Trouble::Refused(format!("the prompt failed: {error}"));
    let config = Config::builder().max_history_size(LINES_KEPT).map_err(failed)?.build();
    let mut editor = Editor::<Known, DefaultHistory>::with_config(config).map_err(failed)?;
    editor.set_helper(Some(Known::of(site, evaluator.sensors().await?)));
    let history = history_file(&site.state);
    if let Some(file) = &history
        && file.exists()
    {
        editor.load_history(file).map_err(failed)?;
    }
    loop {
        // A person thinks for long: the other threads go on meanwhile.
        match tokio::task::block_in_place(|| editor.readline("watchpost> ")) {
            Ok(line) if line.trim().is_empty() => {}
            Ok(line) => {
                editor.add_history_entry(&line).map_err(failed)?;
                evaluator.look_again().await;
                show(cli, &evaluator.eval(&line).await?)?;
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(failed(error)),
        }
    }
    if let Some(file) = &history
        && let Err(error) = editor.save_history(file)
    {
        eprintln!("watchpost: the history cannot be kept in {}: {error}", file.display());
    }
    Ok(Exit::Fine)
}

/// Beside the state where that folder is ours to write, else where the user's state is kept.
fn history_file(state: &Path) -> Option<PathBuf> {
    let folder = state.parent().filter(|_| state.exists());
    let is_ours =
        |folder: &&Path| nix::unistd::access(*folder, nix::unistd::AccessFlags::W_OK).is_ok();
    if let Some(folder) = folder.filter(is_ours) {
        return Some(folder.join(HISTORY));
    }
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let users = variable("XDG_STATE_HOME")
        .or_else(|| variable("HOME").map(|home| home.join(".local/state")))?
        .join("watchpost");
    fs::create_dir_all(&users).ok()?;
    Some(users.join(HISTORY))
}

/// Completes words of the vocabulary and names of the site, and waits for open brackets to close.
#[derive(Helper, Highlighter, Hinter)]
struct Known {
    words: Vec<String>,
    /// Sensors, hosts and tags, which stand between quotes.
    names: Vec<String>,
}

impl Known {
    fn of(site: &Site, sensors: Vec<String>) -> Self {
        let mut names = sensors;
        names.extend(site.hosts.names().map(|name| name.to_string()));
        names.extend(site.hosts.iter().flat_map(|host| host.tags.iter().cloned()));
        let mut words: Vec<_> = words::all().map(|word| word.name.to_owned()).collect();
        for list in [&mut names, &mut words] {
            list.sort();
            list.dedup();
        }
        Known { words, names }
    }

    /// Where the word before the cursor begins, and what it could become.
    fn candidates(&self, line: &str, cursor: usize) -> (usize, Vec<String>) {
        let before = &line[..cursor];
        let in_quotes = is_open(before) == Some(Open::Text);
        let known = if in_quotes { &self.names } else { &self.words };
        let ends = |letter: char| match in_quotes {
            true => letter == '"',
            false => !letter.is_alphanumeric() && letter != '_',
        };
        let start = before
            .rfind(ends)
            .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
        let begun = &before[start..];
        let fits = known.iter().filter(|name| !begun.is_empty() && name.starts_with(begun));
        (start, fits.cloned().collect())
    }
}

impl Completer for Known {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.candidates(line, cursor))
    }
}

impl Validator for Known {
    fn validate(&self, context: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        Ok(match is_open(context.input()) {
            Some(Open::Bracket | Open::Long) => ValidationResult::Incomplete,
            // A text in quotes ends on its line: the script's own message says so.
            Some(Open::Text) | None => ValidationResult::Valid(None),
        })
    }
}

/// What is still open at the end of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Bracket,
    /// `"…`
    Text,
    /// `` `… `` or `/* …`, which go over lines.
    Long,
}

fn is_open(text: &str) -> Option<Open> {
    let mut depth = 0_i32;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            '"' | '`' => {
                let mut closed = false;
                while let Some(inner) = letters.next() {
                    if inner == '\\' {
                        letters.next();
                    } else if inner == letter {
                        closed = true;
                        break;
                    }
                }
                if !closed {
                    return Some(if letter == '"' { Open::Text } else { Open::Long });
                }
            }
            '/' if letters.peek() == Some(&'/') => {
                letters.by_ref().find(|inner| *inner == '\n');
            }
            '/' if letters.peek() == Some(&'*') => {
                letters.next();
                let mut before = ' ';
                if !letters
                    .by_ref()
                    .any(|inner| std::mem::replace(&mut before, inner) == '*' && inner == '/')
                {
                    return Some(Open::Long);
                }
            }
            _ => {}
        }
    }
    (depth > 0).then_some(Open::Bracket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_on_while_something_is_open() {
        for (text, open) in [
            ("1 + 1", None),
            ("if true {", Some(Open::Bracket)),
            ("if true {\n 1 }", None),
            ("print(\"(\")", None),
            ("print(\"a\\\"(", Some(Open::Text)),
            ("`one\ntwo", Some(Open::Long)),
            ("1 // (", None),
            ("1 /* ( */", None),
            ("1 /* (", Some(Open::Long)),
            ("1)", None),
        ] {
            assert_eq!(is_open(text), open, "{text}");
        }
    }

    #[test]
    fn words_are_completed_outside_of_quotes_and_names_inside() {
        let known = Known {
            words: ["sensor", "stop"].map(str::to_owned).into(),
            names: ["closet/temperature", "solar/power"].map(str::to_owned).into(),
        };
        let complete = |line: &str| known.candidates(line, line.len());
        assert_eq!(complete("1 + sen"), (4, vec!["sensor".to_owned()]));
        assert_eq!(complete("sensor(\"so"), (8, vec!["solar/power".to_owned()]));
        assert_eq!(complete("sensor(\"closet/t"), (8, vec!["closet/temperature".to_owned()]));
        assert_eq!(complete("ß×st"), (4, vec!["stop".to_owned()]));
        assert_eq!(complete("").1.len(), 0);
    }
}
