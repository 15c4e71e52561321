//! Which watch is meant by a name.

use std::sync::Arc;

use crate::suggest::did_you_mean;

/// A watch by its name, or by `script/name` where several scripts have one of that name. `watches`
/// are all there are, each with its script.
///
/// # Errors
/// When no watch is called so, or several are.
pub fn find_watch(
    name: &str,
    watches: &[(Arc<str>, String)],
) -> Result<(Arc<str>, String), String> {
    let is_meant = |script: &str, watch: &str| {
        watch == name
            || name.strip_prefix(script).and_then(|rest| rest.strip_prefix('/')) == Some(watch)
    };
    let mut found = watches.iter().filter(|(script, watch)| is_meant(script, watch));
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only.clone()),
        (Some((one, _)), Some((other, _))) => Err(format!(
            "several scripts have a watch \"{name}\": say {one}/{name} or {other}/{name}"
        )),
        (None, _) => {
            let names = watches.iter().map(|(_, watch)| watch.as_str());
            let hint = did_you_mean(name, names).map(|hint| format!("; {hint}"));
            Err(format!("no watch is called \"{name}\"{}", hint.unwrap_or_default()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str) -> Result<String, String> {
        let watches = [("sun", "mine"), ("sun", "rest"), ("moon", "rest")];
        let watches = watches.map(|(script, watch)| (script.into(), watch.to_owned()));
        find_watch(name, &watches).map(|(script, watch)| format!("{script}/{watch}"))
    }

    #[test]
    fn a_script_is_named_only_where_it_must_be() {
        assert_eq!(found("mine").unwrap(), "sun/mine");
        assert_eq!(found("moon/rest").unwrap(), "moon/rest");
        let error = found("rest").unwrap_err();
        assert!(error.ends_with("say sun/rest or moon/rest"), "{error}");
    }

    #[test]
    fn a_slip_of_the_fingers_is_answered_with_what_was_meant() {
        assert_eq!(found("mien").unwrap_err(), "no watch is called \"mien\"; did you mean `mine`?");
        assert_eq!(found("xyz").unwrap_err(), "no watch is called \"xyz\"");
    }
}
