//! A *selection* is which files of a folder are resource files of the workspace: those that
//! `files.exclude` doesn't name and that Git doesn't ignore.

use crate::{
    diagnostic::Report,
    source::Source,
    yaml::{self, Node},
};
use git2::{Pathspec, PathspecFlags, Repository};
use std::path::{Path, PathBuf};

/// Which files belong to a workspace.
#[derive(Default)]
pub struct Selection {
    exclude: Option<Pathspec>,
}

impl Selection {
    /// The selection that the text of a `callsheet.yaml` makes.
    #[must_use]
    pub fn of(configuration: &str) -> Self {
        let source = Source::new("", configuration);
        let root = yaml::parse(&source, &mut Report::default());
        let patterns = root.find(&source, "files.exclude");
        let patterns: Vec<&str> = patterns
            .map_or(&[][..], Node::elements)
            .iter()
            .filter_map(|pattern| pattern.text(&source))
            .collect();
        Self {
            exclude: if patterns.is_empty() {
                None
            } else {
                Pathspec::new(patterns).ok()
            },
        }
    }

    /// Whether a file, by its path from the folder of the workspace, belongs to another tool.
    #[must_use]
    pub fn excludes(&self, name: &str) -> bool {
        let matches =
            |exclude: &Pathspec| exclude.matches_path(Path::new(name), PathspecFlags::USE_CASE);
        self.exclude.as_ref().is_some_and(matches)
    }
}

/// What Git ignores in a work tree.
pub(super) struct Ignored {
    repository: Option<(Repository, PathBuf)>,
}

impl Ignored {
    /// What Git ignores around a folder; nothing where it lies in no repository.
    pub(super) fn around(folder: &Path) -> Self {
        let repository = Repository::discover(folder).ok().and_then(|repository| {
            let root = repository.workdir()?.canonicalize().ok()?;
            Some((repository, root))
        });
        Self { repository }
    }

    /// Whether Git ignores a file or a folder, and tracks nothing of it.
    pub(super) fn contains(&self, path: &Path) -> bool {
        let Some((repository, root)) = &self.repository else {
            return false;
        };
        let Ok(inside) = path.strip_prefix(root) else {
            return false;
        };
        if !repository.is_path_ignored(inside).unwrap_or(false) {
            return false;
        }
        let tracked = repository.index().is_ok_and(|index| {
            let name = super::git::slashed(inside);
            let below = format!("{name}/");
            index.get_path(inside, 0).is_some() || index.find_prefix(&*below).is_ok()
        });
        !tracked
    }
}
