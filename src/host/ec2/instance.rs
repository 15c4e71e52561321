//! Machines as DescribeInstances and RunInstances tell of them.

use std::collections::BTreeMap;

use super::xml::Element;

/// An instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    pub id: String,
    pub state: State,
    /// Why it is in its state: EC2's code and its words.
    pub reason: Option<(String, String)>,
    pub is_spot: bool,
    pub tags: BTreeMap<String, String>,
    pub private_address: Option<String>,
    pub public_address: Option<String>,
    pub instance_type: String,
    pub zone: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Pending,
    Running,
    Stopping,
    Stopped,
    /// On its way to be deleted.
    ShuttingDown,
    Terminated,
    Other(String),
}

impl State {
    fn of(word: &str) -> Self {
        match word {
            "pending" => State::Pending,
            "running" => State::Running,
            "stopping" => State::Stopping,
            "stopped" => State::Stopped,
            "shutting-down" => State::ShuttingDown,
            "terminated" => State::Terminated,
            other => State::Other(other.to_owned()),
        }
    }

    pub fn word(&self) -> &str {
        match self {
            State::Pending => "pending",
            State::Running => "running",
            State::Stopping => "stopping",
            State::Stopped => "stopped",
            State::ShuttingDown => "shutting-down",
            State::Terminated => "terminated",
            State::Other(word) => word,
        }
    }

    /// Whether it is gone, or as good as gone: nothing brings it back.
    pub fn is_gone(&self) -> bool {
        matches!(self, State::ShuttingDown | State::Terminated)
    }
}

impl Instance {
    /// The instances of an answer, in its order.
    pub fn all_of(answer: &Element) -> Vec<Instance> {
        let reserved = answer.items("reservationSet").flat_map(|it| it.items("instancesSet"));
        // RunInstances answers with one reservation alone.
        reserved.chain(answer.items("instancesSet")).filter_map(Instance::of).collect()
    }

    /// `None` of what has no id.
    fn of(item: &Element) -> Option<Instance> {
        let text = |name| item.text_of(name).map(str::to_owned);
        let state = item.child("instanceState").and_then(|state| state.text_of("name"));
        let reason = item.child("stateReason").and_then(|reason| {
            let code = reason.text_of("code")?.to_owned();
            Some((code, reason.text_of("message").unwrap_or_default().to_owned()))
        });
        let zone = item.child("placement").and_then(|place| place.text_of("availabilityZone"));
        let tags = item.items("tagSet").filter_map(|tag| {
            let value = tag.text_of("value").unwrap_or_default();
            Some((tag.text_of("key")?.to_owned(), value.to_owned()))
        });
        Some(Instance {
            id: text("instanceId")?,
            state: State::of(state.unwrap_or("unknown")),
            reason,
            is_spot: item.text_of("instanceLifecycle") == Some("spot"),
            tags: tags.collect(),
            private_address: text("privateIpAddress"),
            public_address: text("ipAddress"),
            instance_type: text("instanceType").unwrap_or_default(),
            zone: zone.unwrap_or_default().to_owned(),
        })
    }

    /// Why EC2 took the machine back, if it did: it does so only to spot machines
    /// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-interruptions.html>).
    pub fn interruption(&self) -> Option<&str> {
        let (code, words) = self.reason.as_ref()?;
        let is_taken = matches!(
            code.as_str(),
            "Server.SpotInstanceTermination"
                | "Server.SpotInstanceShutdown"
                | "Server.SpotInstanceInterruption"
        );
        is_taken.then_some(if words.is_empty() { code } else { words })
    }
}

/// The spot requests of an answer that are about to lose their machine, each with its machine's id
/// and EC2's words. EC2 says so about two minutes before it takes the machine.
pub fn marked_for_end(answer: &Element) -> Vec<(String, String)> {
    let requests = answer.items("spotInstanceRequestSet");
    let marked = requests.filter_map(|request| {
        let status = request.child("status")?;
        let code = status.text_of("code")?;
        let is_marked = code.starts_with("marked-for-")
            || (code.starts_with("instance-") && code.contains("-by-price"))
            || (code.starts_with("instance-") && code.contains("-no-capacity"));
        let words = status.text_of("message").unwrap_or(code);
        is_marked.then(|| Some((request.text_of("instanceId")?.to_owned(), words.to_owned())))?
    });
    marked.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"<DescribeInstancesResponse><reservationSet><item><instancesSet><item>
        <instanceId>i-1</instanceId><instanceState><code>48</code><name>terminated</name></instanceState>
        <stateReason><code>Server.SpotInstanceTermination</code><message>Server.SpotInstanceTermination: Spot instance termination</message></stateReason>
        <instanceLifecycle>spot</instanceLifecycle><instanceType>t4g.nano</instanceType>
        <placement><availabilityZone>eu-central-1a</availabilityZone></placement>
        <tagSet><item><key>watchpost:host</key><value>worker-1</value></item><item><key>empty</key><value/></item></tagSet>
        </item></instancesSet></item></reservationSet></DescribeInstancesResponse>"#;

    #[test]
    fn an_interrupted_machine_says_so() {
        let instance = Instance::all_of(&Element::parse(ANSWER).unwrap()).remove(0);
        assert!(instance.state.is_gone() && instance.is_spot);
        assert!(instance.interruption().unwrap().ends_with("Spot instance termination"));
        assert_eq!(instance.tags["watchpost:host"], "worker-1");
        assert_eq!(instance.zone, "eu-central-1a");
        let own = ANSWER.replace("Server.SpotInstanceTermination", "Client.UserInitiatedShutdown");
        assert_eq!(Instance::all_of(&Element::parse(&own).unwrap())[0].interruption(), None);
    }

    #[test]
    fn a_notice_comes_before_the_end() {
        let notice = |code: &str| {
            let xml = format!(
                "<R><spotInstanceRequestSet><item><instanceId>i-1</instanceId><status><code>{code}</code>\
                 <message>soon</message></status></item></spotInstanceRequestSet></R>"
            );
            marked_for_end(&Element::parse(&xml).unwrap()).len()
        };
        assert_eq!(notice("marked-for-termination"), 1);
        assert_eq!(notice("instance-terminated-by-price"), 1);
        assert_eq!(notice("fulfilled"), 0);
        assert_eq!(notice("instance-terminated-by-user"), 0);
    }
}
