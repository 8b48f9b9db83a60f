//! A *commit* is one change of the files: its id, its author and its subject, as a plan names it.

/// One commit, as a plan names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The full id, in hexadecimal.
    pub id: String,
    /// The author's name.
    pub author: String,
    /// The first line of the message.
    pub summary: String,
}

impl Commit {
    /// The first seven characters of the id.
    #[must_use]
    pub fn short(&self) -> &str {
        self.id.get(..7).unwrap_or(&self.id)
    }
}
