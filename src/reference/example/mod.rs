//! An *example* of a rule in the docs: input with the mistake, and the same input without it.

mod finding;
mod rule;

pub use finding::of_finding;
pub use rule::of_rule;

/// A short example of a rule.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// The language of the code blocks: `yaml`, `diff` or `console`.
    pub language: &'static str,
    /// Input with the mistake.
    pub wrong: &'static str,
    /// Input without the mistake.
    pub right: &'static str,
}

/// Declarations: one file, or several with their names in comments.
const fn yaml(wrong: &'static str, right: &'static str) -> Example {
    Example {
        language: "yaml",
        wrong,
        right,
    }
}

/// Changes of declarations.
const fn diff(wrong: &'static str, right: &'static str) -> Example {
    Example {
        language: "diff",
        wrong,
        right,
    }
}

/// Properties of files that their text can't show.
const fn console(wrong: &'static str, right: &'static str) -> Example {
    Example {
        language: "console",
        wrong,
        right,
    }
}
