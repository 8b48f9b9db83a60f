//! The *confirmation* of an action: a question on the terminal, or `--yes`.

use super::{arguments::Command, subjects::Found};
use crate::{
    cli::{outcome::UsageError, settings::Terminal},
    render::escape,
};
use std::io::Write as _;

/// Refuses what can't be confirmed or shown here, before the portal is asked.
pub(super) fn check_terminal(command: &Command, terminal: &Terminal) -> anyhow::Result<()> {
    let is_confirmed = command.common().yes || terminal.interactive;
    let message = match command {
        Command::SetPassword(args) if args.from.is_none() && !terminal.interactive => {
            "not a terminal, so there is no one to type the password; pass --from env:NAME or --from file:PATH"
        }
        Command::Qr(args) | Command::DesktopLink(args) if args.out.is_none() && !terminal.shows => {
            "stdout is not a terminal, and whoever reads the output could use the link; pass --out FILE"
        }
        Command::Reset(_) | Command::ForcePasswordReset(_) | Command::SetPassword(_)
            if !is_confirmed =>
        {
            "not a terminal, so there is no one to confirm; pass --yes"
        }
        _ => return Ok(()),
    };
    Err(UsageError(message.to_owned()).into())
}

/// Asks whether to go on.
pub(super) fn ask(
    command: &Command,
    ready: &[Found],
    terminal: &mut Terminal,
) -> anyhow::Result<bool> {
    if command.common().yes {
        return Ok(true);
    }
    let names: Vec<String> = ready
        .iter()
        .map(|found| escape::line(&found.subject.address.to_string()))
        .collect();
    let question = match command {
        Command::Reset(_) => {
            for found in ready {
                let key = escape::line(&found.subject.address.key);
                let question = format!("Type `{key}` to reset {}: ", found.subject.address);
                if answer(&escape::line(&question), terminal)? != *found.subject.address.key {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        Command::ForcePasswordReset(_) => {
            format!("Make the passwords of {} invalid?", names.join(", "))
        }
        // Typing it twice confirms it.
        Command::SetPassword(args) if args.from.is_some() => {
            format!("Set the password of {}?", names.join(", "))
        }
        Command::Welcome(_) => {
            let again = ready.iter().filter(|found| found.was_invited_lately);
            let again: Vec<String> = again
                .map(|found| escape::line(&found.subject.address.to_string()))
                .collect();
            if again.is_empty() {
                return Ok(true);
            }
            if !terminal.interactive {
                let message = format!(
                    "{} got a welcome within the last day; pass --yes to send another one",
                    again.join(", ")
                );
                return Err(UsageError(message).into());
            }
            format!(
                "{} got a welcome within the last day. Send another one?",
                again.join(", ")
            )
        }
        Command::SetPassword(_)
        | Command::Rebuild(_)
        | Command::Greeting(_)
        | Command::Qr(_)
        | Command::DesktopLink(_) => return Ok(true),
    };
    Ok(answer(&format!("{question} Only `yes` goes on: "), terminal)? == "yes")
}

fn answer(question: &str, terminal: &mut Terminal) -> anyhow::Result<String> {
    write!(terminal.err, "{question}")?;
    terminal.err.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}
