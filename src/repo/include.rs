//! What is *included* are files and folders of the repository outside of a workspace whose resources belong to
//! it too: templates and contacts that many workspaces share.
//!
//! Their names begin at the folder of the workspace, as `../all-tenants/templates.yaml`. Links in them aren't
//! followed.

use super::{
    CONFIGURATION, Files, Git, Selection, file, git::joined, has_odd_extension, is_resource_file,
};
use crate::{
    diagnostic::{Diagnostic, Rule},
    source::{Place, Source},
};
use std::path::Path;
use walkdir::WalkDir;

/// The path of something from the root of the repository, as a workspace in `folder` names it; nothing if that
/// leads out of the repository, or into the workspace itself.
#[must_use]
pub fn from_root(folder: &str, name: &str) -> Option<String> {
    if name.starts_with('/') || name.contains('\\') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    let path = parts.join("/");
    let is_inside = folder.is_empty() || path == folder || path.starts_with(&format!("{folder}/"));
    (!is_inside && !path.is_empty()).then_some(path)
}

/// Whether a file below an included path is a resource file.
pub(super) fn is_included_file(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    last != CONFIGURATION && is_resource_file(name.trim_start_matches("../"))
}

/// Reads what the workspace in `root` includes.
pub(super) fn read(root: &Path, selection: &Selection, files: &mut Files) {
    if selection.include.is_empty() {
        return;
    }
    let git = match Git::find(root) {
        Ok(super::Found::Repository(git)) => Some(git),
        _ => None,
    };
    for included in &selection.include {
        let refuse = |files: &mut Files, rule, message: String, help: &str| {
            let sources = files.sources.iter();
            let configuration = sources.filter(|source| source.name() == CONFIGURATION);
            let place = configuration
                .map(|source| Place::new(source, included.span))
                .next()
                .unwrap_or_else(|| Place::new(&Source::new(CONFIGURATION, ""), included.span));
            files
                .report
                .add(Diagnostic::new(rule, place, message).help(help.to_owned()));
        };
        let name = &*included.name;
        let inside = git.as_ref().and_then(|git| {
            let path = from_root(git.prefix(), name)?;
            let whole = git.root().join(&path).canonicalize();
            let is_inside = whole
                .as_ref()
                .is_ok_and(|whole| *whole == git.root().join(&path));
            Some((git.root().join(path), is_inside, whole.is_ok()))
        });
        match inside {
            Some((path, true, _)) => read_below(root, name, &path, selection, files),
            Some((_, false, false)) => refuse(
                files,
                Rule::UnreadableFile,
                format!("there is no `{name}` to include"),
                "write the path of a file or a folder, seen from the folder of the workspace",
            ),
            Some(_) | None => refuse(
                files,
                Rule::OutsideWorkspace,
                format!("`{name}` can't be included"),
                "include files and folders of the same Git repository, outside of the workspace and without links",
            ),
        }
    }
}

/// Reads an included file, or every resource file of an included folder.
fn read_below(root: &Path, name: &str, path: &Path, selection: &Selection, files: &mut Files) {
    let walk = WalkDir::new(path).sort_by_file_name().into_iter();
    let belongs = |entry: &walkdir::DirEntry| {
        entry.depth() == 0
            || !super::is_hidden(entry)
                && (!entry.file_type().is_dir() || !entry.path().join(CONFIGURATION).exists())
    };
    for entry in walk.filter_entry(belongs) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let at = error.path().unwrap_or(path).to_owned();
                files.refuse(root, &at, Rule::UnreadableFile, error.to_string());
                continue;
            }
        };
        let below = entry.path().strip_prefix(path).unwrap_or(Path::new(""));
        let name = joined(name.trim_end_matches('/'), &super::git::slashed(below));
        let name = name.trim_end_matches('/').to_owned();
        if entry.file_type().is_dir() || selection.excludes(&name) {
            continue;
        }
        if has_odd_extension(entry.path()) && !is_included_file(&name) {
            let message =
                format!("{name} isn't read: the extension of a resource file is .yaml or .yml");
            files.refuse_named(name, Rule::FileExtension, message);
        } else if !is_included_file(&name) {
        } else if entry.path_is_symlink() {
            let message = "links in what is included aren't followed".to_owned();
            files.refuse_named(name, Rule::OutsideWorkspace, message);
        } else {
            match file::read(entry.path()) {
                Ok(bytes) => files.take(name, bytes),
                Err(error) => {
                    let rule = match error {
                        file::Error::TooLarge => Rule::FileTooLarge,
                        _ => Rule::UnreadableFile,
                    };
                    files.refuse_named(name, rule, error.to_string());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{from_root, is_included_file};

    #[test]
    fn what_is_included_is_outside_of_the_workspace_and_inside_the_repository() {
        let at = |name: &str| from_root("tenants/acme", name);
        assert_eq!(
            at("../all-tenants/x.yaml").as_deref(),
            Some("tenants/all-tenants/x.yaml")
        );
        assert_eq!(at("../../all-tenants/").as_deref(), Some("all-tenants"));
        for outside in [
            "../../../x",
            "/etc/x.yaml",
            "people.yaml",
            "./a",
            "..\\x",
            "../acme/x",
            "../..",
        ] {
            assert_eq!(at(outside), None, "{outside}");
        }
        assert_eq!(
            from_root("", "all-tenants"),
            None,
            "all of the repository is the workspace"
        );
    }

    #[test]
    fn configurations_and_hidden_files_are_not_included() {
        assert!(is_included_file("../all-tenants/people.yaml"));
        for other in [
            "../b/callsheet.yaml",
            "../.git/x.yaml",
            "../x.txt",
            "../a/.b.yaml",
        ] {
            assert!(!is_included_file(other), "{other}");
        }
    }
}
