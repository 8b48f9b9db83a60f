//! `callsheet csv template`: a sheet to fill in.

use crate::{
    cli::{outcome::Outcome, settings::Terminal},
    sheet::{self, Dialect},
};
use std::io::Write as _;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Dialect of the sheet
    #[arg(
        long = "as",
        value_enum,
        value_name = "DIALECT",
        default_value = "callsheet"
    )]
    dialect: Dialect,
}

pub(in crate::cli) fn run(args: &Args, terminal: &mut Terminal) -> anyhow::Result<Outcome> {
    terminal.out.write_all(&sheet::template(args.dialect))?;
    writeln!(
        terminal.err,
        "the second row is an example; delete it before the import"
    )?;
    Ok(Outcome::Done)
}
