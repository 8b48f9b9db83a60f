//! `callsheet undo`: the plan that takes back what an apply did.

use super::{outcome::Outcome, settings::Terminal};
use crate::{
    journal::Replay,
    render::{Format, document, escape, prose},
    saved::SavedPlan,
    undo::undo,
};
use anyhow::Context as _;
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Journal of the apply, such as .callsheet/journal/20260102T030405Z-1.jsonl
    journal: PathBuf,

    /// Output format
    #[arg(long, value_parser = super::formats(&[Format::Text, Format::Json]), env = "CALLSHEET_FORMAT", default_value = "text")]
    pub(super) format: Format,

    /// Save the plan to FILE, to be reviewed and applied with `callsheet apply FILE`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(
    args: &Args,
    directory: &Path,
    format: Format,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let path = directory.join(&args.journal);
    let story = Replay::read(&path)
        .with_context(|| format!("{} can't be read as a journal", path.display()))?;
    let inverse = undo(&story);
    match format {
        Format::Json => escape::json(
            &document::plan(&story.heading, &inverse.plan),
            &mut terminal.out,
        )?,
        _ => prose::plan(
            &story.heading,
            &inverse.plan,
            &terminal.look,
            &mut terminal.out,
        )?,
    }
    for lost in &inverse.lost {
        writeln!(terminal.err, "can't be undone: {}", escape::line(lost))?;
    }
    if let Some(out) = &args.out {
        let saved = SavedPlan::of(&inverse.plan, &story.heading, ".");
        super::plan::save(&saved, &directory.join(out))?;
    }
    Ok(Outcome::Done)
}
