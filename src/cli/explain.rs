//! `callsheet explain`: what a rule of the files or a finding of a plan means, and what to do about it.

use super::{outcome::Outcome, outcome::UsageError, settings::Terminal};
use crate::{diagnostic::did_you_mean, reference};
use std::io::Write as _;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Name of the rule, such as duplicate-value or conflict [default: list the names]
    #[arg(value_name = "RULE")]
    rule: Option<String>,
}

pub(super) fn run(args: &Args, terminal: &mut Terminal) -> anyhow::Result<Outcome> {
    let explained = reference::explained();
    let Some(rule) = &args.rule else {
        for one in explained {
            writeln!(terminal.out, "{}", one.id)?;
        }
        return Ok(Outcome::Done);
    };
    // `error[duplicate-value]`, as a diagnostic prints it, names the rule too.
    let wanted = rule.split(['[', ']']).nth(1).unwrap_or(rule);
    let Some(one) = explained.iter().find(|one| one.id == wanted) else {
        let near = did_you_mean(wanted, explained.iter().map(|one| one.id));
        let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        let known: Vec<&str> = explained.iter().map(|one| one.id).collect();
        return Err(UsageError(format!(
            "unknown rule `{rule}`{near}\n\nThe rules are {}.",
            known.join(", ")
        ))
        .into());
    };
    write!(terminal.out, "{}", one.text())?;
    Ok(Outcome::Done)
}
