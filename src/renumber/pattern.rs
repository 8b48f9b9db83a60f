//! A *pattern* maps numbers to others: `1xxx` to `21xxx`, where each `x` is a digit that is kept.

use std::fmt;

/// A mapping of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    from: Box<str>,
    to: Box<str>,
}

/// Why two texts are no mapping.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A text isn't made of digits and `x`.
    #[error("`{0}` is not a number of 2 to 15 digits, in which x is any digit, such as 1xxx")]
    Form(String),
    /// The digits that are kept have no place.
    #[error("{0} keeps {1} digits and {2} has place for {3}: write as many x in both")]
    Kept(String, usize, String, usize),
    /// Both texts are the same.
    #[error("{0} and {0} are the same")]
    Same(String),
}

impl Pattern {
    /// The mapping from one pattern to another.
    ///
    /// # Errors
    /// A text isn't a pattern, or the two don't keep as many digits.
    pub fn new(from: &str, to: &str) -> Result<Self, Error> {
        for text in [from, to] {
            let is_form = |c: char| c == 'x' || c.is_ascii_digit();
            if !(2..=15).contains(&text.len()) || !text.chars().all(is_form) {
                return Err(Error::Form(text.to_owned()));
            }
        }
        let kept = |text: &str| text.matches('x').count();
        if kept(from) != kept(to) {
            return Err(Error::Kept(
                from.to_owned(),
                kept(from),
                to.to_owned(),
                kept(to),
            ));
        }
        if from == to {
            return Err(Error::Same(from.to_owned()));
        }
        Ok(Self {
            from: from.into(),
            to: to.into(),
        })
    }

    /// The number that takes the place of another; nothing for one that doesn't fit. A pattern in place of a number,
    /// such as `10xx`, becomes a pattern.
    #[must_use]
    pub fn map(&self, text: &str) -> Option<String> {
        if text.len() != self.from.len() {
            return None;
        }
        let mut kept = Vec::new();
        for (own, c) in self.from.chars().zip(text.chars()) {
            match own {
                'x' if c.is_ascii_digit() || c == 'x' => kept.push(c),
                own if own == c => {}
                _ => return None,
            }
        }
        let mut kept = kept.into_iter();
        let digit = |own: char| match own {
            'x' => kept.next().unwrap_or(own),
            own => own,
        };
        Some(self.to.chars().map(digit).collect())
    }

    /// The same of a range, such as `1000-1049`.
    #[must_use]
    pub fn map_range(&self, text: &str) -> Option<String> {
        match text.split_once('-') {
            Some((first, last)) => Some(format!("{}-{}", self.map(first)?, self.map(last)?)),
            None => self.map(text),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_kept_in_order() {
        let pattern = Pattern::new("1xx0x", "9x0xx").unwrap();
        assert_eq!(pattern.map("12304"), Some("92034".to_owned()));
        assert_eq!(pattern.map("22304"), None);
        assert_eq!(pattern.map("1230"), None);
        assert_eq!(pattern.map("1230a"), None);
        let site = Pattern::new("1xxx", "21xxx").unwrap();
        assert_eq!(site.map_range("1000-1049"), Some("21000-21049".to_owned()));
        assert_eq!(site.map_range("10xx"), Some("210xx".to_owned()));
        assert_eq!(site.map_range("1000-2049"), None);
    }

    #[test]
    fn what_is_no_mapping_is_refused() {
        assert!(matches!(Pattern::new("1x", "21xx"), Err(Error::Kept(..))));
        assert!(matches!(Pattern::new("1xxy", "21xx"), Err(Error::Form(_))));
        assert!(matches!(Pattern::new("1", "21"), Err(Error::Form(_))));
        assert!(matches!(Pattern::new("1001", "1001"), Err(Error::Same(_))));
    }
}
