//! What is wrong with the arguments of a call, and how it should have been written.

use super::{Form, Param, ParamType};

/// An argument as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// `None` fits everything.
    pub kind: Option<ParamType>,
    /// A literal as it stands in the source.
    pub text: Option<String>,
}

/// Arguments that no form takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    pub message: String,
    pub help: String,
    /// The argument that is to blame, counted from 0; `None` where it is not a single one.
    pub argument: Option<usize>,
}

/// Looks for a form that takes these arguments; `as_method` leaves out what stands before the dot.
/// `None` when there is one, or when nothing is known of the word.
pub fn misfit(name: &str, forms: &[Form], as_method: bool, given: &[Given]) -> Option<Misfit> {
    let skipped = usize::from(as_method);
    let params: Vec<&[Param]> =
        forms.iter().filter_map(|form| form.params.get(skipped..)).collect();
    let wrong = |params: &[Param]| -> Vec<usize> {
        let pairs = params.iter().zip(given).enumerate();
        pairs.filter(|(_, (param, given))| !fits(param, given)).map(|(index, _)| index).collect()
    };
    let same_count: Vec<(&[Param], Vec<usize>)> = params
        .iter()
        .filter(|params| params.len() == given.len())
        .map(|params| (*params, wrong(params)))
        .collect();
    if params.is_empty() || same_count.iter().any(|(_, wrong)| wrong.is_empty()) {
        return None;
    }
    let single: Vec<_> = same_count.iter().filter(|(_, wrong)| wrong.len() == 1).collect();
    Some(match single.as_slice() {
        [(params, wrong)] => one_is_wrong(name, as_method, params, given, wrong[0]),
        _ => none_fits(name, as_method, &params, given),
    })
}

fn fits((_, param): &Param, given: &Given) -> bool {
    given.kind.is_none_or(|given| given.fits(*param))
}

fn one_is_wrong(
    name: &str,
    as_method: bool,
    params: &[Param],
    given: &[Given],
    index: usize,
) -> Misfit {
    let (param, wanted) = params[index];
    let got = given[index].kind.map_or("something else", ParamType::word);
    let wanted_word = wanted.word();
    let subject = if param == wanted_word || param == name {
        String::new()
    } else {
        format!(" as `{param}`")
    };
    Misfit {
        message: format!("`{name}` needs {wanted_word}{subject}, and got {got}"),
        help: mended(name, as_method, (param, wanted), given, index)
            .or_else(|| wanted.example().map(str::to_owned))
            .unwrap_or_else(|| called_as(name, as_method, &[params])),
        argument: Some(index),
    }
}

/// The call as it was probably meant.
fn mended(
    name: &str,
    as_method: bool,
    (param, wanted): Param,
    given: &[Given],
    index: usize,
) -> Option<String> {
    match (wanted, given[index].kind?) {
        (ParamType::Hosts, ParamType::Text | ParamType::Array) => {
            let dot = if as_method { "." } else { "" };
            let written = |(at, each): (usize, &Given)| {
                let text = each.text.as_deref().unwrap_or("…");
                if at == index { format!("hosts({text})") } else { text.to_owned() }
            };
            let arguments: Vec<_> = given.iter().enumerate().map(written).collect();
            Some(format!("write `{dot}{name}({})`", arguments.join(", ")))
        }
        (ParamType::Text, ParamType::Hosts) if param == "sensor" => {
            Some(format!("a sensor is named by a text: `{name}(\"closet/temperature\")`"))
        }
        (ParamType::Trigger, ParamType::Schedule) if name == "watch" => Some(
            "a schedule has no end that a second handler could run at; only triggers such as \
             `above` take two"
                .to_owned(),
        ),
        (ParamType::Bool | ParamType::Reading, ParamType::Text) => {
            Some("numbers, true and false stand without quotes".to_owned())
        }
        (ParamType::Number | ParamType::Whole, ParamType::Text) => {
            Some("a number stands without quotes".to_owned())
        }
        _ => None,
    }
}

fn none_fits(name: &str, as_method: bool, forms: &[&[Param]], given: &[Given]) -> Misfit {
    let words: Vec<_> = given.iter().map(|given| given.kind.map_or("…", ParamType::word)).collect();
    let message = match words.as_slice() {
        [] => format!("`{name}` cannot be called without arguments"),
        words => format!("`{name}` cannot be called with ({})", words.join(", ")),
    };
    let help = match forms {
        [[("hosts", ParamType::Hosts)]] if given.is_empty() => {
            format!("name the hosts: `{name}(hosts(\"foo\"))`; it takes none from the pipe")
        }
        _ => called_as(name, as_method, forms),
    };
    Misfit { message, help, argument: None }
}

fn called_as(name: &str, as_method: bool, forms: &[&[Param]]) -> String {
    let dot = if as_method { "." } else { "" };
    let described = |(name, kind): &Param| match kind.word() {
        word if word == *name => word.to_owned(),
        word => format!("{name}: {word}"),
    };
    let ways: Vec<_> = forms
        .iter()
        .map(|params| {
            let params: Vec<_> = params.iter().map(described).collect();
            format!("{dot}{name}({})", params.join(", "))
        })
        .collect();
    format!("it is called as {}", ways.join(" or "))
}
