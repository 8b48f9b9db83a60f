//! `callsheet validate`: everything that is wrong with the files, offline.

use super::{
    formerly,
    outcome::Outcome,
    settings::{self, Terminal},
    several::{Ended, Run},
    strength,
    targets::{Selection, Targets},
    workspace,
};
use crate::{
    desired::Desired,
    render::{Format, counted},
    repo::{self, Files},
};
use jiff::civil::Date;
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Workspaces, or patterns such as 'tenants/*' [default: found from the current directory upwards]
    #[arg(value_name = "DIR")]
    folders: Vec<PathBuf>,

    #[command(flatten)]
    selection: Selection,

    /// Read the declared secrets too, and check them against `policy.secrets`
    #[arg(long)]
    secrets: bool,

    /// Read the files as of this day, which tells who has started or left [default: today]
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,

    /// Output format
    #[arg(long, value_parser = super::formats(&[Format::Text, Format::Json, Format::Markdown, Format::Github, Format::Sarif]), env = "CALLSHEET_FORMAT", default_value = "text")]
    pub(super) format: Format,
}

pub(super) fn run(
    args: &Args,
    directory: &Path,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let today = args.as_of.unwrap_or_else(settings::today);
    let folder = match args.selection.of(directory, &args.folders)? {
        Targets::One(folder) => folder,
        Targets::Several(folders) => {
            let mut run = Run::new(format)?;
            for folder in folders {
                let checked = repo::read(&folder)
                    .map(|files| declared(args, &folder, files, today, terminal).report);
                let ended =
                    checked.map_or_else(|error| Ended::Failed(error.into()), Ended::Checked);
                run.add(&folder, ended, terminal)?;
            }
            return run.finish(terminal);
        }
    };
    terminal.look.prefix = settings::path_in_repository(&folder);
    let files = repo::read(&folder)?;
    let count = files.sources.len();
    let Desired { state, report, .. } = declared(args, &folder, files, today, terminal);
    workspace::show(&folder, &report, format, terminal)?;
    if report.has_errors() {
        return Ok(Outcome::Failed);
    }
    if format == Format::Text {
        let resources = counted(state.resources.len(), "resource");
        let verb = if state.resources.len() == 1 {
            "is"
        } else {
            "are"
        };
        writeln!(
            terminal.out,
            "{resources} in {} {verb} valid",
            counted(count, "file")
        )?;
    }
    workspace::free(state);
    Ok(Outcome::Done)
}

/// What files declare. The secrets are read only if the files are without errors.
fn declared(args: &Args, folder: &Path, files: Files, today: Date, terminal: &Terminal) -> Desired {
    let mut desired = workspace::declared(files, today);
    formerly::explain(folder, &mut desired, today);
    if let Some(config) = &desired.config
        && args.secrets
        && !desired.report.has_errors()
    {
        let weak = strength::check_declared(&desired.state, config, folder, terminal.commands);
        desired.report.extend(weak);
    }
    desired
}
