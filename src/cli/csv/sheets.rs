//! The *sheets* that a command reads: files, or stdin.

use crate::{
    cli::settings::Terminal,
    diagnostic::{Diagnostic, Report, Rule},
    render::escape,
    repo,
    sheet::{self, Dialect, MAX_SIZE, Sheet},
    source::{Place, Source, Span},
};
use std::{
    fs::File,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

/// Reads the sheets. What can't be read is reported.
pub(super) fn sheets(
    paths: &[PathBuf],
    dialect: Option<Dialect>,
    directory: &Path,
    folder: &Path,
    report: &mut Report,
    terminal: &mut Terminal,
) -> anyhow::Result<Vec<Sheet>> {
    let mut sheets = Vec::new();
    for file in paths {
        let path = directory.join(file);
        let name = name(&path, file, folder);
        let bytes = match if is_stdin(file) { stdin() } else { read(&path) } {
            Ok(bytes) => bytes,
            Err(error) => {
                let place = Place::new(&Source::new(name, ""), Span::default());
                let unreadable = Diagnostic::new(Rule::UnreadableFile, place, error.to_string());
                report.add(unreadable.help("check the path and the permissions"));
                continue;
            }
        };
        let mut notes = Vec::new();
        let grid = sheet::read(&name, &bytes, report, &mut notes);
        for note in notes {
            writeln!(terminal.err, "note: {}", escape::line(&note))?;
        }
        sheets.extend(grid.and_then(|grid| Sheet::new(grid, dialect, report)));
    }
    Ok(sheets)
}

/// The name of a sheet: its path in the workspace, or else as it was typed.
fn name(path: &Path, typed: &Path, folder: &Path) -> String {
    let inside = || {
        let path = path.canonicalize().ok()?;
        let inside = path.strip_prefix(folder.canonicalize().ok()?).ok()?;
        Some(inside.to_string_lossy().into_owned())
    };
    if is_stdin(typed) {
        return "stdin".to_owned();
    }
    inside().unwrap_or_else(|| typed.to_string_lossy().into_owned())
}

fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}

fn stdin() -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(MAX_SIZE + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    // Opening a pipe would wait for a writer, so this is checked first.
    if let Some(what) = repo::other_than_file(std::fs::metadata(path)?.file_type()) {
        anyhow::bail!("it is {what}, not a file");
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_SIZE + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
