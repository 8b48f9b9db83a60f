//! A *history* is what the commits of a workspace declared: the files at a commit, and the answers that
//! the ancestors of HEAD give to the questions of a plan.
//!
//! A commit is evidence only if its `callsheet.yaml`, under the name of this workspace, spoke of the same
//! portal and tenant: what was declared for another portal says nothing about this one.

mod part;
mod place;
mod walk;

use crate::{
    desired,
    model::{Address, Ancestry, Capabilities, Commit, Gap, PortalIdentity, Version},
    repo::{CONFIGURATION, Files, Git, Selection, from_root, joined},
};
use jiff::civil::Date;
use place::Places;
use std::collections::{BTreeMap, BTreeSet};

/// The commits of a workspace.
pub struct History {
    /// The repository.
    pub git: Git,
    /// Which files belong to the workspace.
    pub selection: Selection,
    places: Places,
}

/// Says whether a version explains what is live of a resource.
pub type Answered<'a> = &'a dyn Fn(&Address, &Version) -> bool;

/// What a plan asks of a history.
pub struct Questions<'a> {
    /// Live objects that HEAD doesn't declare, by the keys that the portal knows them by.
    pub objects: BTreeSet<Address>,
    /// Declared resources that differ from what is live.
    pub resources: BTreeSet<Address>,
    /// The addresses that declared resources say they had, by the address that they have.
    pub previously: BTreeMap<Address, Address>,
    /// What the portal knows resources by.
    pub capabilities: &'a Capabilities,
    /// Whether an earlier declaration explains all that is live of a resource, so that none older is
    /// looked for. Nothing where the commit that was last applied is known: then versions aren't read.
    pub is_answered: Option<Answered<'a>>,
}

impl History {
    /// The history of a workspace. `name` is the one that its configuration gives it, if it does.
    #[must_use]
    pub fn new(git: Git, selection: Selection, name: Option<&str>, portal: PortalIdentity) -> Self {
        let places = Places::new(&git, name, portal);
        Self {
            git,
            selection,
            places,
        }
    }

    /// The name of the workspace: what its configuration says, else its path in the repository, and `.`
    /// for the root.
    #[must_use]
    pub fn name(&self) -> &str {
        self.places.name()
    }

    /// The files of the workspace at a commit, wherever they lay; none if the commit is no evidence for
    /// this portal.
    ///
    /// # Errors
    /// What can't be read.
    pub fn files_at(&self, commit: &Commit) -> Result<Files, Gap> {
        match self.places.at(&self.git, &commit.id)? {
            Some(place) => {
                let selection = self.selection.including(&place.include);
                self.git.files_in(commit, &place.folder, &selection)
            }
            None => Ok(Files::default()),
        }
    }

    /// Whether the files of a commit are those that its folder and its selection of today name.
    ///
    /// # Errors
    /// What can't be read.
    pub fn is_in_place(&self, commit: &Commit) -> Result<bool, Gap> {
        let place = self.places.at(&self.git, &commit.id)?;
        let prefix = self.git.prefix();
        Ok(place.is_some_and(|place| {
            place.folder == prefix && place.include == self.selection.included(prefix)
        }))
    }

    /// Whether the workspace is part of a commit.
    #[must_use]
    pub fn is_committed(&self, commit: &Commit) -> bool {
        let path = format!("{}/{CONFIGURATION}", self.git.prefix());
        let file = self.git.file_at(&commit.id, path.trim_start_matches('/'));
        !matches!(file, Ok(None))
    }

    /// What the other workspaces of a commit declare for the same portal, by the key that the portal
    /// knows it by: the file and the line.
    ///
    /// # Errors
    /// What can't be read.
    pub fn elsewhere(
        &self,
        commit: &Commit,
        today: Date,
        capabilities: &Capabilities,
    ) -> Result<BTreeMap<Address, String>, Gap> {
        let mut found = BTreeMap::new();
        for folder in self.places.others(&self.git, commit)? {
            let configuration = self.git.text_at(commit, &joined(&folder, CONFIGURATION))?;
            let selection = Selection::of(&configuration.unwrap_or_default());
            let files = self.git.files_in(commit, &folder, &selection)?;
            let state = desired::load(files, today).state;
            for (address, resource) in state.resources {
                let key = capabilities.portal_address(&address, &resource.fields);
                let Some(origin) = resource.origin else {
                    continue;
                };
                let place = origin.place();
                let (name, line) = (place.source.name(), place.start().line);
                let path = from_root(&folder, name).unwrap_or_else(|| joined(&folder, name));
                found.insert(key, format!("{path}:{line}"));
            }
        }
        Ok(found)
    }

    /// What the ancestors of HEAD declared, as far as `questions` ask; back to `since`, which is the
    /// commit that was last applied, or to the beginning.
    #[must_use]
    pub fn ancestry(&self, questions: &Questions<'_>, since: Option<&Commit>) -> Ancestry {
        walk::ancestry(self, questions, since)
    }
}
