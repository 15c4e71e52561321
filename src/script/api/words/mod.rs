//! The vocabulary's one visible table: what each word means, how it is called, and an example that
//! runs. It feeds the linter, the help in messages, and `watchpost api`.

mod acting;
mod conditions;
mod misfit;
mod param;
mod pipes;
mod placing;
mod reference;
mod sensing;
#[cfg(test)]
mod tests;
mod timing;
mod voice;
mod word;

pub use misfit::{Given, Misfit, misfit};
pub use param::ParamType;
pub use reference::{definitions, markdown};
pub use word::{Example, Form, Kind, Param, Word};

/// Every word, in the order of the reference.
pub fn all() -> impl Iterator<Item = &'static Word> {
    let tables: [&'static [Word]; 7] = [
        &timing::WORDS,
        &voice::WORDS,
        &conditions::WORDS,
        &acting::WORDS,
        &placing::WORDS,
        &pipes::WORDS,
        &sensing::WORDS,
    ];
    let words = move |kind| tables.into_iter().flatten().filter(move |word| word.kind == kind);
    Kind::ALL.into_iter().flat_map(words)
}

/// The forms of one word; none when there is no such word.
pub fn forms(name: &str) -> &'static [Form] {
    all().find(|word| word.name == name).map_or(&[], |word| word.forms)
}

/// The words that make a step of a pipe.
pub fn steps() -> Vec<&'static str> {
    all().filter(|word| word.makes_pipe()).map(|word| word.name).collect()
}

/// Whether the first argument of this word is a sensor's name.
pub fn names_a_sensor(word: &str) -> bool {
    let first = |form: &Form| form.params.first().is_some_and(|(name, _)| *name == "sensor");
    forms(word).iter().any(first)
}
