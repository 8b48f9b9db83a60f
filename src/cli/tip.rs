//! A *tip* answers a command or a flag of a neighboring tool with Callsheet's own word for it.

use clap::{
    Error,
    builder::StyledStr,
    error::{ContextKind, ContextValue, ErrorKind},
};

/// Other tools' commands, and what to type here.
const COMMANDS: &[(&str, &str)] = &[
    ("check", "`callsheet validate` checks the files"),
    (
        "create",
        "`callsheet init` creates a workspace; a resource is created by declaring it",
    ),
    ("delete", DESTROY),
    ("deploy", "`callsheet apply` applies the changes"),
    ("destroy", DESTROY),
    ("diff", "`callsheet plan` shows the changes"),
    ("dump", "`callsheet import` writes live objects as YAML"),
    ("export", "`callsheet import` writes live objects as YAML"),
    (
        "fmt",
        "there is no formatter; `callsheet validate` checks the files",
    ),
    (
        "format",
        "there is no formatter; `callsheet validate` checks the files",
    ),
    (
        "get",
        "`callsheet show ADDRESS` shows an object, `callsheet list KIND` lists them",
    ),
    ("lint", "`callsheet validate` checks the files"),
    ("ls", "`callsheet list KIND` lists live objects"),
    ("new", "`callsheet init` creates a workspace"),
    ("preview", "`callsheet plan` shows the changes"),
    ("pull", "`callsheet import` writes live objects as YAML"),
    (
        "refresh",
        "there is nothing to refresh: each plan reads the portal",
    ),
    (
        "rollback",
        "`callsheet undo JOURNAL` plans a rollback of an earlier apply",
    ),
    ("rule", "`callsheet explain RULE` explains a rule"),
    (
        "state",
        "there is no state file: `callsheet list` and `show` read the portal, and Git has the history",
    ),
    ("sync", "`callsheet apply` applies the changes"),
    ("up", "`callsheet apply` applies the changes"),
    (
        "version",
        "`callsheet --version` prints the version and the build",
    ),
];

const DESTROY: &str = "there is no command that deletes: remove the declarations and commit, and the next plan deletes the objects";

/// Other tools' flags, with two dashes, and what to pass here.
const FLAGS: &[(&str, &str)] = &[
    (
        "--all",
        "`callsheet import` without an address imports everything not yet declared",
    ),
    (
        "--auto-approve",
        "pass `--yes` to apply without confirmation",
    ),
    ("--chdir", "pass `-C DIR` before or after the command"),
    (
        "--check",
        "pass `--detailed-exitcode` to `callsheet plan` to exit with code 2 if there are changes",
    ),
    ("--destroy", DESTROY),
    (
        "--dry-run",
        "`callsheet plan` shows the changes and applies nothing",
    ),
    (
        "--force",
        "pass `--yes` to apply without confirmation; a blocked plan needs a waiver in callsheet.yaml",
    ),
    ("--input", "pass `--yes` to apply without confirmation"),
    ("--json", "pass `--format json`"),
    ("--no-color", "pass `--color never`, or set NO_COLOR"),
    (
        "--output",
        "pass `--format` for the output format, or `--out FILE` to save a plan",
    ),
    ("--parallelism", "set `portal.rate_limit` in callsheet.yaml"),
    (
        "--refresh",
        "there is nothing to refresh: each plan reads the portal",
    ),
    (
        "--refresh-only",
        "pass `--only drift` to plan what was changed on the portal",
    ),
    (
        "--target",
        "`callsheet plan` and `callsheet apply` take `--target ADDRESS`, with two dashes",
    ),
    (
        "--var",
        "there are no variables; templates hold what users share",
    ),
    ("--workspace", "pass `-C DIR`"),
];

/// The flags of Callsheet that other tools write with one dash.
const OWN: &[&str] = &[
    "--applied",
    "--base",
    "--detailed-exitcode",
    "--format",
    "--help",
    "--only",
    "--out",
    "--verbose",
    "--version",
];

/// Adds to an error what the command line should say instead, where it is known.
pub(super) fn with_tip(mut error: Error, arguments: impl Iterator<Item = String>) -> Error {
    let tip = match error.kind() {
        ErrorKind::InvalidSubcommand => match error.get(ContextKind::InvalidSubcommand) {
            Some(ContextValue::String(word)) => found(COMMANDS, word).map(str::to_owned),
            _ => None,
        },
        ErrorKind::UnknownArgument => arguments.skip(1).find_map(|argument| flag(&argument)),
        _ => None,
    };
    if let Some(tip) = tip {
        for other in [
            ContextKind::SuggestedSubcommand,
            ContextKind::SuggestedArg,
            ContextKind::SuggestedValue,
        ] {
            error.remove(other);
        }
        let tip = ContextValue::StyledStrs(vec![StyledStr::from(tip)]);
        error.insert(ContextKind::Suggested, tip);
    }
    error
}

/// What to pass instead of an argument, if another tool has it.
fn flag(argument: &str) -> Option<String> {
    let (name, _) = argument.split_once('=').unwrap_or((argument, ""));
    let has_one_dash = name.starts_with('-') && !name.starts_with("--");
    let long = if has_one_dash {
        format!("-{name}")
    } else {
        name.to_owned()
    };
    match found(FLAGS, &long) {
        Some(tip) => Some(tip.to_owned()),
        None => (has_one_dash && OWN.contains(&&*long))
            .then(|| format!("long flags take two dashes: `{long}`")),
    }
}

fn found(table: &'static [(&str, &str)], word: &str) -> Option<&'static str> {
    let mut rows = table.iter();
    rows.find(|(name, _)| *name == word).map(|(_, tip)| *tip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tip_stands_for_a_word_of_our_own() {
        use clap::CommandFactory as _;
        let mut all = crate::cli::Cli::command();
        all.build();
        let commands: Vec<&str> = all.get_subcommands().map(clap::Command::get_name).collect();
        for (name, _) in COMMANDS {
            assert!(!commands.contains(name), "{name}");
        }
        // A dry run of a renumbering is one, of an apply it is a plan; a list may show all, a plan always does.
        let flags: Vec<String> = all
            .get_subcommands()
            .filter(|command| !["list", "renumber"].contains(&command.get_name()))
            .flat_map(clap::Command::get_arguments)
            .filter_map(|arg| Some(format!("--{}", arg.get_long()?)))
            .collect();
        // `-target` with one dash is known by the same name.
        for (name, _) in FLAGS.iter().filter(|(name, _)| *name != "--target") {
            assert!(!flags.iter().any(|flag| flag == name), "{name}");
        }
        for name in OWN {
            assert!(flags.iter().any(|flag| flag == name), "{name}");
        }
    }
}
