//! A *comment* is what a pull request is told: one for each workspace, or one for all of them where there are
//! too many, found again by its marker.

use super::files::Folder;
use crate::render::{
    escape, markdown,
    overview::{Row, State},
};

/// The most workspaces that get a comment of their own.
const MOST: usize = 5;

/// A comment.
pub(super) struct Comment {
    /// Its first line, by which it is found again.
    pub(super) marker: String,
    /// Its text, the marker included.
    pub(super) body: String,
    /// How much it matters.
    pub(super) weight: Weight,
}

/// How much a comment matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// It is written.
    News,
    /// It says what is also said by there being none.
    Nothing,
    /// It only replaces one that is outdated.
    Replacement,
}

impl Comment {
    /// Gives it another marker.
    pub(super) fn begin_with(&mut self, marker: &str) {
        self.body = self.body.replacen(&self.marker, marker, 1);
        marker.clone_into(&mut self.marker);
    }
}

/// The comments of a step.
pub(super) fn all(folders: &[Folder]) -> Vec<Comment> {
    let news = folders.iter().filter(|folder| is_news(&folder.row)).count();
    if news > MOST {
        // What was said of each is outdated once all have one.
        let each = folders.iter().map(|folder| {
            let marker = markdown::marker(&folder.row.folder);
            let name = escape::code(&folder.row.folder);
            Comment {
                body: format!(
                    "{marker}\n### Callsheet {name}: see the comment about all workspaces\n"
                ),
                marker,
                weight: Weight::Replacement,
            }
        });
        return [together(folders)].into_iter().chain(each).collect();
    }
    let mut comments: Vec<Comment> = folders.iter().map(of).collect();
    if folders.len() > 1 {
        // What was said of all together is outdated once each has its own.
        comments.push(Comment {
            weight: Weight::Replacement,
            ..together(folders)
        });
    }
    comments
}

const fn is_news(row: &Row) -> bool {
    !matches!(row.state, State::Valid | State::Unchanged)
}

fn weight<'r>(rows: impl IntoIterator<Item = &'r Row>) -> Weight {
    if rows.into_iter().any(is_news) {
        Weight::News
    } else {
        Weight::Nothing
    }
}

/// The comment about one workspace.
fn of(folder: &Folder) -> Comment {
    let marker = markdown::marker(&folder.row.folder);
    let body = match &folder.markdown {
        Some(text) if text.starts_with(&marker) => text.clone(),
        _ => {
            let name = escape::code(&folder.row.folder);
            let short = escape::code(&folder.row.in_short());
            let state = folder.row.state.word();
            format!("{marker}\n### Callsheet {name}: {state}\n\n{short}\n")
        }
    };
    Comment {
        marker,
        body: limited(body),
        weight: weight([&folder.row]),
    }
}

/// One comment about all workspaces.
fn together(folders: &[Folder]) -> Comment {
    let marker = markdown::marker("*");
    let rows: Vec<Row> = folders.iter().map(|folder| folder.row.clone()).collect();
    let mut body = format!("{marker}\n{}", markdown::overview(&rows));
    body.push_str(
        "\nThe artefacts of the job have each plan as a page, as JSON and as Markdown.\n",
    );
    Comment {
        marker,
        body: limited(body),
        weight: weight(&rows),
    }
}

/// A text that the forge accepts: it was written within the budget, unless another step's file was changed.
fn limited(mut text: String) -> String {
    if text.len() > markdown::BUDGET {
        let mut end = markdown::BUDGET;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
    text
}
