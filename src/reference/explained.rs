//! A rule *explained*: its section of `docs/rules.md`, for a terminal.

use super::{example, example::Example, flat};
use crate::{
    diagnostic::{Level, Rule},
    model::FindingRule,
};
use std::fmt::Write as _;

/// A rule of the files or a finding of a plan, with its explanation.
#[derive(Clone, Copy, Debug)]
pub struct Explained {
    /// The rule's id.
    pub id: &'static str,
    level: Option<Level>,
    meaning: &'static str,
    help: &'static str,
    example: Example,
}

impl Explained {
    /// The explanation, as text.
    #[must_use]
    pub fn text(&self) -> String {
        let kind = match self.level {
            Some(Level::Error) => "error",
            Some(Level::Warning) => "warning",
            None => "finding",
        };
        let (meaning, help) = (flat(self.meaning), flat(self.help));
        let mut text = format!("{} ({kind})\n\n{meaning}\n\n{help}\n", self.id);
        for (title, lines) in [("Wrong", self.example.wrong), ("Right", self.example.right)] {
            _ = write!(text, "\n{title}:\n\n");
            for line in lines.lines() {
                _ = writeln!(text, "    {line}");
            }
        }
        text
    }
}

/// Every rule: first those of the files, then the findings of a plan.
#[must_use]
pub fn explained() -> Vec<Explained> {
    let rules = Rule::ALL.iter().map(|rule| Explained {
        id: rule.id(),
        level: Some(rule.level()),
        meaning: rule.meaning(),
        help: rule.help(),
        example: example::of_rule(*rule),
    });
    let findings = FindingRule::ALL.iter().map(|rule| Explained {
        id: rule.id(),
        level: None,
        meaning: rule.meaning(),
        help: rule.help(),
        example: example::of_finding(*rule),
    });
    rules.chain(findings).collect()
}
