//! A *tree* is what a commit holds of a folder: the files of a workspace as they were then, those of
//! submodules and behind links included.

use super::{
    Attachments, CONFIGURATION, Files, Git, Selection,
    git::{joined, missing, oid},
};
use crate::{
    diagnostic::{Diagnostic, Rule},
    model::{Commit, Gap},
    source::{MAX_SIZE, Place, Source, Span},
};
use git2::{ErrorCode, ObjectType, Oid, Repository, Tree};
use std::{
    path::{Component, Path, PathBuf},
    rc::Rc,
};

/// The mode of a symbolic link in a tree.
const LINK: i32 = 0o120_000;

/// What a commit holds of a workspace: its own tree, and what it includes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holdings {
    own: Oid,
    /// The name of each included path, and what is there.
    included: Vec<(String, Option<Oid>)>,
}

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
    /// Whether it lies outside of the folder.
    is_included: bool,
}

impl Blob {
    /// Whether it is a symbolic link.
    #[must_use]
    pub const fn is_link(&self) -> bool {
        self.is_link
    }
}

impl Git {
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
        let Some(holdings) = self.holdings(id, folder, &selection.included(folder))? else {
            return Ok(files);
        };
        files.attachments = Attachments::Tree(self.repository.path().to_owned(), holdings.own);
        for blob in self.blobs(&holdings, folder, selection)? {
            match self.text(&holdings, &blob)? {
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

    /// What a commit holds of a workspace in `folder` that includes some paths, as [`Selection::included`] names
    /// them; nothing if it wasn't there.
    ///
    /// # Errors
    /// The commit, or a tree of it, isn't in this clone.
    pub fn holdings(
        &self,
        commit: Oid,
        folder: &str,
        include: &[(String, String)],
    ) -> Result<Option<Holdings>, Gap> {
        let Some(own) = self.tree_at(commit, folder)? else {
            return Ok(None);
        };
        let mut included = Vec::with_capacity(include.len());
        if !include.is_empty() {
            let root = self
                .repository
                .find_commit(commit)
                .and_then(|commit| commit.tree())
                .map_err(|error| missing(&error))?;
            for (name, path) in include {
                let entry = match root.get_path(Path::new(path)) {
                    Ok(entry) => Some(entry.id()),
                    Err(error) if error.code() == ErrorCode::NotFound => None,
                    Err(error) => return Err(missing(&error)),
                };
                included.push((name.clone(), entry));
            }
        }
        Ok(Some(Holdings { own, included }))
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
    pub fn blobs(
        &self,
        holdings: &Holdings,
        folder: &str,
        selection: &Selection,
    ) -> Result<Vec<Blob>, Gap> {
        let mut blobs = Vec::new();
        let tree = tree_of(&self.repository, holdings.own)?;
        self.collect(&self.repository, &tree, (folder, ""), None, &mut blobs)?;
        for (name, id) in &holdings.included {
            let Some(id) = id else { continue };
            self.collect_included(name, *id, &mut blobs)?;
        }
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
                    is_included: false,
                }),
                _ => {}
            }
        }
        Ok(())
    }

    /// Collects an included file, or every resource file of an included folder.
    fn collect_included(&self, name: &str, id: Oid, blobs: &mut Vec<Blob>) -> Result<(), Gap> {
        let object = self.repository.find_object(id, None);
        let object = object.map_err(|error| missing(&error))?;
        let of = |name: String, id: Oid, is_link: bool| Blob {
            name,
            id,
            module: None,
            is_link,
            is_included: true,
        };
        let Some(tree) = object.as_tree() else {
            if super::include::is_included_file(name) {
                blobs.push(of(name.to_owned(), id, false));
            }
            return Ok(());
        };
        for entry in tree {
            let Ok(own) = entry.name() else { continue };
            let path = joined(name, own);
            match entry.kind() {
                Some(ObjectType::Tree) if !own.starts_with('.') => {
                    let inner = tree_of(&self.repository, entry.id())?;
                    if inner.get_name(CONFIGURATION).is_none() {
                        self.collect_included(&path, entry.id(), blobs)?;
                    }
                }
                Some(ObjectType::Blob) if super::include::is_included_file(&path) => {
                    blobs.push(of(path, entry.id(), entry.filemode() == LINK));
                }
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
    pub fn text(&self, holdings: &Holdings, blob: &Blob) -> Result<Option<Vec<u8>>, Gap> {
        if blob.is_included && blob.is_link {
            return Ok(None);
        }
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
        let tree = tree_of(&self.repository, holdings.own)?;
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

fn tree_of(repository: &Repository, id: Oid) -> Result<Tree<'_>, Gap> {
    repository.find_tree(id).map_err(|error| missing(&error))
}

fn no_module(path: &str) -> Gap {
    Gap::new(
        format!("the submodule {path} isn't in this clone as it was then"),
        "Check it out with its history: `git submodule update --init --recursive` (`submodules: recursive` and `fetch-depth: 0` for actions/checkout).",
    )
}
