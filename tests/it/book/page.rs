//! A *page* of the documentation: its headings, links and code blocks.

use regex::Regex;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// A page, read from the repository when a test runs.
pub(super) struct Page {
    /// Path below the root of the repository.
    pub(super) path: PathBuf,
    text: String,
}

/// A code block.
pub(super) struct Block<'a> {
    pub(super) language: &'a str,
    pub(super) lines: Vec<&'a str>,
}

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Page {
    pub(super) fn read(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let text = std::fs::read_to_string(root().join(&path));
        let text = text.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { path, text }
    }

    /// The pages in `docs`, and those at the root.
    pub(super) fn all() -> Vec<Self> {
        let docs = walkdir::WalkDir::new(root().join("docs")).sort_by_file_name();
        let paths = docs.into_iter().map(|entry| entry.unwrap().into_path());
        let pages = paths.filter(|path| path.extension().is_some_and(|end| end == "md"));
        let names = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"];
        pages
            .map(|path| path.strip_prefix(root()).unwrap().to_owned())
            .chain(names.map(PathBuf::from))
            .map(Self::read)
            .collect()
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The code blocks, fenced or indented.
    pub(super) fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks = Vec::new();
        let mut fenced: Option<(usize, Block<'_>)> = None;
        let mut was_blank = true;
        for line in self.text.lines() {
            let trimmed = line.trim_start();
            let indent = line.len() - trimmed.len();
            match &mut fenced {
                Some((outer, block)) => {
                    if trimmed == "```" {
                        blocks.extend(fenced.take().map(|(_, block)| block));
                    } else {
                        block.lines.push(line.get(*outer..).unwrap_or_default());
                    }
                }
                None => {
                    if let Some(language) = trimmed.strip_prefix("```") {
                        let lines = Vec::new();
                        fenced = Some((indent, Block { language, lines }));
                    } else if was_blank && indent >= 4 {
                        let (language, lines) = ("", vec![trimmed]);
                        blocks.push(Block { language, lines });
                        continue;
                    }
                }
            }
            was_blank = trimmed.is_empty();
        }
        assert!(
            fenced.is_none(),
            "{}: a block has no end",
            self.path.display()
        );
        blocks
    }

    /// The text without its fenced blocks and code spans.
    fn prose(&self) -> String {
        let code = Regex::new("`[^`\n]*`").unwrap();
        let mut is_fenced = false;
        let mut prose = String::new();
        for line in self.text.lines() {
            if line.trim_start().starts_with("```") {
                is_fenced = !is_fenced;
            } else if !is_fenced {
                prose.push_str(&code.replace_all(line, ""));
                prose.push('\n');
            }
        }
        prose
    }

    /// The targets of its links.
    pub(super) fn links(&self) -> Vec<String> {
        let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
        let prose = self.prose();
        let targets = link.captures_iter(&prose).map(|found| found[1].to_owned());
        targets.collect()
    }

    /// What a link may name after its `#`, as GitHub makes it of the headings.
    pub(super) fn anchors(&self) -> BTreeSet<String> {
        let link = Regex::new(r"\[([^\]]*)\]\([^)]*\)").unwrap();
        let mut seen = BTreeMap::<String, usize>::new();
        let mut is_fenced = false;
        let mut anchors = BTreeSet::new();
        for line in self.text.lines() {
            if line.starts_with("```") {
                is_fenced = !is_fenced;
            }
            let heading = line.trim_start_matches('#');
            if is_fenced || heading.len() == line.len() || !heading.starts_with(' ') {
                continue;
            }
            let title = link.replace_all(heading.trim(), "$1").to_lowercase();
            let kept = title.chars().filter_map(|c| match c {
                ' ' => Some('-'),
                c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
                _ => None,
            });
            let anchor: String = kept.collect();
            let count = seen.entry(anchor.clone()).or_default();
            anchors.insert(match count {
                0 => anchor,
                _ => format!("{anchor}-{count}"),
            });
            *count += 1;
        }
        anchors
    }
}
