//! What becomes of a packet, by rules of which some may not be understood.

use std::{collections::BTreeMap, net::Ipv4Addr};

/// A packet on its way in.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'p> {
    pub interface: &'p str,
    pub from: Ipv4Addr,
    pub to: Ipv4Addr,
    pub protocol: Protocol,
    pub port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Tcp,
    Udp,
}

impl Protocol {
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
        }
    }

    /// IANA's number.
    pub fn number(self) -> u64 {
        match self {
            Protocol::Tcp => 6,
            Protocol::Udp => 17,
        }
    }
}

/// Whether a rule's condition holds for the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    Yes,
    No,
    /// It asks for what cannot be known from here, or is not understood.
    Perhaps,
}

impl Holds {
    pub fn and(self, other: Holds) -> Holds {
        match (self, other) {
            (Holds::No, _) | (_, Holds::No) => Holds::No,
            (Holds::Yes, Holds::Yes) => Holds::Yes,
            _ => Holds::Perhaps,
        }
    }

    pub fn not(self) -> Holds {
        match self {
            Holds::Yes => Holds::No,
            Holds::No => Holds::Yes,
            Holds::Perhaps => Holds::Perhaps,
        }
    }
}

impl From<bool> for Holds {
    fn from(holds: bool) -> Self {
        if holds { Holds::Yes } else { Holds::No }
    }
}

/// What a rule does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Accept,
    Drop,
    Return,
    Jump(String),
    Goto(String),
    /// Counts, logs, marks.
    Continue,
    /// Hands the packet to somebody of whom nothing is known.
    Unknown,
}

#[derive(Clone, Debug)]
pub struct Rule {
    /// As its owner finds it.
    pub text: String,
    pub holds: Holds,
    pub verdict: Verdict,
}

/// The rules by their chains, as they concern one packet.
#[derive(Clone, Debug, Default)]
pub struct Chains(pub BTreeMap<String, Vec<Rule>>);

/// What becomes of the packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    Passes,
    /// By this rule.
    Dropped(String),
    /// On this rule, of which nobody knows here whether it holds.
    Depends(String),
}

/// Deeper than any chain that a kernel takes.
const DEEPEST: usize = 64;

impl Chains {
    /// What becomes of a packet that enters here; `policy` is for those that no rule decides.
    pub fn fate(&self, chain: &str, policy: Fate) -> Fate {
        self.through(chain, policy, 0)
    }

    /// `end` is what becomes of a packet that comes out at the chain's end.
    fn through(&self, chain: &str, end: Fate, depth: usize) -> Fate {
        let rules = self.0.get(chain).map_or(&[][..], Vec::as_slice);
        let mut after = end.clone();
        for rule in rules.iter().rev() {
            after = match rule.holds {
                Holds::No => after,
                Holds::Yes => self.obeyed(rule, after, &end, depth),
                Holds::Perhaps => {
                    let obeyed = self.obeyed(rule, after.clone(), &end, depth);
                    match (&obeyed, &after) {
                        // One way or the other.
                        (Fate::Dropped(_), Fate::Dropped(_)) => after,
                        _ if obeyed == after => after,
                        _ => Fate::Depends(rule.text.clone()),
                    }
                }
            };
        }
        after
    }

    /// What becomes of it by this rule, when `after` is what the rules behind it do.
    fn obeyed(&self, rule: &Rule, after: Fate, end: &Fate, depth: usize) -> Fate {
        match &rule.verdict {
            Verdict::Continue => after,
            Verdict::Accept => Fate::Passes,
            Verdict::Drop => Fate::Dropped(rule.text.clone()),
            Verdict::Return => end.clone(),
            Verdict::Jump(chain) if depth < DEEPEST => self.through(chain, after, depth + 1),
            Verdict::Goto(chain) if depth < DEEPEST => self.through(chain, end.clone(), depth + 1),
            Verdict::Jump(_) | Verdict::Goto(_) | Verdict::Unknown => {
                Fate::Depends(rule.text.clone())
            }
        }
    }
}
