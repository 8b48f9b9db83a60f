//! The *record in Git*: a ref for each workspace and portal that leads to the commit that was applied
//! last. The ref names an annotated tag whose message is the [`Record`], so that one push carries both.

use super::{Error, Git, git::git};
use crate::model::{Commit, Record};
use git2::{ObjectType, Oid, Signature};
use std::{
    process::{Command, Stdio},
    str,
    sync::{Mutex, PoisonError},
};

/// Held while records are fetched: several workspaces are planned side by side.
static FETCH: Mutex<()> = Mutex::new(());

/// The remote that records are fetched from and pushed to.
const REMOTE: &str = "origin";

/// The ref of a workspace and a portal.
#[must_use]
pub(super) fn reference(workspace: &str, portal: &str) -> String {
    let name = Record::encoded_name(workspace);
    format!("refs/callsheet/{name}/{portal}/applied")
}

impl Git {
    /// The record of a workspace and a portal that this clone has.
    #[must_use]
    pub fn record(&self, workspace: &str, portal: &str) -> Option<Record> {
        let found = self
            .repository
            .find_reference(&reference(workspace, portal))
            .ok()?;
        let tag = found.peel(ObjectType::Tag).ok()?;
        let message = tag.as_tag()?.message().ok().flatten()?;
        Record::parse(message.trim())
    }

    /// Writes a record into this clone.
    ///
    /// # Errors
    /// The commit isn't in this clone, or the ref can't be written.
    pub fn set_record(&self, record: &Record) -> Result<(), Error> {
        let error = git("the record of what was applied can't be written");
        let name = reference(&record.workspace, &record.portal);
        let write = || -> Result<(), git2::Error> {
            let commit = self
                .repository
                .find_commit(Oid::from_str(&record.commit)?)?;
            let tagger = self
                .repository
                .signature()
                .or_else(|_| Signature::now("callsheet", "callsheet@localhost"))?;
            let tag = self.repository.tag_annotation_create(
                "callsheet-applied",
                commit.as_object(),
                &tagger,
                &record.text(),
            )?;
            self.repository
                .reference(&name, tag, true, "callsheet apply")
                .map(drop)
        };
        write().map_err(error)
    }

    /// Whether there is a remote that records can be fetched from and pushed to.
    #[must_use]
    pub fn has_remote(&self) -> bool {
        self.repository.find_remote(REMOTE).is_ok()
    }

    /// Fetches the record of a workspace and a portal with `git`, which knows the credentials.
    ///
    /// # Errors
    /// `git` isn't there, or can't fetch; a remote without a record is no error.
    pub fn fetch_record(&self, workspace: &str, portal: &str) -> Result<(), Error> {
        let name = reference(workspace, portal);
        let listed = self.run(&["ls-remote", REMOTE, &name])?;
        if listed.trim().is_empty() {
            return Ok(());
        }
        let refspec = format!("+{name}:{name}");
        // Git refuses a fetch while another one locks the repository.
        let _alone = FETCH.lock().unwrap_or_else(PoisonError::into_inner);
        self.run(&["fetch", "--quiet", "--no-tags", REMOTE, &refspec])
            .map(drop)
    }

    /// Fetches the commit that merges a pull request, or else the last one of its branch, with `git`. Nothing is
    /// checked out. `head` is the last commit of its branch, as the forge says it.
    ///
    /// # Errors
    /// It can't be fetched, or the pull request has other commits by now.
    pub fn fetch_pull(&self, number: u64, head: &str) -> Result<Commit, Error> {
        let mut fetched = Vec::new();
        for end in ["merge", "head"] {
            let local = format!("refs/callsheet-pull/{number}/{end}");
            let refspec = format!("+refs/pull/{number}/{end}:{local}");
            match self.run(&["fetch", "--quiet", "--no-tags", REMOTE, &refspec]) {
                Ok(_) => fetched.push(self.resolve(&local)?),
                Err(error) if end == "head" => return Err(error),
                Err(_) => {}
            }
        }
        let is_current = |commit: &Commit| {
            commit.id == head || self.parents(commit).iter().any(|parent| parent == head)
        };
        fetched.into_iter().find(is_current).ok_or_else(|| {
            Error::Git(format!(
                "the pull request {number} has other commits by now than the ones that this pipeline is about; the next run is about those"
            ))
        })
    }

    /// Pushes the record of a workspace and a portal with `git`.
    ///
    /// # Errors
    /// `git` isn't there, or the remote refuses.
    pub fn push_record(&self, workspace: &str, portal: &str) -> Result<(), Error> {
        let name = reference(workspace, portal);
        let refspec = format!("+{name}:{name}");
        self.run(&["push", "--quiet", REMOTE, &refspec]).map(drop)
    }

    fn run(&self, arguments: &[&str]) -> Result<String, Error> {
        let what = format!("`git {}`", arguments.join(" "));
        let output = Command::new("git")
            .current_dir(self.root())
            .args(arguments)
            .env("GIT_TERMINAL_PROMPT", "0")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| Error::Git(format!("{what} can't be run: {error}")))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = str::from_utf8(&output.stderr).unwrap_or_default();
        let last = said.lines().rev().find(|line| !line.trim().is_empty());
        Err(Error::Git(format!(
            "{what} failed: {}",
            last.unwrap_or("no message")
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::reference;

    #[test]
    fn names_that_differ_have_refs_that_differ() {
        let names = [
            "root", ".", "a/b", "a_b", "a_2fb", "A", "a", "東京", "大阪", "phones",
        ];
        let refs: std::collections::BTreeSet<String> =
            names.iter().map(|name| reference(name, "0")).collect();
        assert_eq!(refs.len(), names.len());
        assert!(refs.iter().all(|name| git2::Reference::is_valid_name(name)));
    }
}
