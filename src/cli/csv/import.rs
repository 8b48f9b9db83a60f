//! `callsheet csv import`: the people or contacts of sheets, as declarations.

use super::{
    sheets::sheets,
    write::{self, Output},
};
use crate::{
    cli::{
        outcome::{Outcome, UsageError},
        settings::{self, Terminal},
        workspace,
    },
    diagnostic::Report,
    model::Address,
    render::{
        Format, counted, escape,
        json::{Extent, FORMAT_VERSION},
    },
    repo,
    sheet::{self, Changed, Country, Dialect, Imported, Sheet, Wish, mark},
    source::Place,
};
use anyhow::Context as _;
use schemars::JsonSchema;
use serde::Serialize;
use similar::TextDiff;
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Sheets (.csv or .xlsx); rows about the same person are joined by extension or e-mail address; `-` is stdin
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Dialect of the sheets [default: recognised by their columns]
    #[arg(long = "as", value_enum, value_name = "DIALECT")]
    dialect: Option<Dialect>,

    /// File of the workspace for new resources; created if missing
    #[arg(long, value_name = "FILE", default_value = "people.yaml")]
    to: String,

    /// Change declared people who differ, in the files that declare them
    #[arg(long)]
    update: bool,

    /// File for PINs and passwords, as lines such as PIN_1001=4829; outside of Git, or ignored by it
    #[arg(long, value_name = "FILE")]
    pins_to: Option<PathBuf>,

    /// Country of phone numbers without a plus sign, such as GB
    #[arg(long, value_name = "CC", value_parser = country)]
    country: Option<Country>,

    /// If the sheet has errors, write a copy of it with a column of problems
    #[arg(long, value_name = "FILE")]
    marked: Option<PathBuf>,

    /// Show the changes of the files and write nothing
    #[arg(long)]
    dry_run: bool,

    /// Output format
    #[arg(long, value_parser = crate::cli::formats(&[Format::Text, Format::Json, Format::Markdown, Format::Github, Format::Sarif]), env = "CALLSHEET_FORMAT", default_value = "text")]
    format: Format,
}

fn country(text: &str) -> Result<Country, String> {
    text.parse()
}

/// What `csv import --format json` writes.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::cli) struct CsvImportDocument {
    /// The version of this format: `1.0`.
    format_version: &'static str,
    /// Whether the files were written.
    written: bool,
    /// The files of the workspace that change.
    files: Vec<String>,
    /// The new resources.
    added: Vec<Address>,
    /// The declared resources that change.
    updated: Vec<Address>,
    /// How many rows say what is declared.
    unchanged: usize,
    /// The variables of PINs and passwords.
    variables: Vec<String>,
    /// What is worth knowing about cells.
    notes: Vec<NoteEntry>,
}

/// What is worth knowing about a cell.
#[derive(Debug, Serialize, JsonSchema)]
struct NoteEntry {
    /// The note.
    message: String,
    /// The place of the cell.
    #[serde(flatten)]
    extent: Extent,
}

pub(in crate::cli) fn run(
    args: &Args,
    directory: &Path,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let folder = workspace::folder(directory, None);
    check(args, &folder, directory)?;
    let files = repo::read(&folder)?;
    terminal.look.prefix = settings::path_in_repository(&folder);
    let mut report = Report::default();
    let paths = &args.files;
    let sheets = sheets(
        paths,
        args.dialect,
        directory,
        &folder,
        &mut report,
        terminal,
    )?;
    let mut imported = Imported::default();
    if sheets.len() == args.files.len() {
        let wish = Wish {
            to: &args.to,
            has_secrets_file: args.pins_to.is_some(),
            country: args.country,
        };
        let today = settings::today();
        imported = sheet::import(files, &sheets, wish, &|files| {
            workspace::declared(files, today)
        });
    }
    report.extend(std::mem::take(&mut imported.report));
    for (place, note) in &imported.notes {
        writeln!(
            terminal.err,
            "note: {}: {}",
            escape::line(&place.to_string()),
            escape::line(note)
        )?;
    }
    if report.has_errors() {
        workspace::show(&folder, &report, args.format, terminal)?;
        mark_copy(args, directory, &sheets, &report, terminal)?;
        writeln!(terminal.err, "nothing was written")?;
        return Ok(Outcome::Failed);
    }
    if !report.sorted().is_empty() && args.format == Format::Text {
        workspace::show(&folder, &report, args.format, terminal)?;
    }
    finish(args, &folder, directory, &imported, terminal)
}

/// Shows the changes, and writes them if they may be written.
fn finish(
    args: &Args,
    folder: &Path,
    directory: &Path,
    imported: &Imported,
    terminal: &mut Terminal,
) -> anyhow::Result<Outcome> {
    let is_refused = !imported.updated.is_empty() && !args.update;
    let is_text = args.format == Format::Text;
    if is_text && (args.dry_run || is_refused) {
        for file in &imported.files {
            // What is new is shown only where it was asked for.
            if args.dry_run || file.has_edits {
                show(file, terminal)?;
            }
        }
    }
    let is_written = !args.dry_run && !is_refused;
    if is_written {
        let mut outputs = Vec::new();
        if let Some(path) = args
            .pins_to
            .as_ref()
            .filter(|_| !imported.secrets.is_empty())
        {
            let path = directory.join(path);
            outputs.push(Output {
                bytes: write::with_secrets(&path, &imported.secrets)?,
                path,
                is_private: true,
            });
        }
        outputs.extend(imported.files.iter().map(|file| Output {
            path: folder.join(&file.name),
            bytes: file.after.clone().into_bytes(),
            is_private: false,
        }));
        write::write(&outputs)?;
    }
    if args.format == Format::Json {
        escape::json(&document(imported, is_written), &mut terminal.out)?;
    } else {
        summary(args, imported, is_written, terminal)?;
    }
    terminal.out.flush()?;
    if is_refused {
        let people = counted(imported.updated.len(), "declared resource");
        writeln!(
            terminal.err,
            "error: {people} would change; pass --update to change what is declared, or correct the sheet; nothing was written"
        )?;
        return Ok(Outcome::Refused);
    }
    Ok(Outcome::Done)
}

fn summary(
    args: &Args,
    imported: &Imported,
    is_written: bool,
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    for file in &imported.files {
        let what = match file.before {
            Some(_) => "changed",
            None => "new",
        };
        writeln!(terminal.out, "{}: {what}", escape::line(&file.name))?;
    }
    let done = if is_written {
        ""
    } else {
        "; nothing was written"
    };
    writeln!(
        terminal.out,
        "{} added, {} changed, {} unchanged{done}",
        imported.added.len(),
        imported.updated.len(),
        imported.unchanged
    )?;
    if let Some(path) = args
        .pins_to
        .as_ref()
        .filter(|_| is_written && !imported.secrets.is_empty())
    {
        writeln!(
            terminal.out,
            "{}: {}",
            escape::line(&path.display().to_string()),
            counted(imported.secrets.len(), "secret")
        )?;
    }
    if is_written && !imported.files.is_empty() {
        terminal.out.flush()?;
        writeln!(
            terminal.err,
            "next: `callsheet plan` shows what an apply would change on the portal"
        )?;
    }
    Ok(())
}

fn document(imported: &Imported, written: bool) -> CsvImportDocument {
    let note = |(place, message): &(Place, String)| NoteEntry {
        message: message.clone(),
        extent: place.into(),
    };
    CsvImportDocument {
        format_version: FORMAT_VERSION,
        written,
        files: imported
            .files
            .iter()
            .map(|file| file.name.clone())
            .collect(),
        added: imported.added.clone(),
        updated: imported.updated.clone(),
        unchanged: imported.unchanged,
        variables: imported
            .secrets
            .iter()
            .map(|secret| secret.variable.clone())
            .collect(),
        notes: imported.notes.iter().map(note).collect(),
    }
}

/// Refuses arguments that can't be meant, before anything is read.
fn check(args: &Args, folder: &Path, directory: &Path) -> anyhow::Result<()> {
    let usage = |message: String| Err(UsageError(message).into());
    let to = &args.to;
    let parts: Vec<&str> = to.split('/').collect();
    let is_inside = !to.starts_with('/')
        && parts
            .iter()
            .all(|part| !matches!(*part, "" | "." | "..") && !part.starts_with('.'));
    if !is_inside || !to.ends_with(".yaml") && !to.ends_with(".yml") {
        return usage(format!(
            "--to {to}: the file must be a .yaml file inside of the workspace, such as people.yaml"
        ));
    }
    if to == repo::CONFIGURATION || repo::selection(folder).excludes(to) {
        return usage(format!(
            "--to {to}: the workspace doesn't read resources from this file; choose another one"
        ));
    }
    if folder
        .join(to)
        .parent()
        .is_some_and(|parent| !parent.is_dir())
    {
        return usage(format!("--to {to}: its directory doesn't exist"));
    }
    if let Some(path) = &args.pins_to
        && !repo::stays_out_of_git(&directory.join(path))
    {
        return usage(format!(
            "--pins-to {}: the file would be in Git; add it to .gitignore, or choose one outside of the repository",
            path.display()
        ));
    }
    if args.marked.is_some() && args.files.len() > 1 {
        return usage("--marked copies one sheet; import the others without it".to_owned());
    }
    Ok(())
}

/// Writes the marked copy of a sheet with errors.
fn mark_copy(
    args: &Args,
    directory: &Path,
    sheets: &[Sheet],
    report: &Report,
    terminal: &mut Terminal,
) -> anyhow::Result<()> {
    let (Some(marked), [sheet]) = (&args.marked, sheets) else {
        return Ok(());
    };
    let path = directory.join(marked);
    let shown = escape::line(&marked.display().to_string());
    if sheet.has_secrets() && !repo::stays_out_of_git(&path) {
        writeln!(
            terminal.err,
            "{shown} was not written: the sheet holds PINs or passwords, and the copy would be in Git"
        )?;
        return Ok(());
    }
    let Some(bytes) = mark::marked(&sheet.grid, report) else {
        return Ok(());
    };
    let output = Output {
        path,
        bytes,
        is_private: true,
    };
    write::write(&[output]).context("the marked copy can't be written")?;
    writeln!(
        terminal.err,
        "{shown}: a copy of the sheet with its problems"
    )?;
    Ok(())
}

/// Shows what changes in a file.
fn show(file: &Changed, terminal: &mut Terminal) -> anyhow::Result<()> {
    let before = file.before.as_ref().map_or("", |before| before.text());
    let diff = TextDiff::from_lines(before, &file.after);
    let diff = diff
        .unified_diff()
        .context_radius(1)
        .header(&file.name, &file.name)
        .to_string();
    writeln!(terminal.out, "{}", escape::lines(&diff))?;
    Ok(())
}
