//! *Git* is the repository that a workspace lies in: its commits, what the files were at a commit, and
//! the refs that record what was applied.
//!
//! Nothing is fetched here and the work tree isn't touched. Only the files of this folder name `git2`.

use super::{CONFIGURATION, Error, Files, Selection};
use crate::{
    diagnostic::{Diagnostic, Rule},
    model::{Commit, Gap},
    source::{MAX_SIZE, Place, Source, Span},
};
use git2::{ErrorClass, ErrorCode, ObjectType, Oid, Repository, StatusOptions, Tree};
use std::{
    cell::RefCell,
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
    rc::Rc,
};

/// The mode of a symbolic link in a tree.
const LINK: i32 = 0o120_000;

/// The repository behind a workspace.
pub struct Git {
    pub(super) repository: Repository,
    root: PathBuf,
    /// The path from the root of the repository to the workspace, empty if they are the same.
    prefix: String,
    modules: RefCell<BTreeMap<String, Option<Rc<Repository>>>>,
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

/// One file of a workspace at a commit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Blob {
    /// The path, relative to the workspace, with `/` between its parts.
    pub name: String,
    /// The id of its content.
    pub id: Oid,
    /// The submodule that holds it, by its path from the root of the repository.
    module: Option<String>,
    is_link: bool,
}

impl Blob {
    /// Whether it is a symbolic link.
    #[must_use]
    pub const fn is_link(&self) -> bool {
        self.is_link
    }
}

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
            modules: RefCell::default(),
        })))
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

    /// The commit that is checked out; nothing before the first one.
    #[must_use]
    pub fn head(&self) -> Option<Commit> {
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

    /// Whether this clone has a commit.
    #[must_use]
    pub fn has(&self, commit: &str) -> bool {
        Oid::from_str(commit).is_ok_and(|id| self.repository.find_commit(id).is_ok())
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
        let mut options = StatusOptions::new();
        options
            .include_untracked(true)
            .recurse_untracked_dirs(true)
            .include_ignored(false)
            .disable_pathspec_match(true);
        if !self.prefix.is_empty() {
            options.pathspec(&self.prefix);
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
            let Some(name) = inside else { continue };
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
            walk.push_head()?;
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

    /// The id of a file at a commit, by its path from the root of the repository.
    ///
    /// # Errors
    /// The commit, or a tree of it, isn't in this clone.
    pub fn file_at(&self, commit: &str, path: &str) -> Result<Option<Oid>, Gap> {
        let root = Oid::from_str(commit)
            .and_then(|id| self.repository.find_commit(id))
            .and_then(|commit| commit.tree())
            .map_err(|error| missing(&error))?;
        match root.get_path(Path::new(path)) {
            Ok(entry) if entry.kind() == Some(ObjectType::Blob) => Ok(Some(entry.id())),
            Err(error) if error.code() != ErrorCode::NotFound => Err(missing(&error)),
            _ => Ok(None),
        }
    }

    /// The files of a folder at a commit; none if it wasn't there.
    ///
    /// # Errors
    /// What can't be read.
    pub fn files_in(
        &self,
        commit: &Commit,
        folder: &str,
        selection: &Selection,
    ) -> Result<Files, Gap> {
        let mut files = Files::default();
        let id = oid(commit).map_err(|error| Gap::new(error.to_string(), ""))?;
        let Some(tree) = self.tree_at(id, folder)? else {
            return Ok(files);
        };
        for blob in self.blobs(tree, folder, selection)? {
            match self.text(tree, &blob)? {
                Some(bytes) => files.take_sized(blob.name, &bytes),
                None => {
                    let place = Place::new(&Source::new(&*blob.name, ""), Span::default());
                    let message = "the link leads out of the workspace";
                    let found = Diagnostic::new(Rule::OutsideWorkspace, place, message);
                    files.report.add(found);
                }
            }
        }
        files.sources.sort_by(|a, b| a.name().cmp(b.name()));
        Ok(files)
    }

    /// The tree of a folder at a commit; nothing if it wasn't there.
    ///
    /// # Errors
    /// The commit, or a tree of it, isn't in this clone.
    pub fn tree_at(&self, commit: Oid, folder: &str) -> Result<Option<Oid>, Gap> {
        let root = self
            .repository
            .find_commit(commit)
            .and_then(|commit| commit.tree())
            .map_err(|error| missing(&error))?;
        if folder.is_empty() {
            return Ok(Some(root.id()));
        }
        match root.get_path(Path::new(folder)) {
            Ok(entry) if entry.kind() == Some(ObjectType::Tree) => Ok(Some(entry.id())),
            Err(error) if error.code() != ErrorCode::NotFound => Err(missing(&error)),
            _ => Ok(None),
        }
    }

    /// Every folder of a commit that is a workspace, with the id of its `callsheet.yaml`.
    ///
    /// # Errors
    /// A tree isn't in this clone.
    pub fn workspaces_at(&self, commit: &str) -> Result<Vec<(String, Oid)>, Gap> {
        let root = Oid::from_str(commit)
            .and_then(|id| self.repository.find_commit(id))
            .and_then(|commit| commit.tree())
            .map_err(|error| missing(&error))?;
        let mut found = Vec::new();
        let mut open = vec![(String::new(), root.id())];
        while let Some((folder, id)) = open.pop() {
            for entry in &tree_of(&self.repository, id)? {
                let Ok(name) = entry.name() else { continue };
                match entry.kind() {
                    Some(ObjectType::Tree) if !name.starts_with('.') => {
                        open.push((joined(&folder, name), entry.id()));
                    }
                    Some(ObjectType::Blob) if name == CONFIGURATION => {
                        found.push((folder.clone(), entry.id()));
                    }
                    _ => {}
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// The resource files of a workspace's tree, in order of name; those of submodules too, where they
    /// are checked out. `folder` is where the tree lies in the repository.
    ///
    /// # Errors
    /// A tree isn't in this clone, or a submodule isn't.
    pub fn blobs(&self, tree: Oid, folder: &str, selection: &Selection) -> Result<Vec<Blob>, Gap> {
        let mut blobs = Vec::new();
        let tree = tree_of(&self.repository, tree)?;
        self.collect(&self.repository, &tree, (folder, ""), None, &mut blobs)?;
        blobs.retain(|blob| !selection.excludes(&blob.name));
        blobs.sort();
        Ok(blobs)
    }

    fn collect(
        &self,
        repository: &Repository,
        tree: &Tree<'_>,
        (root, folder): (&str, &str),
        module: Option<&str>,
        blobs: &mut Vec<Blob>,
    ) -> Result<(), Gap> {
        for entry in tree {
            let Ok(name) = entry.name() else { continue };
            if name.starts_with('.') {
                continue;
            }
            let path = joined(folder, name);
            match entry.kind() {
                Some(ObjectType::Tree) => {
                    let inner = tree_of(repository, entry.id())?;
                    if inner.get_name(CONFIGURATION).is_none() {
                        self.collect(repository, &inner, (root, &path), module, blobs)?;
                    }
                }
                Some(ObjectType::Commit) => {
                    let whole = joined(root, &path);
                    let inner = self.module(&whole)?;
                    let commit = inner.find_commit(entry.id());
                    let tree = commit
                        .and_then(|commit| commit.tree())
                        .map_err(|_missing| no_module(&whole))?;
                    self.collect(&inner, &tree, (root, &path), Some(&whole), blobs)?;
                }
                Some(ObjectType::Blob) if super::is_resource_file(&path) => blobs.push(Blob {
                    name: path,
                    id: entry.id(),
                    module: module.map(str::to_owned),
                    is_link: entry.filemode() == LINK,
                }),
                _ => {}
            }
        }
        Ok(())
    }

    /// The repository of a submodule.
    fn module(&self, path: &str) -> Result<Rc<Repository>, Gap> {
        let mut modules = self.modules.borrow_mut();
        let module = modules.entry(path.to_owned()).or_insert_with(|| {
            let module = self.repository.find_submodule(path).ok()?;
            module.open().ok().map(Rc::new)
        });
        module.clone().ok_or_else(|| no_module(path))
    }

    /// The bytes of a file; nothing of a link that leads out of the workspace, and an empty file where
    /// there is more than is read.
    ///
    /// # Errors
    /// The file isn't in this clone.
    pub fn text(&self, tree: Oid, blob: &Blob) -> Result<Option<Vec<u8>>, Gap> {
        let module = blob
            .module
            .as_deref()
            .map(|path| self.module(path))
            .transpose()?;
        let repository = module.as_deref().unwrap_or(&self.repository);
        let bytes = |id: Oid| {
            let blob = repository.find_blob(id).map_err(|error| missing(&error))?;
            let content = blob.content();
            let fits = content.len() as u64 <= MAX_SIZE;
            Ok(if fits { content.to_vec() } else { Vec::new() })
        };
        if !blob.is_link {
            return bytes(blob.id).map(Some);
        }
        let target = String::from_utf8_lossy(&bytes(blob.id)?).into_owned();
        let folder = Path::new(&blob.name).parent().unwrap_or(Path::new(""));
        let mut path = PathBuf::new();
        for part in folder.join(target).components() {
            match part {
                Component::ParentDir if !path.pop() => return Ok(None),
                Component::RootDir | Component::Prefix(_) => return Ok(None),
                Component::Normal(part) => path.push(part),
                Component::ParentDir | Component::CurDir => {}
            }
        }
        let tree = tree_of(&self.repository, tree)?;
        let entry = tree.get_path(&path).ok();
        let entry = entry.filter(|entry| entry.kind() == Some(ObjectType::Blob));
        entry.map_or(Ok(Some(Vec::new())), |entry| bytes(entry.id()).map(Some))
    }

    /// The text of a file at a commit; nothing if it wasn't there.
    ///
    /// # Errors
    /// It isn't in this clone.
    pub fn text_at(&self, commit: &Commit, path: &str) -> Result<Option<String>, Gap> {
        let id = self.file_at(&commit.id, path)?;
        id.map(|id| self.blob(id)).transpose()
    }

    /// The name that this clone's configuration gives to the author of commits.
    #[must_use]
    pub fn author(&self) -> Option<String> {
        let signature = self.repository.signature().ok()?;
        signature.name().ok().map(str::to_owned)
    }

    /// The text of a blob of the repository itself.
    ///
    /// # Errors
    /// It isn't in this clone.
    pub fn blob(&self, id: Oid) -> Result<String, Gap> {
        let blob = self
            .repository
            .find_blob(id)
            .map_err(|error| missing(&error))?;
        Ok(String::from_utf8_lossy(blob.content()).into_owned())
    }
}

impl Files {
    /// Takes in what isn't too large.
    fn take_sized(&mut self, name: String, bytes: &[u8]) {
        if bytes.len() as u64 <= MAX_SIZE {
            self.take(name, bytes.to_vec());
        }
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

fn tree_of(repository: &Repository, id: Oid) -> Result<Tree<'_>, Gap> {
    repository.find_tree(id).map_err(|error| missing(&error))
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

fn missing(error: &git2::Error) -> Gap {
    Gap::new(
        format!(
            "an object of the history isn't in this clone ({})",
            error.message()
        ),
        "This is a partial clone or a damaged one; fetch everything: `git fetch --refetch --filter=blob:limit=1g origin`, or clone again without `--filter`.",
    )
}

fn no_module(path: &str) -> Gap {
    Gap::new(
        format!("the submodule {path} isn't in this clone as it was then"),
        "Check it out with its history: `git submodule update --init --recursive` (`submodules: recursive` and `fetch-depth: 0` for actions/checkout).",
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
