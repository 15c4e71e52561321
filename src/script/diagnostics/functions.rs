//! The functions that a script could have called, out of the engine and the script itself.

use super::{Context, type_word};

/// Every name that can be called: the vocabulary, Rhai's own, the script's.
pub fn known_functions(context: &Context<'_>) -> Vec<String> {
    let mut names = context.engine.collect_fn_metadata(
        None,
        |info| {
            let name = info.metadata.name.as_str();
            let is_word = name.starts_with(|letter: char| letter.is_ascii_alphabetic());
            (is_word && !name.contains('$')).then(|| name.to_string())
        },
        true,
    );
    let own = context.ast.iter().flat_map(|ast| ast.iter_functions());
    names.extend(own.filter(|own| !own.name.contains('$')).map(|own| own.name.to_string()));
    names.sort();
    names.dedup();
    names
}

/// The ways in which a function can be called: `every(a string)`.
pub fn signatures_of(name: &str, context: &Context<'_>) -> Vec<String> {
    let mut signatures = context.engine.collect_fn_metadata(
        None,
        |info| {
            let metadata = info.metadata;
            (metadata.name == name).then(|| {
                let types: Vec<_> =
                    metadata.params_info.iter().map(|param| type_of(context, param)).collect();
                let types =
                    if types.is_empty() { vec!["?".into(); metadata.num_params] } else { types };
                format!("{name}({})", types.join(", "))
            })
        },
        true,
    );
    let own = context.ast.iter().flat_map(|ast| ast.iter_functions());
    signatures.extend(
        own.filter(|own| own.name == name).map(|own| format!("{name}({})", own.params.join(", "))),
    );
    signatures.sort();
    signatures.dedup();
    signatures
}

/// Rhai keeps `name: type`, or the type alone.
fn type_of(context: &Context<'_>, param: &str) -> String {
    let declared = param.rsplit_once(": ").map_or(param, |(_, declared)| declared);
    type_word(context.engine.map_type_name(declared))
}
