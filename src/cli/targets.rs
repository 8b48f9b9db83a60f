//! The *targets* of a command are the workspaces that it is about: one, or those of a repository that
//! are named, changed, or in one shard.

use super::{outcome::UsageError, workspace};
use crate::{
    model::Commit,
    repo::{self, CONFIGURATION, Found, Git},
};
use anyhow::Context as _;
use clap::builder::FalseyValueParser;
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    str::FromStr,
};

/// The workspaces of a command, by their folders as seen from the current directory.
#[derive(Debug)]
pub(super) enum Targets {
    /// One that is named, or the nearest.
    One(PathBuf),
    /// Any number, none included.
    Several(Vec<PathBuf>),
}

/// Which workspaces of a repository to take.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Selection {
    /// Take the workspaces below each DIR too
    #[arg(long, short, env = "CALLSHEET_RECURSIVE", value_parser = FalseyValueParser::new())]
    recursive: bool,

    /// Take only workspaces that differ from the merge base of HEAD and this revision
    #[arg(long, value_name = "REV", env = "CALLSHEET_CHANGED_SINCE")]
    changed_since: Option<String>,

    /// Take only one of N equal parts: I from 1 to N, or from 0
    #[arg(long, value_name = "I/N", env = "CALLSHEET_SHARD")]
    shard: Option<Shard>,

    /// The commit that is looked at, if not the work tree.
    #[arg(skip)]
    at: Option<String>,
}

/// One of several parts of the workspaces of a repository. A workspace is in the same part on every machine,
/// whatever other workspaces there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shard {
    index: u32,
    count: u32,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text
            .split_once('/')
            .and_then(|(index, count)| Some((index.parse::<u32>().ok()?, count.parse().ok()?)));
        match parts {
            // `0/4` is `4/4`, for whoever counts from 0.
            Some((index, count)) if count > 0 && index <= count => Ok(Self {
                index: index % count,
                count,
            }),
            _ => Err("write it as 2/5, the second of five parts".to_owned()),
        }
    }
}

impl Shard {
    /// All parts of so many.
    pub(super) fn all(count: u32) -> impl Iterator<Item = Self> {
        (0..count).map(move |index| Self { index, count })
    }

    /// Whether a workspace is in the part, by its path in the repository.
    pub(super) fn contains(self, path: &str) -> bool {
        let digest = Sha256::digest(path);
        let number = digest
            .iter()
            .take(4)
            .fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        number % self.count == self.index
    }
}

impl Selection {
    /// The same, of every workspace below each folder.
    pub(super) fn recursive(&self) -> Self {
        Self {
            recursive: true,
            ..self.clone()
        }
    }

    /// The same, where a commit is looked at and not the work tree.
    pub(super) fn at(&self, revision: Option<&str>) -> Self {
        Self {
            at: revision.map(str::to_owned),
            ..self.clone()
        }
    }

    /// The same, of what differs from a revision.
    pub(super) fn since(self, revision: String) -> Self {
        Self {
            changed_since: self.changed_since.or(Some(revision)),
            ..self
        }
    }

    /// Whether workspaces are searched below folders.
    fn is_search(&self) -> bool {
        self.recursive || self.changed_since.is_some() || self.shard.is_some()
    }

    /// The workspaces that are meant. `arguments` are folders and patterns; without any, the nearest workspace
    /// is meant, or with a search all below `directory`.
    ///
    /// # Errors
    /// An argument names no workspace, or the repository can't be read.
    pub(super) fn of(&self, directory: &Path, arguments: &[PathBuf]) -> anyhow::Result<Targets> {
        let mut folders = Vec::new();
        let mut is_pattern = false;
        if arguments.is_empty() {
            if self.is_search() {
                folders.extend(below(directory)?);
            } else {
                folders.push(workspace::folder(directory, None));
            }
        }
        for argument in arguments {
            let folder = directory.join(argument);
            let pattern = argument.to_string_lossy();
            if pattern.contains(['*', '?', '[']) && !folder.exists() {
                is_pattern = true;
                let matching = repo::matching(&repo::workspaces(directory)?, &pattern);
                if matching.is_empty() {
                    return Err(UsageError(format!(
                        "no workspace matches `{pattern}`; `callsheet workspaces` lists them"
                    ))
                    .into());
                }
                folders.extend(matching.iter().map(|name| joined(directory, name)));
            } else if self.is_search() && !folder.is_file() {
                folders.extend(below(&folder)?);
            } else {
                folders.push(folder);
            }
        }
        let mut seen = BTreeSet::new();
        folders.retain(|folder| seen.insert(folder.canonicalize().ok()));
        Ok(if self.is_search() || is_pattern || arguments.len() > 1 {
            Targets::Several(self.narrowed(directory, folders)?)
        } else {
            Targets::One(folders.remove(0))
        })
    }

    /// Those of the folders that changed, and that are in the shard.
    fn narrowed(&self, directory: &Path, folders: Vec<PathBuf>) -> anyhow::Result<Vec<PathBuf>> {
        let Self {
            changed_since,
            shard,
            recursive: _,
            at,
        } = self;
        if changed_since.is_none() && shard.is_none() {
            return Ok(folders);
        }
        let git = match Git::find(directory)? {
            Found::Repository(git) => Some(match at {
                Some(revision) => {
                    let commit = git.resolve(revision)?;
                    git.at(&commit)?
                }
                None => *git,
            }),
            Found::Unreadable(gap) => anyhow::bail!("{}; {}", gap.reason, gap.help),
            Found::Nothing if changed_since.is_some() => anyhow::bail!(
                "{} is not in a Git repository, so nothing tells what changed; leave out --changed-since",
                directory.display()
            ),
            Found::Nothing => None,
        };
        let root = git.as_ref().map_or(directory, |git| git.root());
        let root = root.canonicalize()?;
        let changed = match (changed_since, &git) {
            (Some(revision), Some(git)) => {
                let names = repo::workspaces(&root)?;
                let paths = git.changed_since(&base(git, revision)?)?;
                let touched = repo::touched(&root, &names, &paths);
                Some(
                    touched
                        .into_iter()
                        .map(str::to_owned)
                        .collect::<BTreeSet<_>>(),
                )
            }
            _ => None,
        };
        let mut kept = Vec::new();
        for folder in folders {
            let name = name_from(&root, &folder)?;
            let is_changed = changed.as_ref().is_none_or(|names| names.contains(&name));
            if is_changed && shard.is_none_or(|shard| shard.contains(&name)) {
                kept.push(folder);
            }
        }
        Ok(kept)
    }
}

/// Where a change began: the merge base of HEAD and a revision.
fn base(git: &Git, revision: &str) -> anyhow::Result<Commit> {
    let head = git.head().context("there is no commit yet")?;
    Ok(git.merge_base(&head, &git.resolve(revision)?)?)
}

/// The workspaces at and below a folder.
fn below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let names = repo::workspaces(folder)?;
    if names.is_empty() {
        return Err(UsageError(format!(
            "there is no workspace below {}: no folder there has a {CONFIGURATION}",
            folder.display()
        ))
        .into());
    }
    Ok(names.iter().map(|name| joined(folder, name)).collect())
}

/// A workspace by its path from a folder; without a needless `.`.
fn joined(folder: &Path, name: &str) -> PathBuf {
    match name {
        "." => folder.to_owned(),
        _ if folder == Path::new(".") => PathBuf::from(name),
        _ => folder.join(name),
    }
}

/// The path of a workspace from the root of the repository, `.` for the root.
pub(super) fn name_from(root: &Path, folder: &Path) -> anyhow::Result<String> {
    let folder = folder
        .canonicalize()
        .with_context(|| format!("{} can't be read", folder.display()))?;
    let inside = folder.strip_prefix(root).unwrap_or(&folder);
    let name = inside.to_string_lossy().replace('\\', "/");
    Ok(if name.is_empty() {
        ".".to_owned()
    } else {
        name
    })
}
