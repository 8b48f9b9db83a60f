//! *Links* lead from a plan or a report to the forge: to commits, and to the lines of files.
//!
//! The parts of a link come from the environment of a pipeline and from the repository, so each of them is
//! checked: a link holds no character that could end it in Markdown or HTML.

use std::fmt::Write as _;

/// The maximum length of a repository's address, in bytes.
const LONGEST: usize = 400;

/// A kind of forge, which decides how addresses are formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forge {
    /// GitHub, and forges with the same addresses.
    GitHub,
    /// GitLab.
    GitLab,
}

/// The addresses of a repository's pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    forge: Forge,
    repository: String,
    commit: Option<String>,
    request: Option<u64>,
}

impl Links {
    /// Links to a repository; none if the address isn't a plain web address.
    #[must_use]
    pub fn new(forge: Forge, repository: &str) -> Option<Self> {
        let repository = repository.trim_end_matches('/');
        let place = repository
            .strip_prefix("https://")
            .or_else(|| repository.strip_prefix("http://"))?;
        // This excludes `@`, and so names and passwords, and whatever ends a link or an attribute.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/".contains(c);
        let is_valid = !place.starts_with(['/', ':', '.'])
            && place.contains('/')
            && place.chars().all(is_plain)
            && place
                .split('/')
                .all(|part| !matches!(part, "" | "." | ".."))
            && repository.len() <= LONGEST;
        is_valid.then(|| Self {
            forge,
            repository: repository.to_owned(),
            commit: None,
            request: None,
        })
    }

    /// Sets the commit whose files are linked where a plan has none.
    #[must_use]
    pub fn at(mut self, commit: Option<&str>) -> Self {
        self.commit = commit.filter(|id| is_hash(id)).map(str::to_owned);
        self
    }

    /// Sets the pull request, or merge request, that the plan belongs to.
    #[must_use]
    pub fn of_request(mut self, number: Option<u64>) -> Self {
        self.request = number;
        self
    }

    /// The address of a commit.
    #[must_use]
    pub fn commit(&self, id: &str) -> Option<String> {
        is_hash(id).then(|| format!("{}{}/{id}", self.repository, self.path("commit")))
    }

    /// The address of a line of a file, by the file's path from the root of the repository, in `commit` or else
    /// in the pipeline's commit.
    #[must_use]
    pub fn line(&self, commit: Option<&str>, file: &str, line: usize) -> Option<String> {
        let commit = commit.filter(|id| is_hash(id)).or(self.commit.as_deref())?;
        let mut address = format!("{}{}/{commit}", self.repository, self.path("blob"));
        for part in file.split('/').filter(|part| !matches!(*part, "" | ".")) {
            if part == ".." {
                return None;
            }
            address.push('/');
            for byte in part.bytes() {
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    address.push(char::from(byte));
                } else {
                    // Writing to a string can't fail.
                    _ = write!(address, "%{byte:02X}");
                }
            }
        }
        _ = write!(address, "#L{line}");
        Some(address)
    }

    /// The name and the address of the pull request.
    #[must_use]
    pub fn request(&self) -> Option<(String, String)> {
        let number = self.request?;
        let (sign, path) = match self.forge {
            Forge::GitHub => ('#', "/pull"),
            Forge::GitLab => ('!', "/-/merge_requests"),
        };
        let address = format!("{}{path}/{number}", self.repository);
        Some((format!("{sign}{number}"), address))
    }

    fn path(&self, page: &str) -> String {
        match self.forge {
            Forge::GitHub => format!("/{page}"),
            Forge::GitLab => format!("/-/{page}"),
        }
    }
}

/// Whether a text is the hash of a commit, whole or abbreviated.
fn is_hash(id: &str) -> bool {
    (7..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_web_addresses_are_linked() {
        for wrong in [
            "https://token@github.com/a/b",
            "https://github.com/a/b)](x",
            "https://github.com/a/b\"onclick=1",
            "https://github.com/a b",
            "https://github.com/a/../b",
            "javascript:alert(1)//a/b",
            "https://github.com",
            "https:///a/b",
            "",
        ] {
            assert_eq!(Links::new(Forge::GitHub, wrong), None, "{wrong}");
        }
        assert!(Links::new(Forge::GitLab, "http://localhost:8080/a/b/").is_some());
    }

    #[test]
    fn addresses_are_those_of_the_forge() {
        let github = Links::new(Forge::GitHub, "https://github.com/acme/phones").unwrap();
        let github = github.at(Some("3f2c1aab0c")).of_request(Some(12));
        assert_eq!(
            github.line(None, "eu/phones/a b).yaml", 7).unwrap(),
            "https://github.com/acme/phones/blob/3f2c1aab0c/eu/phones/a%20b%29.yaml#L7"
        );
        let request = (
            "#12".to_owned(),
            "https://github.com/acme/phones/pull/12".to_owned(),
        );
        assert_eq!(github.request(), Some(request));
        assert_eq!(github.commit("main"), None);
        assert_eq!(github.line(None, "../secret.yaml", 7), None);
        let gitlab = Links::new(Forge::GitLab, "https://gitlab.com/acme/eu/phones").unwrap();
        assert_eq!(gitlab.line(None, "a.yaml", 7), None);
        assert_eq!(
            gitlab.line(Some("9d01b77e11"), "./a.yaml", 7).unwrap(),
            "https://gitlab.com/acme/eu/phones/-/blob/9d01b77e11/a.yaml#L7"
        );
        assert_eq!(
            gitlab.commit("9d01b77e11").unwrap(),
            "https://gitlab.com/acme/eu/phones/-/commit/9d01b77e11"
        );
    }
}
