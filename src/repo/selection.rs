//! A *selection* is which files of a folder are resource files of the workspace: those that
//! `files.exclude` doesn't name and that Git doesn't ignore.

use crate::{
    diagnostic::Report,
    source::{Source, Span},
    yaml::{self, Node},
};
use git2::{Pathspec, PathspecFlags, Repository};
use std::{
    path::{Path, PathBuf},
    rc::Rc,
};

/// Which files belong to a workspace.
#[derive(Clone, Default)]
pub struct Selection {
    exclude: Option<Rc<Pathspec>>,
    /// What belongs to it and lies outside of the folder.
    pub(super) include: Vec<Included>,
}

/// One entry of `include`.
#[derive(Clone)]
pub(super) struct Included {
    /// The path, from the folder of the workspace.
    pub(super) name: String,
    /// Where it stands.
    pub(super) span: Span,
}

impl Selection {
    /// The selection that the text of a `callsheet.yaml` makes.
    #[must_use]
    pub fn of(configuration: &str) -> Self {
        let source = Source::new("", configuration);
        let root = yaml::parse(&source, &mut Report::default());
        let include = root.find(&source, "include");
        let include = include.map_or(&[][..], Node::elements).iter();
        let include = include.filter_map(|node| {
            Some(Included {
                name: node.text(&source)?.to_owned(),
                span: node.span,
            })
        });
        let include = include.collect();
        let patterns = root.find(&source, "files.exclude");
        let patterns: Vec<&str> = patterns
            .map_or(&[][..], Node::elements)
            .iter()
            .filter_map(|pattern| pattern.text(&source))
            .collect();
        Self {
            include,
            exclude: if patterns.is_empty() {
                None
            } else {
                Pathspec::new(patterns).ok().map(Rc::new)
            },
        }
    }

    /// The same, where something else is included, by its name and its path.
    #[must_use]
    pub fn including(&self, included: &[(String, String)]) -> Self {
        let include = included.iter().map(|(name, _)| Included {
            name: name.clone(),
            span: Span::default(),
        });
        Self {
            include: include.collect(),
            ..self.clone()
        }
    }

    /// What a workspace in `folder` includes, by its name and its path from the root of the repository.
    pub fn included(&self, folder: &str) -> Vec<(String, String)> {
        let included = self.include.iter().filter_map(|one| {
            let path = super::include::from_root(folder, &one.name)?;
            Some((one.name.trim_end_matches('/').to_owned(), path))
        });
        included.collect()
    }

    /// Whether a file, by its path from the folder of the workspace, belongs to another tool. Of a path that is
    /// included, the part from its first folder on counts: libgit2 takes no path that leads upwards.
    #[must_use]
    pub fn excludes(&self, name: &str) -> bool {
        let name = name.trim_start_matches("../");
        let matches =
            |exclude: &Pathspec| exclude.matches_path(Path::new(name), PathspecFlags::USE_CASE);
        self.exclude.as_deref().is_some_and(matches)
    }
}

/// Whether a file stays out of Git: it lies in no repository, or is ignored there. It need not exist.
#[must_use]
pub fn stays_out_of_git(path: &Path) -> bool {
    let folder = path.parent().unwrap_or(Path::new("."));
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let (Ok(folder), Some(name)) = (folder.canonicalize(), path.file_name()) else {
        return false;
    };
    let ignored = Ignored::around(&folder);
    ignored.repository.is_none() || ignored.contains(&folder.join(name))
}

/// What Git ignores in a work tree.
pub(super) struct Ignored {
    repository: Option<(Repository, PathBuf)>,
}

impl Ignored {
    /// What Git ignores around a folder; nothing where it lies in no repository, or is itself ignored in one.
    pub(super) fn around(folder: &Path) -> Self {
        let repository = Repository::discover(folder).ok().and_then(|repository| {
            let root = repository.workdir()?.canonicalize().ok()?;
            Some((repository, root))
        });
        let around = Self { repository };
        let is_outside = folder
            .canonicalize()
            .is_ok_and(|folder| around.contains(&folder));
        match is_outside {
            true => Self { repository: None },
            false => around,
        }
    }

    /// Whether Git ignores a file or a folder, and tracks nothing of it.
    pub(super) fn contains(&self, path: &Path) -> bool {
        let Some((repository, root)) = &self.repository else {
            return false;
        };
        let Ok(inside) = path.strip_prefix(root) else {
            return false;
        };
        let is_root = inside.as_os_str().is_empty();
        if is_root || !repository.is_path_ignored(inside).unwrap_or(false) {
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
