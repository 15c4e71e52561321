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
        self.decided(self.rules(chain), 0).unwrap_or(policy)
    }

    fn rules(&self, chain: &str) -> &[Rule] {
        self.0.get(chain).map_or(&[], Vec::as_slice)
    }

    /// `None` when the packet comes out at the chain's end.
    fn decided(&self, rules: &[Rule], depth: usize) -> Option<Fate> {
        for (number, rule) in rules.iter().enumerate() {
            let rest = &rules[number + 1..];
            match rule.holds {
                Holds::No => {}
                Holds::Yes => match self.obeyed(rule, depth) {
                    Obeyed::Decided(fate) => return fate,
                    Obeyed::Nothing => {}
                },
                Holds::Perhaps => {
                    let Obeyed::Decided(one) = self.obeyed(rule, depth) else { continue };
                    let other = self.decided(rest, depth);
                    return match (&one, &other) {
                        (Some(Fate::Dropped(_)), Some(Fate::Dropped(_))) => other,
                        _ if one == other => other,
                        _ => Some(Fate::Depends(rule.text.clone())),
                    };
                }
            }
        }
        None
    }

    fn obeyed(&self, rule: &Rule, depth: usize) -> Obeyed {
        match &rule.verdict {
            Verdict::Continue => Obeyed::Nothing,
            Verdict::Accept => Obeyed::Decided(Some(Fate::Passes)),
            Verdict::Drop => Obeyed::Decided(Some(Fate::Dropped(rule.text.clone()))),
            Verdict::Return => Obeyed::Decided(None),
            Verdict::Unknown => Obeyed::Decided(Some(Fate::Depends(rule.text.clone()))),
            Verdict::Jump(_) | Verdict::Goto(_) if depth >= DEEPEST => {
                Obeyed::Decided(Some(Fate::Depends(rule.text.clone())))
            }
            Verdict::Goto(chain) => Obeyed::Decided(self.decided(self.rules(chain), depth + 1)),
            Verdict::Jump(chain) => match self.decided(self.rules(chain), depth + 1) {
                Some(fate) => Obeyed::Decided(Some(fate)),
                None => Obeyed::Nothing,
            },
        }
    }
}

enum Obeyed {
    /// The chain goes on with its next rule.
    Nothing,
    /// `None`: the packet leaves the chain at once.
    Decided(Option<Fate>),
}
