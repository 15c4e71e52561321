//! A request of the query API: an action and its parameters, in the order in which they were added.

use std::fmt::Write as _;

/// The version of the API that all of this speaks.
const VERSION: &str = "2016-11-15";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    action: &'static str,
    parameters: Vec<(String, String)>,
}

impl Query {
    pub fn new(action: &'static str) -> Self {
        Query { action, parameters: Vec::new() }
    }

    pub fn action(&self) -> &'static str {
        self.action
    }

    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// `NAME.1`, `NAME.2`, and so on.
    pub fn with_each<V: Into<String>>(
        self,
        name: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let numbered = values.into_iter().enumerate();
        numbered.fold(self, |query, (i, value)| query.with(format!("{name}.{}", i + 1), value))
    }

    /// `Filter.N.Name`, which must have one of these values.
    pub fn filtered<V: Into<String>>(
        self,
        name: &str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let filters = self.parameters.iter().filter(|(name, _)| {
            name.strip_prefix("Filter.").is_some_and(|rest| rest.ends_with(".Name"))
        });
        let number = filters.count() + 1;
        self.with(format!("Filter.{number}.Name"), name)
            .with_each(&format!("Filter.{number}.Value"), values)
    }

    /// As it crosses the network: everything that RFC 3986 reserves is written as its bytes.
    pub fn body(&self) -> String {
        let mut body = format!("Action={}&Version={VERSION}", self.action);
        for (name, value) in &self.parameters {
            body.push('&');
            encode(name, &mut body);
            body.push('=');
            encode(value, &mut body);
        }
        body
    }
}

fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                into.push(char::from(byte));
            }
            // Writing into a string cannot fail.
            _ => drop(write!(into, "%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_filters_are_numbered() {
        let query = Query::new("DescribeInstances")
            .filtered("tag:watchpost:site", ["closet & attic"])
            .filtered("instance-state-name", ["pending", "running"])
            .with_each("InstanceId", ["i-1"]);
        assert_eq!(
            query.body(),
            "Action=DescribeInstances&Version=2016-11-15\
             &Filter.1.Name=tag%3Awatchpost%3Asite&Filter.1.Value.1=closet%20%26%20attic\
             &Filter.2.Name=instance-state-name&Filter.2.Value.1=pending&Filter.2.Value.2=running\
             &InstanceId.1=i-1"
        );
    }
}
