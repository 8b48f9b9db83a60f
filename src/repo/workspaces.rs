//! The *workspaces* of a folder are the folders in it that have a `callsheet.yaml`: those of a repository
//! are found in one walk, and those that a change touches by its paths.

use super::{CONFIGURATION, Error, Git, git::git, git::slashed, is_hidden, selection::Ignored};
use crate::model::Commit;
use git2::{Delta, DiffOptions, Pathspec, PathspecFlags};
use std::{collections::BTreeSet, path::Path};
use walkdir::WalkDir;

/// The folders below `root` that are workspaces, by their paths from there, in order; `.` is `root` itself.
/// Hidden folders and what Git ignores are left out.
///
/// # Errors
/// The folder can't be read.
pub fn workspaces(root: &Path) -> Result<Vec<String>, Error> {
    let error = |source| Error::Folder {
        folder: root.to_owned(),
        source,
    };
    let root = root.canonicalize().map_err(error)?;
    std::fs::read_dir(&root).map_err(error)?;
    let ignored = Ignored::around(&root);
    let walk = WalkDir::new(&root).into_iter().filter_entry(|entry| {
        entry.depth() == 0
            || !is_hidden(entry) && (!entry.file_type().is_dir() || !ignored.contains(entry.path()))
    });
    let mut found: Vec<String> = walk
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name() == CONFIGURATION)
        .filter_map(|entry| {
            Some(folder_name(
                entry.path().parent()?.strip_prefix(&root).ok()?,
            ))
        })
        .collect();
    found.sort();
    Ok(found)
}

/// The path of a folder, `.` for none.
fn folder_name(folder: &Path) -> String {
    let name = slashed(folder);
    if name.is_empty() {
        ".".to_owned()
    } else {
        name
    }
}

/// Those of `workspaces` whose path matches one of Git's path patterns, such as `tenants/*` or `**/eu`.
#[must_use]
pub fn matching(workspaces: &[String], pattern: &str) -> Vec<String> {
    let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
    let matches: Box<dyn Fn(&str) -> bool> = match Pathspec::new([pattern]) {
        Ok(spec) => Box::new(move |name: &str| {
            // libgit2 takes no path that is the root itself.
            if name == "." {
                return matches!(pattern, "." | "*" | "**");
            }
            // Git's pattern `a` matches `a/b` too, and a pattern of folders names folders.
            let depth = |path: &str| path.matches('/').count();
            let is_deep = pattern.contains("**") || depth(name) == depth(pattern);
            is_deep && spec.matches_path(Path::new(name), PathspecFlags::USE_CASE)
        }),
        Err(_) => Box::new(|name: &str| name == pattern),
    };
    let found = workspaces.iter().filter(|name| matches(name));
    found.cloned().collect()
}

/// Which of `workspaces`, below `root`, a change of `paths` touches: the innermost workspace around each path, and
/// those that include it.
#[must_use]
pub fn touched<'w>(root: &Path, workspaces: &'w [String], paths: &[String]) -> BTreeSet<&'w str> {
    let known: BTreeSet<&str> = workspaces.iter().map(String::as_str).collect();
    let around = |path: &String| {
        let mut folders = Path::new(path).ancestors().skip(1);
        folders.find_map(|folder| known.get(&*folder_name(folder)).copied())
    };
    let mut touched: BTreeSet<&str> = paths.iter().filter_map(around).collect();
    for workspace in workspaces {
        let folder = if workspace == "." { "" } else { workspace };
        let included = super::selection(&root.join(folder)).included(folder);
        let is_included = |path: &String| {
            included.iter().any(|(_, included)| {
                let rest = path.strip_prefix(&**included);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        if !touched.contains(&**workspace) && paths.iter().any(is_included) {
            touched.insert(workspace);
        }
    }
    touched
}

impl Git {
    /// The paths from the root of the repository that differ between a commit and the work tree, hidden
    /// files left out.
    ///
    /// # Errors
    /// The commit isn't in this clone, or the work tree can't be read.
    pub fn changed_since(&self, commit: &Commit) -> Result<Vec<String>, Error> {
        let failed = |error| git("the work tree can't be compared with the base")(error);
        let mut options = DiffOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(true);
        let tree = self.repository.revparse_single(&commit.id);
        let tree = tree
            .and_then(|object| object.peel_to_tree())
            .map_err(failed)?;
        let diff = match self.head().filter(|_| !self.has_work_tree()) {
            Some(head) => {
                let head = self.repository.revparse_single(&head.id);
                let head = head.and_then(|head| head.peel_to_tree()).map_err(failed)?;
                self.repository
                    .diff_tree_to_tree(Some(&tree), Some(&head), Some(&mut options))
            }
            None => self
                .repository
                .diff_tree_to_workdir_with_index(Some(&tree), Some(&mut options)),
        }
        .map_err(failed)?;
        let mut paths = BTreeSet::new();
        for delta in diff
            .deltas()
            .filter(|delta| delta.status() != Delta::Ignored)
        {
            let sides = [delta.old_file().path(), delta.new_file().path()];
            paths.extend(sides.into_iter().flatten().map(slashed));
        }
        paths.retain(|path| !path.split('/').any(|part| part.starts_with('.')));
        Ok(paths.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{matching, touched};
    use std::path::Path;

    fn names(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_pattern_matches_folders_and_not_what_is_in_them() {
        let all = names(". eu/a eu/b eu/b/inner us/a");
        assert_eq!(matching(&all, "eu/*"), names("eu/a eu/b"));
        assert_eq!(matching(&all, "./us/a/"), names("us/a"));
        assert_eq!(matching(&all, "**/a"), names("eu/a us/a"));
        assert_eq!(matching(&all, "eu/**"), names("eu/a eu/b eu/b/inner"));
        assert_eq!(matching(&all, "**"), all);
        assert!(matching(&all, "asia/*").is_empty());
    }

    #[test]
    fn a_change_touches_the_innermost_workspace() {
        let all = names("eu/a eu/b eu/b/inner");
        let paths = names("eu/a/people.yaml eu/b/inner/x.yaml README.md eu/c/y.yaml");
        let touched: Vec<&str> = touched(Path::new("nowhere"), &all, &paths)
            .into_iter()
            .collect();
        assert_eq!(touched, ["eu/a", "eu/b/inner"]);
    }
}
