//! `callsheet csv`: spreadsheets in and out.

mod export;
mod import;
mod sheets;
mod template;
mod write;

pub(super) use import::CsvImportDocument;

use super::{outcome::Outcome, settings::Terminal};
use std::path::Path;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Declare the people or contacts of a sheet; the portal is not contacted
    Import(import::Args),
    /// Print declared or live people or contacts as a sheet
    Export(export::Args),
    /// Print a sheet to fill in: its columns, and an example row
    Template(template::Args),
}

pub(super) fn run(
    command: &Command,
    directory: &Path,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    match command {
        Command::Import(args) => import::run(args, directory, terminal),
        Command::Export(args) => export::run(args, directory, terminal),
        Command::Template(args) => template::run(args, terminal),
    }
}
