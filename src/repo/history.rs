//! A *history* is the commits of the Git repository that a workspace lies in: what was declared where
//! this change began, what was declared when it was last applied, and which commit removed what.
//!
//! Nothing is fetched and the work tree isn't touched. Only this file names `git2`.

use super::{CONFIGURATION, Error, Files};
use crate::{
    diagnostic::{Diagnostic, Report, Rule},
    model::{Address, Commit, Kind, Trace},
    source::{MAX_SIZE, Place, Source, Span},
    yaml,
};
use git2::{ObjectType, Oid, Repository, Tree};
use sha2::{Digest as _, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// How many commits are looked through for the one that removed something.
const FAR_ENOUGH: usize = 10_000;

/// The mode of a symbolic link in a tree.
const LINK: i32 = 0o120_000;

/// The commits behind a workspace.
pub struct History {
    repository: Repository,
    /// The path from the root of the repository to the workspace, empty if they are the same.
    prefix: String,
}

/// The declarations of one commit: each with a digest of its text.
type Declared = BTreeMap<Address, [u8; 32]>;

impl History {
    /// The history of the workspace in `folder`; nothing if it lies in no repository, or in one
    /// without commits.
    ///
    /// # Errors
    /// The repository can't be read.
    pub fn of(folder: &Path) -> Result<Option<Self>, Error> {
        let folder = folder.canonicalize().map_err(|source| Error::Folder {
            folder: folder.to_owned(),
            source,
        })?;
        let repository = match Repository::discover(&folder) {
            Ok(repository) => repository,
            Err(error) if error.code() == git2::ErrorCode::NotFound => return Ok(None),
            Err(error) => return Err(git("the repository can't be opened")(error)),
        };
        let Some(root) = repository
            .workdir()
            .and_then(|root| root.canonicalize().ok())
        else {
            return Ok(None);
        };
        let Ok(inside) = folder.strip_prefix(&root) else {
            return Ok(None);
        };
        let parts = inside
            .components()
            .map(|part| part.as_os_str().to_string_lossy().into_owned());
        let prefix = parts.collect::<Vec<_>>().join("/");
        // A repository that ignores the workspace has no history of it.
        if repository.head().is_err()
            || !prefix.is_empty() && repository.is_path_ignored(inside).unwrap_or(false)
        {
            return Ok(None);
        }
        Ok(Some(Self { repository, prefix }))
    }

    /// The ref that remembers what was last applied.
    fn applied_ref(&self) -> String {
        let workspace = if self.prefix.is_empty() {
            "root"
        } else {
            &self.prefix
        };
        let safe = |c: char| {
            if c.is_ascii_alphanumeric() || "/_-".contains(c) {
                c
            } else {
                '_'
            }
        };
        format!(
            "refs/callsheet/{}/applied",
            workspace.chars().map(safe).collect::<String>()
        )
    }

    /// The commit that is checked out.
    ///
    /// # Errors
    /// There is none.
    pub fn head(&self) -> Result<Commit, Error> {
        self.resolve("HEAD")
    }

    /// The commit that a revision names.
    ///
    /// # Errors
    /// It names none, or one that a shallow clone doesn't have.
    pub fn resolve(&self, revision: &str) -> Result<Commit, Error> {
        let object = self
            .repository
            .revparse_single(revision)
            .and_then(|object| object.peel_to_commit());
        let commit = object.map_err(|error| self.unknown(revision, &error))?;
        Ok(described(&commit))
    }

    fn unknown(&self, revision: &str, error: &git2::Error) -> Error {
        let shallow = self.repository.is_shallow();
        let hint = if shallow {
            "; this clone is shallow: fetch the whole history (`fetch-depth: 0` for actions/checkout)"
        } else {
            ""
        };
        Error::Git(format!(
            "`{revision}` is no commit here: {}{hint}",
            error.message()
        ))
    }

    /// Where two commits parted.
    ///
    /// # Errors
    /// They have no common ancestor here.
    pub fn merge_base(&self, one: &Commit, other: &Commit) -> Result<Commit, Error> {
        let base = self.oid(one).and_then(|one| Ok((one, self.oid(other)?)));
        let (one_id, other_id) = base?;
        let base = self.repository.merge_base(one_id, other_id);
        let base = base.map_err(|error| {
            self.unknown(
                &format!("the merge base of {} and {}", one.short(), other.short()),
                &error,
            )
        })?;
        self.resolve(&base.to_string())
    }

    fn oid(&self, commit: &Commit) -> Result<Oid, Error> {
        Oid::from_str(&commit.id).map_err(git("a commit has no id"))
    }

    /// The commit that was last applied, as far as this clone knows.
    #[must_use]
    pub fn applied(&self) -> Option<Commit> {
        let reference = self.repository.find_reference(&self.applied_ref()).ok()?;
        Some(described(&reference.peel_to_commit().ok()?))
    }

    /// Remembers what was applied.
    ///
    /// # Errors
    /// The ref can't be written.
    pub fn remember_applied(&self, commit: &Commit) -> Result<(), Error> {
        let id = self.oid(commit)?;
        let written = self
            .repository
            .reference(&self.applied_ref(), id, true, "callsheet apply");
        written
            .map(drop)
            .map_err(git("the ref of what was applied can't be written"))
    }

    /// The files of the workspace at a commit; none if it wasn't there.
    ///
    /// # Errors
    /// The repository can't be read.
    pub fn files_at(&self, commit: &Commit) -> Result<Files, Error> {
        let mut files = Files::default();
        if let Some(tree) = self.workspace_at(self.oid(commit)?)? {
            self.each_file(&tree, "", &mut |name, id, link| {
                if link {
                    self.take_link(&tree, name, id, &mut files);
                } else if let Ok(blob) = self.repository.find_blob(id) {
                    files.take_sized(name.to_owned(), blob.content());
                }
            });
        }
        files.sources.sort_by(|a, b| a.name().cmp(b.name()));
        Ok(files)
    }

    /// A link is followed only to a file of the same workspace.
    fn take_link(&self, tree: &Tree<'_>, name: &str, id: Oid, files: &mut Files) {
        let Ok(blob) = self.repository.find_blob(id) else {
            return;
        };
        let target = String::from_utf8_lossy(blob.content()).into_owned();
        let folder = Path::new(name).parent().unwrap_or(Path::new(""));
        let mut path = std::path::PathBuf::new();
        for part in folder.join(target).components() {
            match part {
                std::path::Component::ParentDir if !path.pop() => {
                    let place = Place::new(&Source::new(name, ""), Span::default());
                    let message = "the link leads out of the workspace";
                    files
                        .report
                        .add(Diagnostic::new(Rule::OutsideWorkspace, place, message));
                    return;
                }
                std::path::Component::Normal(part) => path.push(part),
                _ => {}
            }
        }
        let entry = tree
            .get_path(&path)
            .ok()
            .and_then(|entry| self.repository.find_blob(entry.id()).ok());
        if let Some(blob) = entry {
            files.take_sized(name.to_owned(), blob.content());
        }
    }

    /// The tree of the workspace at a commit.
    fn workspace_at(&self, commit: Oid) -> Result<Option<Tree<'_>>, Error> {
        let read = git("a commit can't be read");
        let root = self
            .repository
            .find_commit(commit)
            .and_then(|commit| commit.tree())
            .map_err(read)?;
        if self.prefix.is_empty() {
            return Ok(Some(root));
        }
        let entry = root.get_path(Path::new(&self.prefix)).ok();
        Ok(entry.and_then(|entry| self.repository.find_tree(entry.id()).ok()))
    }

    /// Shows `see` every resource file of a tree: its name, its blob, whether it is a link.
    fn each_file(&self, tree: &Tree<'_>, folder: &str, see: &mut dyn FnMut(&str, Oid, bool)) {
        for entry in tree {
            let Ok(name) = entry.name() else { continue };
            if name.starts_with('.') {
                continue;
            }
            let path = if folder.is_empty() {
                name.to_owned()
            } else {
                format!("{folder}/{name}")
            };
            match entry.kind() {
                Some(ObjectType::Tree) => {
                    let Ok(inner) = self.repository.find_tree(entry.id()) else {
                        continue;
                    };
                    if inner.get_name(CONFIGURATION).is_none() {
                        self.each_file(&inner, &path, see);
                    }
                }
                Some(ObjectType::Blob)
                    if [".yaml", ".yml"].iter().any(|end| name.ends_with(end)) =>
                {
                    see(&path, entry.id(), entry.filemode() == LINK);
                }
                _ => {}
            }
        }
    }

    /// Looks back from HEAD along first parents, as far as `since` or to the beginning: which commit
    /// removed what HEAD no longer declares, which last changed what it does.
    ///
    /// # Errors
    /// The repository can't be read.
    pub fn trace(
        &self,
        since: Option<&Commit>,
        wanted: &BTreeSet<Address>,
    ) -> Result<Trace, Error> {
        let mut trace = Trace::default();
        let mut blobs: BTreeMap<Oid, Declared> = BTreeMap::new();
        let since = since.map(|commit| self.oid(commit)).transpose()?;
        let read = "a commit can't be read";
        let mut at = self
            .repository
            .head()
            .and_then(|head| head.peel_to_commit())
            .map_err(git(read))?;
        let head = self.declared_at(at.id(), &mut blobs)?;
        let mut later = head.clone();
        for _ in 0..FAR_ENOUGH {
            let known = |address: &&Address| {
                trace.removed.contains_key(*address) || trace.changed.contains_key(*address)
            };
            if since == Some(at.id()) || wanted.iter().all(|address| known(&address)) {
                break;
            }
            let Ok(parent) = at.parent(0) else {
                for address in wanted.iter().filter(|address| later.contains_key(address)) {
                    trace
                        .changed
                        .entry(address.clone())
                        .or_insert_with(|| described(&at));
                }
                break;
            };
            let earlier = self.declared_at(parent.id(), &mut blobs)?;
            for address in wanted {
                match (earlier.get(address), later.get(address)) {
                    (Some(_), None) if !head.contains_key(address) => {
                        trace
                            .removed
                            .entry(address.clone())
                            .or_insert_with(|| described(&at));
                    }
                    (before, now @ Some(_)) if before != now && head.contains_key(address) => {
                        trace
                            .changed
                            .entry(address.clone())
                            .or_insert_with(|| described(&at));
                    }
                    _ => {}
                }
            }
            later = earlier;
            at = parent;
        }
        Ok(trace)
    }

    /// What one commit declares; a file that didn't change is not read again.
    fn declared_at(
        &self,
        commit: Oid,
        blobs: &mut BTreeMap<Oid, Declared>,
    ) -> Result<Declared, Error> {
        let mut declared = Declared::new();
        if let Some(tree) = self.workspace_at(commit)? {
            self.each_file(&tree, "", &mut |_, id, link| {
                if !link {
                    let of_file = blobs.entry(id).or_insert_with(|| self.declared_in(id));
                    declared.extend(
                        of_file
                            .iter()
                            .map(|(address, digest)| (address.clone(), *digest)),
                    );
                }
            });
        }
        Ok(declared)
    }

    fn declared_in(&self, blob: Oid) -> Declared {
        let Ok(blob) = self.repository.find_blob(blob) else {
            return Declared::new();
        };
        let Ok(text) = std::str::from_utf8(blob.content()) else {
            return Declared::new();
        };
        let source = Source::new("", text);
        let root = yaml::parse(&source, &mut Report::default());
        let mut declared = Declared::new();
        for entry in root.entries() {
            let Ok(kind) = entry.key.of(&source).parse::<Kind>() else {
                continue;
            };
            for resource in entry.value.entries() {
                // A portal knows a user by the username.
                let username = resource
                    .value
                    .get(&source, "username")
                    .and_then(|entry| entry.value.text(&source));
                let key = username
                    .filter(|_| kind == Kind::Users)
                    .unwrap_or(resource.key.of(&source));
                let digest = Sha256::digest(source.slice(resource.value.span));
                declared.insert(Address::new(kind, key), digest.into());
            }
        }
        declared
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

fn git(what: &'static str) -> impl Fn(git2::Error) -> Error {
    move |error| Error::Git(format!("{what}: {}", error.message()))
}

fn described(commit: &git2::Commit<'_>) -> Commit {
    Commit {
        id: commit.id().to_string(),
        author: commit.author().name().unwrap_or("unknown").to_owned(),
        summary: commit.summary().ok().flatten().unwrap_or("").to_owned(),
    }
}
