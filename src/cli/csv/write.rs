//! What is *written* after an import: all files, or none.

use anyhow::Context as _;
use std::{
    fs::{self, OpenOptions, Permissions},
    io::Write as _,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

/// What some editors put before the first character of a file.
const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// A file to write.
pub(super) struct Output {
    /// Its path.
    pub(super) path: PathBuf,
    /// Its content.
    pub(super) bytes: Vec<u8>,
    /// Whether only its owner may read it.
    pub(super) is_private: bool,
}

/// Writes all files, or none: each is written beside the old one first.
pub(super) fn write(outputs: &[Output]) -> anyhow::Result<()> {
    let mut written: Vec<(PathBuf, PathBuf)> = Vec::new();
    let prepared = outputs
        .iter()
        .try_for_each(|output| prepare(output, &mut written));
    if let Err(error) = prepared {
        for (beside, _) in &written {
            // What can't be removed was reported as what can't be written.
            drop(fs::remove_file(beside));
        }
        return Err(error.context("nothing was written"));
    }
    for (beside, path) in written {
        fs::rename(&beside, &path)
            .with_context(|| format!("{} can't be replaced", path.display()))?;
    }
    Ok(())
}

fn prepare(output: &Output, written: &mut Vec<(PathBuf, PathBuf)>) -> anyhow::Result<()> {
    // A link stays one.
    let path = output
        .path
        .canonicalize()
        .unwrap_or_else(|_| output.path.clone());
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.new"));
    let failed = || format!("{} can't be written", path.display());
    let old = path.metadata().ok();
    let mark = match &old {
        Some(_) if fs::read(&path)?.starts_with(BYTE_ORDER_MARK) && !output.is_private => {
            BYTE_ORDER_MARK
        }
        _ => &[],
    };
    // What an earlier run left behind.
    drop(fs::remove_file(&beside));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    if output.is_private {
        options.mode(0o600);
    }
    written.push((beside.clone(), path.clone()));
    let mut file = options.open(&beside).with_context(failed)?;
    file.write_all(mark)
        .and_then(|()| file.write_all(&output.bytes))
        .with_context(failed)?;
    let permissions = match (output.is_private, old) {
        (true, _) => Some(Permissions::from_mode(0o600)),
        (false, old) => old.map(|old| old.permissions()),
    };
    if let Some(permissions) = permissions {
        fs::set_permissions(&beside, permissions).with_context(failed)?;
    }
    Ok(())
}

/// The file of secrets with further ones: a line each, as a shell reads it. A variable that is there already gets its
/// new value.
pub(super) fn with_secrets(
    path: &Path,
    secrets: &[crate::sheet::SheetSecret],
) -> anyhow::Result<Vec<u8>> {
    let old = match fs::read_to_string(path) {
        Ok(old) => old,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => {
            return Err(error).with_context(|| format!("{} can't be read", path.display()));
        }
    };
    let names: std::collections::BTreeSet<&str> =
        secrets.iter().map(|secret| &*secret.variable).collect();
    let is_kept = |line: &&str| {
        line.split_once('=')
            .is_none_or(|(name, _)| !names.contains(name.trim()))
    };
    let kept = old.lines().filter(is_kept).map(str::to_owned);
    let new = secrets
        .iter()
        .map(|one| format!("{}={}", one.variable, quoted(&one.secret)));
    let lines: Vec<String> = kept.chain(new).collect();
    let text = lines.join("\n") + "\n";
    Ok(text.into_bytes())
}

/// A value as a shell reads it.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '.' | '_' | '-' | '@' | '%' | '+' | '/' | ':' | ',')
    };
    match text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}
