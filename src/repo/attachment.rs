//! An *attachment* is a file to which a resource refers, such as a greeting. It is read from where the files of
//! the workspace are: the disk, or a commit.

use super::file;
use git2::{Oid, Repository};
use std::path::{Path, PathBuf};

/// The maximum size of an attachment.
pub const MAX_ATTACHMENT: u64 = 10 << 20;

/// Where the attachments of a workspace are.
#[derive(Clone, Debug, Default)]
pub enum Attachments {
    /// Nowhere: the files are only text.
    #[default]
    Nowhere,
    /// In a folder of the disk.
    Folder(PathBuf),
    /// In a tree of a repository.
    Tree(PathBuf, Oid),
}

impl Attachments {
    /// The bytes of an attachment, by its path in the workspace; nothing where there are no attachments.
    ///
    /// # Errors
    /// Why it can't be read.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let bytes = match self {
            Self::Nowhere => return Ok(None),
            Self::Folder(folder) => from_disk(folder, path)?,
            Self::Tree(repository, tree) => from_tree(repository, *tree, path)?,
        };
        if bytes.len() as u64 > MAX_ATTACHMENT {
            return Err(format!("it is larger than {} MiB", MAX_ATTACHMENT >> 20));
        }
        Ok(Some(bytes))
    }
}

fn from_disk(folder: &Path, path: &str) -> Result<Vec<u8>, String> {
    let message = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => error.to_string(),
    };
    let root = folder.canonicalize().map_err(message)?;
    let found = root.join(path).canonicalize().map_err(message)?;
    if !found.starts_with(&root) {
        return Err("the link leads out of the workspace".to_owned());
    }
    let size = found.metadata().map_err(message)?.len();
    if size > MAX_ATTACHMENT {
        return Err(format!("it is larger than {} MiB", MAX_ATTACHMENT >> 20));
    }
    file::read(&found).map_err(|error| error.to_string())
}

fn from_tree(repository: &Path, tree: Oid, path: &str) -> Result<Vec<u8>, String> {
    let message = |error: git2::Error| match error.code() {
        git2::ErrorCode::NotFound => "there is no such file in the commit".to_owned(),
        _ => error.message().to_owned(),
    };
    let repository = Repository::open(repository).map_err(message)?;
    let tree = repository.find_tree(tree).map_err(message)?;
    let entry = tree.get_path(Path::new(path)).map_err(message)?;
    if entry.filemode() == i32::from(git2::FileMode::Link) {
        return Err("it is a link, which isn't followed in a commit".to_owned());
    }
    let blob = entry
        .to_object(&repository)
        .and_then(|one| one.peel_to_blob());
    Ok(blob.map_err(message)?.content().to_vec())
}
