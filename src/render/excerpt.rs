//! An *excerpt* is the lines of a source that a diagnostic is about, fit to be shown: secrets starred
//! out, and nothing in them that acts.
//!
//! Columns stay what they are in the file, so a long line is not cut here: the renderer of the excerpt
//! cuts it around its labels. It can do so only where they lie close together, which is why a long line
//! gets an excerpt of its own for each label, and why a label on it has a longest length.

use super::escape;
use crate::{
    diagnostic::Diagnostic,
    source::{Place, Source, Span},
};
use std::{ops::Range, sync::Arc};

/// A line of more characters is long.
pub(super) const LONG: usize = 200;
/// The longest label on a long line, in characters.
const LABEL: usize = 60;

/// Places in one file that are at most this many lines apart are shown in one excerpt.
const TOGETHER: usize = 50;

/// Whether a span starts on a long line.
fn is_long(source: &Source, span: Span) -> bool {
    let (line, _) = source.window(Span::new(span.start, span.start), 0);
    source.slice(line).chars().nth(LONG).is_some()
}

/// Places in one file, near enough to each other to be shown in one excerpt.
pub(super) struct Group<'d> {
    /// The file.
    pub(super) source: &'d Arc<Source>,
    /// Each place, and what is there; the diagnostic's own place, which its title speaks of, says
    /// nothing more.
    pub(super) labels: Vec<(&'d Place, Option<String>)>,
    lines: Range<usize>,
    /// Whether it is about a line that is shown for one label only.
    long: bool,
}

/// A diagnostic's places, its own first.
pub(super) fn grouped(diagnostic: &Diagnostic) -> Vec<Group<'_>> {
    let related = diagnostic.related.iter();
    let related = related.map(|(place, what)| (place, Some(escape::line(what))));
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (place, what) in std::iter::once((&diagnostic.place, None)).chain(related) {
        let line = place.start().line;
        let long = is_long(&place.source, place.span);
        let near = groups.iter_mut().find(|group| {
            let lines = group.lines.start.min(line)..group.lines.end.max(line);
            let near = Arc::ptr_eq(group.source, &place.source) && lines.len() <= TOGETHER;
            near && !long && !group.long
        });
        if let Some(group) = near {
            group.lines = group.lines.start.min(line)..group.lines.end.max(line);
            group.labels.push((place, what));
        } else {
            groups.push(Group {
                source: &place.source,
                labels: vec![(place, what)],
                lines: line..line,
                long,
            });
        }
    }
    groups
}

/// The lines that were starred out last. Diagnostics come by place, so that many on one line, which may
/// be a whole file, cost what one costs.
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

/// Lines of a source that can be shown.
#[derive(Debug)]
pub(super) struct Excerpt {
    /// The lines.
    pub(super) text: String,
    /// The number of the first of them, counted from 1.
    pub(super) first_line: usize,
    /// Where each of the labels stands in [`Self::text`], in the order in which they were asked for.
    pub(super) labels: Vec<Range<usize>>,
}

impl Excerpt {
    /// The lines from the first to the last of `labels`. A label over several lines is drawn on the
    /// first of them: a mapping that lacks a field may be half the file.
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
            // The window ends with a line break; what follows it is a line only if a label is there.
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

    /// Adds one line; says where `labels`, which count from the line's start, stand now.
    fn push(&mut self, line: &str, labels: &[Range<usize>]) -> Vec<Range<usize>> {
        // What is far behind the last label is out of sight, whatever it says.
        let last = labels.iter().map(|label| label.start).max().unwrap_or(0);
        let sight = line[last..].char_indices().nth(LABEL + LONG);
        let line = &line[..sight.map_or(line.len(), |(at, _)| last + at)];
        // Where each character went, and where the line ends.
        let mut moved: Vec<(usize, usize)> = Vec::with_capacity(line.len() + 1);
        for (at, c) in line.char_indices() {
            moved.push((at, self.text.len()));
            // A tab stays: the renderer makes it as wide as its columns want it.
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
    fn labels_stay_on_what_they_are_about() {
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
    fn a_label_on_a_long_line_has_a_longest_length() {
        let text = "é".repeat(500_000);
        let (shown, labels) = excerpt(&text, &text);
        assert_eq!(labels, ["é".repeat(LABEL)]);
        assert_eq!(shown.chars().count(), LABEL + LONG + 1);
        let source = Source::new("a.yaml", format!("a: 1\n{text}\nb: 2\n"));
        let long = [0, 5, 1_000_005, 1_000_006].map(|at| is_long(&source, Span::new(at, at)));
        assert_eq!(long, [false, true, true, false]);
    }

    #[test]
    fn a_label_may_stand_at_the_end_of_the_file() {
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
