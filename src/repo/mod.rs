//! A *repo* is where a workspace's files come from: a folder, or a commit.
//!
//! Nothing outside the folder is read, however links are laid; hidden folders and workspaces inside
//! the workspace are left alone; what can't be read is a diagnostic like any other.

mod attachment;
mod file;
mod git;
mod include;
mod record;
mod selection;
mod tree;
mod workspaces;

pub use attachment::{Attachments, MAX_ATTACHMENT};
pub use file::other_than_file;
pub use git::{Found, Git, Step, joined};
pub use git2::Oid as BlobId;
pub use include::from_root;
pub use selection::{Selection, stays_out_of_git};
pub use tree::{Blob, Holdings};
pub use workspaces::{matching, touched, workspaces};

use selection::Ignored;

use crate::{
    diagnostic::{Diagnostic, Report, Rule},
    source::{Place, Source, Span},
};
use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};
use walkdir::{DirEntry, WalkDir};

/// The name of the file that makes a folder a workspace.
pub const CONFIGURATION: &str = "callsheet.yaml";

/// The files of a workspace, in order of name.
#[derive(Debug, Default)]
pub struct Files {
    /// Those that could be read.
    pub sources: Vec<Arc<Source>>,
    /// What is wrong with the others.
    pub report: Report,
    /// Where the files are to which they refer.
    pub attachments: Attachments,
}

/// Why there is no workspace to read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder isn't there.
    #[error("{} can't be read: {source}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The Git repository doesn't have what is asked of it.
    #[error("{0}")]
    Git(String),
    /// The folder is no workspace.
    #[error("{} is not a workspace: it has no {CONFIGURATION}{}", folder.display(), hint(near.as_deref(), inner))]
    NoWorkspace {
        /// The folder.
        folder: PathBuf,
        /// Workspaces below it.
        inner: Vec<String>,
        /// A file that was meant to be its [`CONFIGURATION`].
        near: Option<String>,
    },
}

fn hint(near: Option<&str>, inner: &[String]) -> String {
    match (near, inner) {
        (Some(near), _) => format!("; rename {near} to {CONFIGURATION}"),
        (None, []) => "; `callsheet init` makes one".to_owned(),
        (None, inner) => format!("; there are workspaces in {}", inner.join(", ")),
    }
}

/// A file of a folder whose name is almost [`CONFIGURATION`]: another extension, or other letters.
fn misnamed(root: &Path) -> Option<String> {
    let entries = std::fs::read_dir(root).ok()?.filter_map(Result::ok);
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut near: Vec<String> = names
        .filter(|name| {
            let name = name.to_lowercase();
            [
                CONFIGURATION,
                "callsheet.yml",
                "callsheet",
                "callsheet.yaml.txt",
            ]
            .contains(&&*name)
        })
        .filter(|name| root.join(name).is_file())
        .collect();
    near.sort();
    near.pop()
}

/// Reads every resource file of the workspace in `folder`.
///
/// # Errors
/// The folder can't be read, or is no workspace. What is wrong with a file is in the report.
pub fn read(folder: &Path) -> Result<Files, Error> {
    let error = |source| Error::Folder {
        folder: folder.to_owned(),
        source,
    };
    let root = folder.canonicalize().map_err(error)?;
    std::fs::read_dir(&root).map_err(error)?;
    if !root.join(CONFIGURATION).exists() {
        return Err(Error::NoWorkspace {
            folder: folder.to_owned(),
            inner: workspaces_below(&root),
            near: misnamed(&root),
        });
    }
    let mut files = Files {
        attachments: Attachments::Folder(root.clone()),
        ..Files::default()
    };
    let selection = selection(&root);
    let ignored = Ignored::around(&root);
    let belongs = |entry: &DirEntry| {
        entry.depth() == 0
            || belongs(entry)
                && !selection.excludes(&name_of(&root, entry.path()))
                && !ignored.contains(entry.path())
    };
    let walk = WalkDir::new(&root).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(belongs) {
        match entry {
            Ok(entry) => read_entry(&root, &entry, &mut files),
            Err(error) => {
                let path = error.path().unwrap_or(&root);
                let reason = error
                    .io_error()
                    .map_or_else(|| error.to_string(), ToString::to_string);
                files.refuse(&root, path, Rule::UnreadableFile, reason);
            }
        }
    }
    include::read(&root, &selection, &mut files);
    files.sources.sort_by(|a, b| a.name().cmp(b.name()));
    Ok(files)
}

/// Which files of a workspace on the disk are resource files, by its `callsheet.yaml`.
#[must_use]
pub fn selection(folder: &Path) -> Selection {
    let bytes = file::read(&folder.join(CONFIGURATION)).unwrap_or_default();
    Selection::of(&String::from_utf8_lossy(&bytes))
}

/// Whether a path, relative to a workspace, is that of a resource file or of `callsheet.yaml`.
fn is_resource_file(name: &str) -> bool {
    let hidden = name.split('/').any(|part| part.starts_with('.'));
    let yaml = [".yaml", ".yml"].iter().any(|end| name.ends_with(end));
    yaml && !hidden
}

/// Workspaces below a folder that is none, so that the message can name them.
fn workspaces_below(root: &Path) -> Vec<String> {
    let walk = WalkDir::new(root)
        .max_depth(3)
        .sort_by_file_name()
        .into_iter();
    walk.filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry))
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name() == CONFIGURATION)
        .filter_map(|entry| {
            Some(
                entry
                    .path()
                    .parent()?
                    .strip_prefix(root)
                    .ok()?
                    .display()
                    .to_string(),
            )
        })
        .collect()
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with('.')
}

/// Hidden files and folders, and workspaces of their own, are not part of the workspace.
fn belongs(entry: &DirEntry) -> bool {
    let own_workspace = entry.file_type().is_dir() && entry.path().join(CONFIGURATION).exists();
    !is_hidden(entry) && !own_workspace
}

fn read_entry(root: &Path, entry: &DirEntry, files: &mut Files) {
    let path = entry.path();
    let link = entry.path_is_symlink();
    let yaml = path
        .extension()
        .is_some_and(|extension| extension == "yaml" || extension == "yml");
    if !yaml && entry.file_type().is_file() && has_odd_extension(path) {
        let name = name_of(root, path);
        let message =
            format!("{name} isn't read: the extension of a resource file is .yaml or .yml");
        files.refuse(root, path, Rule::FileExtension, message);
        return;
    }
    // A folder may be called as it likes, unless a file of that name is looked for.
    let is_wanted = yaml && (!entry.file_type().is_dir() || entry.file_name() == CONFIGURATION);
    if !link && !is_wanted {
        return;
    }
    if link {
        match path.canonicalize() {
            Ok(target) if !target.starts_with(root) => {
                let leads = "the link leads out of the workspace".to_owned();
                files.refuse(root, path, Rule::OutsideWorkspace, leads);
                return;
            }
            Ok(target) if !yaml || target.is_dir() && entry.file_name() != CONFIGURATION => return,
            Ok(_) => {}
            Err(_) if !yaml => return,
            Err(error) => {
                files.refuse(root, path, Rule::UnreadableFile, error.to_string());
                return;
            }
        }
    }
    match file::read(path) {
        Ok(bytes) => files.take(name_of(root, path), bytes),
        Err(error) => {
            let rule = match error {
                file::Error::TooLarge => Rule::FileTooLarge,
                file::Error::NotAFile(_) | file::Error::Io(_) => Rule::UnreadableFile,
            };
            files.refuse(root, path, rule, error.to_string());
        }
    }
}

/// Whether an extension is one of YAML's in another spelling.
fn has_odd_extension(path: &Path) -> bool {
    let extension = path
        .extension()
        .map(|extension| extension.to_string_lossy());
    extension.is_some_and(|extension| {
        extension.eq_ignore_ascii_case("yaml") || extension.eq_ignore_ascii_case("yml")
    })
}

/// The path relative to the workspace, with `/` between its parts.
fn name_of(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    git::slashed(relative)
}

impl Files {
    /// Takes a file's bytes in as text; a byte order mark is not part of it.
    pub fn take(&mut self, name: String, mut bytes: Vec<u8>) {
        if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
            bytes.drain(..3);
        }
        match String::from_utf8(bytes) {
            Ok(text) => self.sources.push(Source::new(name, text)),
            Err(error) => {
                let at = u32::try_from(error.utf8_error().valid_up_to()).unwrap_or(u32::MAX);
                let utf16 = matches!(error.as_bytes(), [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
                let source = Source::new(name, String::from_utf8_lossy(error.as_bytes()));
                let message = if utf16 {
                    "the file is UTF-16"
                } else {
                    "the file is not UTF-8 from here on"
                };
                let place = Place::new(&source, Span::new(at, at));
                self.report.add(
                    Diagnostic::new(Rule::Encoding, place, message).help(Rule::Encoding.help()),
                );
            }
        }
    }

    fn refuse(&mut self, root: &Path, path: &Path, rule: Rule, message: String) {
        self.refuse_named(name_of(root, path), rule, message);
    }

    /// Reports what is wrong with a file, by its name.
    fn refuse_named(&mut self, name: String, rule: Rule, message: String) {
        let source = Source::new(name, "");
        let place = Place::new(&source, Span::default());
        let help = match message.ends_with("not a file") {
            true => "put a plain file in its place, or rename it",
            false => rule.help(),
        };
        self.report
            .add(Diagnostic::new(rule, place, message).help(help));
    }
}
