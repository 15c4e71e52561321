//! The vocabulary as a page for people, and as a definition file for editors.

use std::fmt::Write;

use super::{Form, Kind, ParamType, Word, all};

/// The reference, in Markdown: a section a kind, a heading a word.
pub fn markdown() -> String {
    let mut page = String::from(INTRODUCTION);
    for kind in Kind::ALL {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "\n## {}", kind.title());
        for word in all().filter(|word| word.kind == kind) {
            let _ = writeln!(page, "\n### `{}`\n", word.name);
            for written in described(word) {
                let _ = writeln!(page, "- {written}");
            }
            let _ = writeln!(page, "\n{}\n", word.summary);
            let _ = writeln!(page, "```rhai\n{}\n```", word.example.script());
        }
    }
    page
}

const INTRODUCTION: &str = "\
# The scripts' vocabulary

A script's top level only declares; what acts, asks a sensor or remembers stands in a handler.
Everything else of the language is Rhai's own: <https://rhai.rs/book/>.
";

/// `` `every(interval)`: interval a duration; gives a schedule ``
fn described(word: &Word) -> Vec<String> {
    if word.forms.is_empty() {
        return vec![format!("`{}`: a constant", word.name)];
    }
    let as_method = word.kind == Kind::Modifier;
    let described = |form: &Form| {
        let written = form.written(word.name, as_method);
        let plain = |(name, kind): &(&str, ParamType)| match kind.word() {
            kind if kind == *name => String::new(),
            kind => format!("`{name}` is {kind}"),
        };
        let mut parts: Vec<_> =
            form.params.iter().map(plain).filter(|part| !part.is_empty()).collect();
        if form.returns != ParamType::Nothing {
            parts.push(format!("gives {}", form.returns.word()));
        }
        format!("`{written}`: {}", parts.join(", "))
    };
    word.forms.iter().map(described).collect()
}

/// A Rhai definition file (`….d.rhai`), for editors that complete and check scripts.
pub fn definitions() -> String {
    let mut file = String::from("module static;\n");
    for word in all() {
        // Writing to a string cannot fail.
        let _ = match word.forms {
            [] => writeln!(file, "\n/// {}\nconst {}: When;", word.summary, word.name),
            forms => forms.iter().try_for_each(|form| {
                let params: Vec<_> = form
                    .params
                    .iter()
                    .map(|(name, kind)| format!("{name}: {}", rhais(*kind)))
                    .collect();
                let (name, returns) = (word.name, rhais(form.returns));
                let params = params.join(", ");
                writeln!(file, "\n/// {}\nfn {name}({params}) -> {returns};", word.summary)
            }),
        };
    }
    file
}

/// A type as definition files write it.
fn rhais(kind: ParamType) -> &'static str {
    match kind {
        ParamType::Number => "float | int",
        ParamType::Whole => "int",
        ParamType::Text | ParamType::Duration => "String",
        ParamType::Bool => "bool",
        ParamType::Reading => "float | int | bool",
        ParamType::Array => "Array",
        ParamType::Map => "Map",
        ParamType::Function => "Fn",
        ParamType::Handler => "Fn | Pipe",
        ParamType::Pipe => "Pipe",
        ParamType::Hosts => "Hosts",
        ParamType::Host => "Host",
        ParamType::Sentence => "Sentence",
        ParamType::Schedule | ParamType::Trigger | ParamType::When => "When",
        ParamType::Nothing => "()",
        ParamType::Any => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_reads_well() {
        let page = markdown();
        let from = page.find("### `above`").unwrap();
        let to = page[from..].find("### `below`").unwrap();
        insta::assert_snapshot!(&page[from..from + to]);
        assert!(all().all(|word| page.contains(&format!("### `{}`", word.name))));
    }

    #[test]
    fn the_manuals_page_is_current() {
        let page = include_str!("../../../../docs/api.md");
        assert!(page == markdown(), "docs/api.md is old: watchpost api > docs/api.md");
    }

    #[test]
    fn definitions_name_every_form() {
        let file = definitions();
        assert!(file.contains("fn above(sensor: String, threshold: float | int) -> When;"));
        let forms: usize = all().map(|word| word.forms.len().max(1)).sum();
        let lines = file.lines().filter(|line| line.ends_with(';')).count();
        assert_eq!(lines, forms + 1, "and the module's own line");
    }
}
