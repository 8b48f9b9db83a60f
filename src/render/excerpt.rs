//! An *excerpt* is the lines of a source around a diagnostic, with secrets redacted and unsafe characters
//! replaced.
//!
//! Columns stay the same as in the file, so long lines aren't truncated here: the renderer does that around
//! the labels. This needs labels that are close together, so a long line has a separate excerpt for each
//! label, and labels on it have a maximum length.

use super::escape;
use crate::{
    diagnostic::Diagnostic,
    source::{Place, Source, Span},
};
use std::{ops::Range, sync::Arc};

/// The number of characters above which a line is long.
pub(super) const LONG: usize = 200;
/// The maximum length of a label on a long line, in characters.
const LABEL: usize = 60;

/// The maximum distance in lines between places in one excerpt.
const MAX_DISTANCE: usize = 50;

/// Whether a span starts on a long line.
fn is_long(source: &Source, span: Span) -> bool {
    let (line, _) = source.window(Span::new(span.start, span.start), 0);
    source.slice(line).chars().nth(LONG).is_some()
}

/// Places in one file that share an excerpt.
pub(super) struct Group<'d> {
    /// The file.
    pub(super) source: &'d Arc<Source>,
    /// Each place and its label. The diagnostic's own place is the first, and has none unless it is a cell.
    pub(super) labels: Vec<(&'d Place, Option<String>)>,
    lines: Range<usize>,
    /// Whether the group is a single label on a long line.
    is_long: bool,
}

/// The label of a cell: `staff.csv:C7 (row 7, "extension")`.
fn cell(place: &Place) -> Option<String> {
    let cell = place.cell()?;
    let label = match &*cell.header {
        "" => format!("{place} (row {})", cell.row),
        header => format!("{place} (row {}, \"{header}\")", cell.row),
    };
    Some(escape::line(&label))
}

/// The groups of a diagnostic's places, its own place first.
pub(super) fn grouped(diagnostic: &Diagnostic) -> Vec<Group<'_>> {
    let related = diagnostic.related.iter();
    let related = related.map(|(place, what)| {
        let what = match place.cell() {
            Some(_) => format!("{place}: {what}"),
            None => what.clone(),
        };
        (place, Some(escape::line(&what)))
    });
    let mut groups: Vec<Group<'_>> = Vec::new();
    let own = (&diagnostic.place, cell(&diagnostic.place));
    for (place, what) in std::iter::once(own).chain(related) {
        let line = place.start().line;
        let is_long_line = is_long(&place.source, place.span);
        let near = groups.iter_mut().find(|group| {
            let lines = group.lines.start.min(line)..group.lines.end.max(line);
            let near = Arc::ptr_eq(group.source, &place.source) && lines.len() <= MAX_DISTANCE;
            near && !is_long_line && !group.is_long
        });
        if let Some(group) = near {
            group.lines = group.lines.start.min(line)..group.lines.end.max(line);
            group.labels.push((place, what));
        } else {
            groups.push(Group {
                source: &place.source,
                labels: vec![(place, what)],
                lines: line..line,
                is_long: is_long_line,
            });
        }
    }
    groups
}

/// The cached lines of the last excerpt. Diagnostics are sorted by place, so many diagnostics on one line,
/// which may be a whole file, cost as much as one.
#[derive(Default)]
pub(super) struct Shown(Option<(Arc<Source>, Span, String)>);

impl Shown {
    fn of(&mut self, source: &Arc<Source>, window: Span) -> &str {
        let last = self.0.take();
        let same = last.filter(|(of, at, _)| Arc::ptr_eq(of, source) && *at == window);
        let kept = same.unwrap_or_else(|| (Arc::clone(source), window, source.redacted(window)));
        &self.0.insert(kept).2
    }
}

/// Lines of a source that are safe to show.
#[derive(Debug)]
pub(super) struct Excerpt {
    /// The lines.
    pub(super) text: String,
    /// The number of the first line, counted from 1.
    pub(super) first_line: usize,
    /// The range of each label in [`Self::text`], in the given order.
    pub(super) labels: Vec<Range<usize>>,
}

impl Excerpt {
    /// Creates an excerpt of the lines from the first to the last label. A label over several lines is
    /// shortened to its first line: a mapping that lacks a field may be half the file.
    pub(super) fn of(source: &Arc<Source>, labels: &[Span], shown: &mut Shown) -> Self {
        let start = labels.iter().map(|span| span.start).min().unwrap_or(0);
        let end = labels.iter().map(|span| span.start).max().unwrap_or(start);
        let (window, first_line) = source.window(Span::new(start, end), 0);
        let shown = shown.of(source, window);
        let mut excerpt = Self {
            text: String::new(),
            first_line,
            labels: vec![0..0; labels.len()],
        };
        let mut at = window.start as usize;
        for line in shown.split('\n') {
            let stands = at..=at + line.len();
            at += line.len() + 1;
            let start = |label: &Span| (label.start as usize).min(window.end as usize);
            let here = (0..labels.len()).filter(|label| stands.contains(&start(&labels[*label])));
            let here: Vec<usize> = here.collect();
            // The window ends with a line break. The empty line after it counts only if it has a label.
            if line.is_empty() && at > window.end as usize && here.is_empty() {
                continue;
            }
            let content = line.strip_suffix('\r').unwrap_or(line);
            let within = |byte: usize| {
                content.floor_char_boundary(byte.saturating_sub(*stands.start()).min(content.len()))
            };
            let wanted = here.iter().map(|label| {
                let label = &labels[*label];
                within(start(label))..within(label.end as usize)
            });
            let wanted: Vec<Range<usize>> = wanted.collect();
            for (label, range) in here.into_iter().zip(excerpt.push(content, &wanted)) {
                excerpt.labels[label] = range;
            }
        }
        excerpt
    }

    /// Adds one line and returns the new ranges of its labels, which are relative to the line.
    fn push(&mut self, line: &str, labels: &[Range<usize>]) -> Vec<Range<usize>> {
        // Text far after the last label is never visible.
        let last = labels.iter().map(|label| label.start).max().unwrap_or(0);
        let sight = line[last..].char_indices().nth(LABEL + LONG);
        let line = &line[..sight.map_or(line.len(), |(at, _)| last + at)];
        // The new offset of each character and of the end of the line.
        let mut moved: Vec<(usize, usize)> = Vec::with_capacity(line.len() + 1);
        for (at, c) in line.char_indices() {
            moved.push((at, self.text.len()));
            // Tabs are kept: the renderer expands them.
            let replaced =
                c != '\t' && escape::is_unsafe(c) || line[..at].ends_with("##") && c == '[';
            self.text.push(if replaced { '\u{fffd}' } else { c });
        }
        let end = self.text.len();
        moved.push((line.len(), end));
        self.text.push('\n');
        let long = moved.len() > LONG;
        let place = |byte: usize| {
            let index = moved.partition_point(|(from, _)| *from < byte);
            (index, moved.get(index).map_or(end, |(_, to)| *to))
        };
        let placed = labels.iter().map(|label| {
            let ((first, start), (_, stop)) = (place(label.start), place(label.end));
            let longest = moved.get(first + LABEL).filter(|_| long);
            start..stop.min(longest.map_or(end, |(_, to)| *to)).max(start)
        });
        placed.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(text: &str, label: &str) -> (String, Vec<String>) {
        let source = Source::new("a.yaml", text);
        let at = u32::try_from(text.find(label).unwrap()).unwrap();
        let span = Span::new(at, at + u32::try_from(label.len()).unwrap());
        let excerpt = Excerpt::of(&source, &[span], &mut Shown::default());
        let labels = excerpt.labels.into_iter();
        let labels = labels.map(|label| excerpt.text[label].to_owned()).collect();
        (excerpt.text, labels)
    }

    #[test]
    fn labels_keep_their_text() {
        assert_eq!(
            excerpt("a\n\u{1b}[é\u{202e}b: 1\r\nc", "b: 1"),
            ("\u{fffd}[é\u{fffd}b: 1\n".into(), vec!["b: 1".into()])
        );
        assert_eq!(
            excerpt("user:\n  password: hunter2\n", "hunter2"),
            ("  password: *******\n".into(), vec!["*******".into()])
        );
    }

    #[test]
    fn a_label_on_a_long_line_has_a_maximum_length() {
        let text = "é".repeat(500_000);
        let (shown, labels) = excerpt(&text, &text);
        assert_eq!(labels, ["é".repeat(LABEL)]);
        assert_eq!(shown.chars().count(), LABEL + LONG + 1);
        let source = Source::new("a.yaml", format!("a: 1\n{text}\nb: 2\n"));
        let long = [0, 5, 1_000_005, 1_000_006].map(|at| is_long(&source, Span::new(at, at)));
        assert_eq!(long, [false, true, true, false]);
    }

    #[test]
    fn a_label_may_be_at_the_end_of_the_file() {
        let source = Source::new("a.yaml", "a: [\n");
        let of = |source, labels: &[Span]| Excerpt::of(source, labels, &mut Shown::default());
        let excerpt = of(&source, &[Span::new(5, 5), Span::new(0, 4)]);
        assert_eq!((&*excerpt.text, excerpt.first_line), ("a: [\n\n", 1));
        assert_eq!(excerpt.labels, [5..5, 0..4]);
        let source = Source::new("a.yaml", "");
        assert_eq!(of(&source, &[Span::new(0, 0)]).labels, vec![0..0; 1]);
        let source = Source::new("a.yaml", "é");
        assert_eq!(of(&source, &[Span::new(7, 9)]).labels, vec![2..2; 1]);
    }
}
