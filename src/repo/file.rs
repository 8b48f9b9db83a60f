//! A *file* is read only if it is a plain one: a pipe or a device has no end, and a folder has no text.

use crate::source::MAX_SIZE;
use std::{
    fs::{File, FileType},
    io::{self, Read as _},
    path::Path,
};

/// The reason why a file can't be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// Not a plain file.
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
    /// Larger than [`MAX_SIZE`].
    #[error("the file is larger than {} MiB", MAX_SIZE >> 20)]
    TooLarge,
    /// The disk.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads a file.
///
/// # Errors
/// It is not a plain file, is too large, or can't be read.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    // Opening a pipe would wait for a writer, so this is checked first.
    if let Some(what) = other_than_file(std::fs::metadata(path)?.file_type()) {
        return Err(Error::NotAFile(what));
    }
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    // The size that a file states may be wrong, or out of date.
    file.take(MAX_SIZE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_SIZE {
        return Err(Error::TooLarge);
    }
    Ok(bytes)
}

/// The kind of a file that is not a plain one.
#[must_use]
pub fn other_than_file(kind: FileType) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt as _;
    if kind.is_file() {
        None
    } else if kind.is_dir() {
        Some("a directory")
    } else if kind.is_fifo() {
        Some("a named pipe")
    } else if kind.is_socket() {
        Some("a socket")
    } else {
        Some("a device")
    }
}
