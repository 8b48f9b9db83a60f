//! A *node* is one value in a YAML file, with its span in the source.
//!
//! Schema validation, values, places in messages and "did you mean" all use the same nodes. Text isn't
//! copied: a node refers to its bytes in the [`Source`].
//!
//! Plain scalars keep their spelling: the type of `0100` depends on its field. [`Node::plain`] resolves a
//! plain scalar by the YAML 1.2 core schema, restricted to numbers in their canonical form.

mod lines;
mod parallel;
mod parse;
mod piece;
mod secrets;

pub use parallel::parse_all;
pub use parse::{MAX_ALIASED, MAX_DEPTH, parse};
pub use secrets::hide_secrets;

use crate::source::{Source, Span};

/// One value in a file.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its span; for an aliased value, the span of the alias.
    pub span: Span,
    /// The scalar, list or mapping.
    pub kind: NodeKind,
}

/// The content of a node.
#[derive(Clone, Debug)]
pub enum NodeKind {
    /// A scalar.
    Scalar(Scalar),
    /// A sequence.
    List(Box<[Node]>),
    /// A mapping, in the order of the file.
    Map(Box<[Entry]>),
}

/// A scalar and its style.
#[derive(Clone, Debug)]
pub struct Scalar {
    /// Whether it is neither quoted nor a block, so it may be a number, a boolean or null.
    pub is_plain: bool,
    /// Its text.
    pub text: Text,
}

/// The text of a scalar or a key.
#[derive(Clone, Debug)]
pub enum Text {
    /// A slice of the source.
    Slice(Span),
    /// Text that differs from the source: it was escaped, folded or inserted by a template.
    // Such text is rare: the second box makes each node smaller.
    Owned(Box<Box<str>>),
}

impl Text {
    /// Text that isn't in the source.
    #[must_use]
    pub fn owned(text: impl Into<Box<str>>) -> Self {
        Self::Owned(Box::new(text.into()))
    }

    /// The text itself.
    #[must_use]
    pub fn of<'s>(&'s self, source: &'s Source) -> &'s str {
        match self {
            Self::Slice(span) => source.slice(*span),
            Self::Owned(text) => text,
        }
    }
}

/// One key of a mapping, and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The bytes of the key.
    pub span: Span,
    /// The key.
    pub key: Text,
    /// The value.
    pub value: Node,
}

/// The type of a plain scalar in the YAML 1.2 core schema.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Plain {
    /// An empty value, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// Text.
    Text,
}

impl Node {
    /// The text of a scalar.
    #[must_use]
    pub fn text<'s>(&'s self, source: &'s Source) -> Option<&'s str> {
        match &self.kind {
            NodeKind::Scalar(scalar) => Some(scalar.text.of(source)),
            NodeKind::List(_) | NodeKind::Map(_) => None,
        }
    }

    /// The type of a scalar whose field doesn't expect text.
    #[must_use]
    pub fn plain(&self, source: &Source) -> Option<Plain> {
        match &self.kind {
            NodeKind::Scalar(scalar) if scalar.is_plain => Some(resolve(scalar.text.of(source))),
            NodeKind::Scalar(_) => Some(Plain::Text),
            NodeKind::List(_) | NodeKind::Map(_) => None,
        }
    }

    /// The truth value that it is, in any spelling of YAML's; nothing of any other node.
    #[must_use]
    pub fn truth(&self, source: &Source) -> Option<bool> {
        match self.plain(source)? {
            Plain::Bool(value) => Some(value),
            Plain::Null | Plain::Integer(_) | Plain::Float(_) | Plain::Text => None,
        }
    }

    /// The whole number that it is; nothing of any other node.
    #[must_use]
    pub fn integer(&self, source: &Source) -> Option<i64> {
        match self.plain(source)? {
            Plain::Integer(number) => Some(number),
            Plain::Null | Plain::Bool(_) | Plain::Float(_) | Plain::Text => None,
        }
    }

    /// The text of a scalar that is not null.
    #[must_use]
    pub fn filled<'s>(&'s self, source: &'s Source) -> Option<&'s str> {
        self.text(source).filter(|_| !self.is_null(source))
    }

    /// Whether it is null.
    #[must_use]
    pub fn is_null(&self, source: &Source) -> bool {
        self.plain(source) == Some(Plain::Null)
    }

    /// The entries of a mapping; empty for other nodes.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        if let NodeKind::Map(entries) = &self.kind {
            entries
        } else {
            &[]
        }
    }

    /// The elements of a sequence; empty for other nodes.
    #[must_use]
    pub fn elements(&self) -> &[Self] {
        if let NodeKind::List(elements) = &self.kind {
            elements
        } else {
            &[]
        }
    }

    /// The entry of a mapping with this key.
    #[must_use]
    pub fn get<'n>(&'n self, source: &Source, key: &str) -> Option<&'n Entry> {
        self.entries()
            .iter()
            .find(|entry| entry.key.of(source) == key)
    }

    /// The node at a path such as `forwarding.destinations[0]`.
    #[must_use]
    pub fn find(&self, source: &Source, path: &str) -> Option<&Self> {
        let mut steps = path.split(['.', '[']).filter(|step| !step.is_empty());
        steps.try_fold(self, |node, step| {
            match step.strip_suffix(']').map(str::parse::<usize>) {
                Some(Ok(index)) => node.elements().get(index),
                _ => node.get(source, step).map(|entry| &entry.value),
            }
        })
    }

    /// The type for a message: "a list", "a number".
    #[must_use]
    pub fn type_name(&self, source: &Source) -> &'static str {
        match &self.kind {
            NodeKind::List(_) => "a list",
            NodeKind::Map(_) => "a mapping",
            NodeKind::Scalar(_) => match self.plain(source) {
                Some(Plain::Null) => "null",
                Some(Plain::Bool(_)) => "a boolean",
                Some(Plain::Integer(_) | Plain::Float(_)) => "a number",
                Some(Plain::Text) | None => "text",
            },
        }
    }
}

/// Resolves a plain scalar by the YAML 1.2 core schema, restricted to numbers in their canonical form:
/// `0100`, `+1415`, `0x1F` and `1_000` are text.
fn resolve(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Null,
        "true" | "True" | "TRUE" => return Plain::Bool(true),
        "false" | "False" | "FALSE" => return Plain::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let leading_zero = digits.starts_with('0') && digits.len() > 1 && !digits.starts_with("0.");
    if !digits.starts_with(|c: char| c.is_ascii_digit()) || leading_zero {
        return Plain::Text;
    }
    if let Ok(number) = text.parse() {
        return Plain::Integer(number);
    }
    let number_like = |b: u8| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    match text.parse() {
        Ok(number) if text.bytes().all(number_like) => Plain::Float(number),
        _ => Plain::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_canonical_numbers_are_numbers() {
        for text in [
            "0100",
            "+14155550100",
            "00:15:65:aa:bb:cc",
            "0x1F",
            "1_000",
            "no",
            "yes",
            "1.2.3",
        ] {
            assert_eq!(resolve(text), Plain::Text, "{text}");
        }
        assert_eq!(resolve("100"), Plain::Integer(100));
        assert_eq!(resolve("-3"), Plain::Integer(-3));
        assert_eq!(resolve("0.5"), Plain::Float(0.5));
        assert_eq!(resolve("~"), Plain::Null);
    }

    #[test]
    fn a_path_finds_its_node() {
        let source = Source::new("a.yaml", "a:\n  b: [x, y]\n");
        let node = parse(&source, &mut crate::diagnostic::Report::default());
        assert_eq!(
            node.find(&source, "a.b[1]")
                .and_then(|node| node.text(&source)),
            Some("y")
        );
        assert!(node.find(&source, "a.b[7]").is_none());
    }
}
