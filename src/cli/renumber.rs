//! `callsheet renumber`: other numbers for the extensions of a workspace, in its files.

use super::{
    outcome::Outcome,
    settings::{self, Terminal},
    workspace,
};
use crate::{
    diagnostic::Report,
    render::{self, counted, escape},
    renumber::{Changed, Error, Pattern, Renumbered, renumber},
    repo,
};
use anyhow::Context as _;
use similar::TextDiff;
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Extensions to renumber: a number, or a pattern in which each x is a digit that is kept
    #[arg(value_name = "FROM")]
    from: String,

    /// Number or pattern that they get, with as many x
    #[arg(value_name = "TO")]
    to: String,

    /// Workspace [default: found from the current directory upwards]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,

    /// Show the changes of the files and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(
    args: &Args,
    directory: &Path,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let pattern = Pattern::new(&args.from, &args.to)
        .map_err(|error| super::outcome::UsageError(error.to_string()))?;
    let folder = workspace::folder(directory, args.folder.as_deref());
    let renumbered = match renumber(repo::read(&folder)?, &pattern, settings::today()) {
        Ok(renumbered) => renumbered,
        Err(error) => return refuse(&error, terminal),
    };
    let Renumbered {
        files,
        people,
        extensions,
        places,
        against_policy,
    } = &renumbered;
    if args.dry_run {
        for file in files {
            show(file, terminal)?;
        }
    } else {
        write(&folder, files)?;
    }
    let people = match people {
        1 => "1 person".to_owned(),
        _ => format!("{people} people"),
    };
    let done = if args.dry_run {
        "; nothing was written"
    } else {
        ""
    };
    writeln!(
        terminal.out,
        "{people}, {}, {} in {}{done}",
        counted(*extensions, "extension"),
        counted(*places, "place"),
        counted(files.len(), "file"),
    )?;
    let told = against_policy.sorted().len();
    if told > 0 {
        let policy = counted(told, "number");
        writeln!(
            terminal.err,
            "warning: {policy} broke or break `policy.extensions`; change it in the same commit, and run `callsheet validate`"
        )?;
    }
    Ok(Outcome::Done)
}

/// Says why nothing was done.
fn refuse(error: &Error, terminal: &mut Terminal) -> anyhow::Result<Outcome> {
    let report: Option<&Report> = match error {
        Error::Before(report) | Error::After(report) => Some(report),
        _ => None,
    };
    if let Some(report) = report {
        render::text::report(report, &terminal.err_look, &mut terminal.err)?;
    }
    let error = escape::lines(&error.to_string());
    writeln!(terminal.err, "error: {error}; nothing was written")?;
    Ok(Outcome::Failed)
}

/// Shows what changes in a file.
fn show(file: &Changed, terminal: &mut Terminal) -> anyhow::Result<()> {
    let name = file.before.name();
    let diff = TextDiff::from_lines(file.before.text(), &file.after);
    let diff = diff
        .unified_diff()
        .context_radius(0)
        .header(name, name)
        .to_string();
    writeln!(terminal.out, "{}", escape::lines(&diff))?;
    Ok(())
}

/// Writes all files, or none: each is written beside the old one first.
fn write(folder: &Path, files: &[Changed]) -> anyhow::Result<()> {
    let mut written: Vec<(PathBuf, PathBuf)> = Vec::new();
    let prepared = files.iter().try_for_each(|file| {
        // A link stays one.
        let path = folder.join(file.before.name());
        let path = path
            .canonicalize()
            .with_context(|| format!("{} can't be found", path.display()))?;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".renumbered");
        let beside = path.with_file_name(name);
        written.push((beside.clone(), path.clone()));
        let had_mark = std::fs::read(&path)?.starts_with(BYTE_ORDER_MARK);
        let mark = if had_mark { BYTE_ORDER_MARK } else { &[] };
        let bytes = [mark, file.after.as_bytes()].concat();
        std::fs::write(&beside, bytes)
            .and_then(|()| std::fs::set_permissions(&beside, path.metadata()?.permissions()))
            .with_context(|| format!("{} can't be written", beside.display()))
    });
    if let Err(error) = prepared {
        for (beside, _) in &written {
            // What can't be removed was reported as what can't be written.
            drop(std::fs::remove_file(beside));
        }
        return Err(error.context("nothing was renumbered"));
    }
    for (beside, path) in written {
        std::fs::rename(&beside, &path)
            .with_context(|| format!("{} can't be replaced", path.display()))?;
    }
    Ok(())
}

/// What some editors put before the first character of a file.
const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];
