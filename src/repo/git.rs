//! *Git* is the repository that a workspace lies in: its commits, what the files were at a commit, and
//! the refs that record what was applied.
//!
//! Nothing is fetched here and the work tree isn't touched. Only the files of this folder name `git2`.

use super::{Error, Selection};
use crate::model::{Commit, Gap};
use git2::{ErrorClass, ErrorCode, Oid, Repository, StatusOptions};
use std::{
    cell::RefCell,
    collections::BTreeMap,
    path::{Path, PathBuf},
    rc::Rc,
};

/// The repository behind a workspace.
pub struct Git {
    pub(super) repository: Repository,
    root: PathBuf,
    /// The path from the root of the repository to the workspace, empty if they are the same.
    prefix: String,
    /// The commit that is looked at, if it isn't the one that is checked out.
    at: Option<Oid>,
    /// The submodules that are checked out, by their path from the root.
    pub(super) modules: RefCell<BTreeMap<String, Option<Rc<Repository>>>>,
}

/// What is known of the repository of a workspace.
pub enum Found {
    /// The workspace lies in no repository, or in one that ignores it.
    Nothing,
    /// There is one, and this version can't read it.
    Unreadable(Gap),
    /// It can be read.
    Repository(Box<Git>),
}

/// One commit on the way back from HEAD.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its id.
    pub id: Oid,
    /// The ids of its parents, as far as this clone has them.
    pub parents: Vec<Oid>,
    /// Whether it has parents that this clone doesn't have.
    pub is_boundary: bool,
}

/// How many commits are looked at.
const FAR_ENOUGH: usize = 200_000;

impl Git {
    /// Finds the repository of the workspace in `folder`.
    ///
    /// # Errors
    /// The folder can't be read.
    pub fn find(folder: &Path) -> Result<Found, Error> {
        let folder = folder.canonicalize().map_err(|source| Error::Folder {
            folder: folder.to_owned(),
            source,
        })?;
        let repository = match Repository::discover(&folder) {
            Ok(repository) => repository,
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(Found::Nothing),
            Err(error) => return Ok(Found::Unreadable(unreadable(&folder, &error))),
        };
        let root = repository
            .workdir()
            .and_then(|root| root.canonicalize().ok());
        let Some(root) = root else {
            return Ok(Found::Nothing);
        };
        let Ok(inside) = folder.strip_prefix(&root) else {
            return Ok(Found::Nothing);
        };
        let prefix = slashed(inside);
        if !prefix.is_empty() && repository.is_path_ignored(inside).unwrap_or(false) {
            return Ok(Found::Nothing);
        }
        Ok(Found::Repository(Box::new(Self {
            repository,
            root,
            prefix,
            at: None,
            modules: RefCell::default(),
        })))
    }

    /// The same repository, as if a commit were checked out: the work tree isn't looked at.
    ///
    /// # Errors
    /// The commit isn't in this clone.
    pub fn at(mut self, commit: &Commit) -> Result<Self, Error> {
        self.at = Some(oid(commit)?);
        Ok(self)
    }

    /// Whether the work tree is looked at, and not a commit.
    #[must_use]
    pub const fn has_work_tree(&self) -> bool {
        self.at.is_none()
    }

    /// The path from the root of the repository to the workspace.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The root of the work tree.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The commit that is checked out or looked at; nothing before the first one.
    #[must_use]
    pub fn head(&self) -> Option<Commit> {
        if let Some(at) = self.at {
            return Some(self.described(at));
        }
        let head = self.repository.head().ok()?.peel_to_commit().ok()?;
        Some(described(&head))
    }

    /// The commit that a revision names.
    ///
    /// # Errors
    /// It names none, or one that this clone doesn't have.
    pub fn resolve(&self, revision: &str) -> Result<Commit, Error> {
        let object = self
            .repository
            .revparse_single(revision)
            .and_then(|object| object.peel_to_commit());
        match object {
            Ok(commit) => Ok(described(&commit)),
            Err(_) => Err(self.unknown(revision)),
        }
    }

    fn unknown(&self, revision: &str) -> Error {
        let branch = revision.strip_prefix("origin/");
        let help = if self.is_shallow() {
            "this clone is shallow; fetch the whole history: `fetch-depth: 0` for actions/checkout, or `git fetch --unshallow`".to_owned()
        } else if let Some(branch) = branch {
            format!("fetch it: `git fetch origin {branch}`")
        } else {
            "`git log --oneline` lists the commits of this clone".to_owned()
        };
        Error::Git(format!("unknown revision `{revision}`; {help}"))
    }

    /// The ids of a commit's parents.
    pub(super) fn parents(&self, commit: &Commit) -> Vec<String> {
        let found = oid(commit).and_then(|id| {
            let found = self.repository.find_commit(id);
            found.map_err(git("the commit can't be read"))
        });
        found.map_or_else(
            |_| Vec::new(),
            |commit| commit.parent_ids().map(|id| id.to_string()).collect(),
        )
    }

    /// Whether this clone has a part of the history only.
    #[must_use]
    pub fn is_shallow(&self) -> bool {
        self.repository.is_shallow()
    }

    /// The commits whose parents a shallow clone doesn't have.
    pub(super) fn boundary(&self) -> Vec<Oid> {
        let text = std::fs::read_to_string(self.repository.commondir().join("shallow"));
        let text = text.unwrap_or_default();
        text.lines()
            .filter_map(|line| Oid::from_str(line.trim()).ok())
            .collect()
    }

    /// The commit at which two commits parted.
    ///
    /// # Errors
    /// They have no common ancestor in this clone.
    pub fn merge_base(&self, one: &Commit, other: &Commit) -> Result<Commit, Error> {
        let base =
            self.repository
                .merge_base(oid(one)?, oid(other)?)
                .map_err(|_no_common_ancestor| {
                    let both = format!("the merge base of {} and {}", one.short(), other.short());
                    self.unknown(&both)
                })?;
        self.resolve(&base.to_string())
    }

    /// Whether one commit is an ancestor of another, and not that commit itself.
    #[must_use]
    pub fn is_ancestor(&self, ancestor: &Commit, descendant: &Commit) -> bool {
        let ids = oid(ancestor).and_then(|one| Ok((one, oid(descendant)?)));
        ids.is_ok_and(|(one, other)| {
            self.repository
                .graph_descendant_of(other, one)
                .unwrap_or(false)
        })
    }

    /// Files of the workspace that differ from what is committed, as Git sees them, filters of line ends
    /// included. `selection` says which files belong to the workspace.
    ///
    /// # Errors
    /// The work tree can't be compared.
    pub fn uncommitted(&self, selection: &Selection) -> Result<Vec<String>, Error> {
        if self.at.is_some() {
            return Ok(Vec::new());
        }
        let mut options = StatusOptions::new();
        options
            .include_untracked(true)
            .recurse_untracked_dirs(true)
            .include_ignored(false)
            .disable_pathspec_match(true);
        let included = selection.included(&self.prefix);
        if !self.prefix.is_empty() {
            options.pathspec(&self.prefix);
            for (_, path) in &included {
                options.pathspec(path);
            }
        }
        let statuses = self
            .repository
            .statuses(Some(&mut options))
            .map_err(git("the work tree can't be compared with HEAD"))?;
        let mut files = Vec::new();
        for entry in &statuses {
            let Ok(path) = entry.path() else { continue };
            let inside = if self.prefix.is_empty() {
                Some(path)
            } else {
                path.strip_prefix(&self.prefix)
                    .and_then(|rest| rest.strip_prefix('/'))
            };
            let Some(name) = inside else {
                let shared = included.iter().find_map(|(name, root)| {
                    let rest = path.strip_prefix(&**root)?;
                    (rest.is_empty() || rest.starts_with('/')).then(|| format!("{name}{rest}"))
                });
                files.extend(shared.filter(|name| super::include::is_included_file(name)));
                continue;
            };
            let is_module = self.repository.find_submodule(path).is_ok();
            let belongs = is_module || super::is_resource_file(name) && !selection.excludes(name);
            if belongs && !entry.status().is_ignored() {
                files.push(name.to_owned());
            }
        }
        files.sort();
        Ok(files)
    }

    /// HEAD and its ancestors, children before their parents; without `since` and its ancestors.
    ///
    /// # Errors
    /// A commit isn't in this clone, or there are more than are looked at.
    pub fn ancestors(&self, since: Option<&Commit>) -> Result<Vec<Step>, Gap> {
        let boundary = self.boundary();
        let walk = || -> Result<Vec<Step>, git2::Error> {
            let mut walk = self.repository.revwalk()?;
            walk.set_sorting(git2::Sort::TOPOLOGICAL | git2::Sort::TIME)?;
            match self.at {
                Some(at) => walk.push(at)?,
                None => walk.push_head()?,
            }
            if let Some(since) = since.and_then(|commit| Oid::from_str(&commit.id).ok()) {
                walk.hide(since)?;
            }
            let mut steps = Vec::new();
            for id in walk.take(FAR_ENOUGH + 1) {
                let id = id?;
                let is_boundary = boundary.contains(&id);
                let commit = self.repository.find_commit(id)?;
                let parents = commit.parent_ids().filter(|_| !is_boundary);
                steps.push(Step {
                    id,
                    parents: parents.collect(),
                    is_boundary,
                });
            }
            Ok(steps)
        };
        let steps = walk().map_err(|error| missing(&error))?;
        if steps.len() > FAR_ENOUGH {
            return Err(Gap::new(
                format!(
                    "there are more than {FAR_ENOUGH} commits since the last one that is known to be applied"
                ),
                "Name the commit that was last applied: `--applied REV`.",
            ));
        }
        Ok(steps)
    }

    /// A commit by its id.
    #[must_use]
    pub fn described(&self, id: Oid) -> Commit {
        self.repository.find_commit(id).map_or_else(
            |_| Commit {
                id: id.to_string(),
                author: "unknown".to_owned(),
                summary: String::new(),
            },
            |commit| described(&commit),
        )
    }

    /// The name that this clone's configuration gives to the author of commits.
    #[must_use]
    pub fn author(&self) -> Option<String> {
        let signature = self.repository.signature().ok()?;
        signature.name().ok().map(str::to_owned)
    }
}

pub(super) fn git(what: &'static str) -> impl Fn(git2::Error) -> Error {
    move |error| Error::Git(format!("{what}: {}", error.message()))
}

pub(super) fn described(commit: &git2::Commit<'_>) -> Commit {
    Commit {
        id: commit.id().to_string(),
        author: commit.author().name().unwrap_or("unknown").to_owned(),
        summary: commit.summary().ok().flatten().unwrap_or("").to_owned(),
    }
}

/// The id of a commit, as libgit2 has it.
///
/// # Errors
/// It isn't one.
pub(super) fn oid(commit: &Commit) -> Result<Oid, Error> {
    Oid::from_str(&commit.id).map_err(git("a commit has no id"))
}

/// Two parts of a path, with `/` between them.
#[must_use]
pub fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// A relative path, with `/` between its parts.
pub(super) fn slashed(path: &Path) -> String {
    let parts = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned());
    parts.collect::<Vec<_>>().join("/")
}

pub(super) fn missing(error: &git2::Error) -> Gap {
    Gap::new(
        format!(
            "an object of the history isn't in this clone ({})",
            error.message()
        ),
        "This is a partial clone or a damaged one; fetch everything: `git fetch --refetch --filter=blob:limit=1g origin`, or clone again without `--filter`.",
    )
}

/// Why a repository can't be opened, and what its owner can do.
fn unreadable(folder: &Path, error: &git2::Error) -> Gap {
    let root = folder
        .ancestors()
        .find(|folder| folder.join(".git").exists())
        .unwrap_or(folder);
    let message = error.message();
    let shown = root.display();
    if error.code() == ErrorCode::Owner {
        return Gap::new(
            format!("the repository {shown} belongs to another user"),
            format!("If you trust it: `git config --global --add safe.directory {shown}`."),
        );
    }
    if message.contains("refstorage") || error.class() == ErrorClass::Reference {
        return Gap::new(
            "the repository keeps its refs as reftables, which this version can't read",
            "Convert them: `git refs migrate --ref-format=files`.",
        );
    }
    if message.contains("objectformat") || message.contains("object format") {
        return Gap::new(
            "the repository uses SHA-256 object ids, which this version can't read",
            "Use a repository with SHA-1 ids: `git init --object-format=sha1`, then `git fast-export --all | git fast-import`.",
        );
    }
    Gap::new(
        format!("the repository {shown} can't be opened: {message}"),
        "Check it with `git status`.",
    )
}
