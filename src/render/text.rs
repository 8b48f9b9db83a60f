//! The *text* renderer writes a report for a terminal or a log, in the style of rustc's errors.

use super::{
    Look, counted, escape,
    excerpt::{Excerpt, Group, LONG, Shown, grouped},
};
use crate::{
    diagnostic::{Diagnostic, Level, Report, Rule},
    source::Place,
};
use annotate_snippets::{Annotation, AnnotationKind, Element, Level as Heading, Renderer, Snippet};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

/// The maximum number of diagnostics. The JSON format has no limit.
const SHOWN: usize = 100;

/// The maximum number of warnings of one rule that are all shown.
const GROUPED: usize = 10;

/// The number of warnings that are shown of more than that.
const SHOWN_OF_GROUP: usize = 3;

/// Writes a report.
///
/// # Errors
/// The writer fails.
pub fn report(report: &Report, look: &Look, out: &mut dyn io::Write) -> io::Result<()> {
    let sorted = report.sorted();
    let renderer = if look.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    // Excerpts contain no more of a long line, even for wider terminals.
    let renderer = renderer.term_width(look.width.clamp(40, LONG));
    let mut shown = Shown::default();
    let mut warnings: BTreeMap<Rule, Vec<&Diagnostic>> = BTreeMap::new();
    for diagnostic in sorted.iter().filter(|one| one.level() == Level::Warning) {
        warnings
            .entry(diagnostic.rule)
            .or_default()
            .push(diagnostic);
    }
    warnings.retain(|_, group| group.len() > GROUPED);
    let is_shown = |diagnostic: &&&Diagnostic| {
        let group = warnings.get(&diagnostic.rule);
        group.is_none_or(|group| {
            group[..SHOWN_OF_GROUP]
                .iter()
                .any(|one| std::ptr::eq(*one, **diagnostic))
        })
    };
    let grouped: usize = warnings
        .values()
        .map(|group| group.len() - SHOWN_OF_GROUP)
        .sum();
    for diagnostic in sorted.iter().filter(is_shown).take(SHOWN) {
        writeln!(out, "{}\n", one(&renderer, diagnostic, look, &mut shown))?;
    }
    if let Some(more @ 1..) = (sorted.len() - grouped).checked_sub(SHOWN) {
        writeln!(out, "… and {more} more\n")?;
    }
    for (rule, group) in &warnings {
        let rest = &group[SHOWN_OF_GROUP..];
        let places = rest.iter().take(SHOWN_OF_GROUP);
        let places: Vec<String> = places
            .map(|one| escape::line(&look.from_root(&one.place.to_string())))
            .collect();
        writeln!(
            out,
            "warning[{rule}]: {} more, at {}, …\n",
            rest.len(),
            places.join(", ")
        )?;
    }
    if !sorted.is_empty() {
        writeln!(out, "{}", summary(report, &sorted))?;
    }
    Ok(())
}

/// `2 errors, 1 warning in 2 files`
fn summary(report: &Report, sorted: &[&Diagnostic]) -> String {
    let levels = [(Level::Error, "error"), (Level::Warning, "warning")];
    let counts = levels.map(|(level, word)| (report.count(level), word));
    let found = counts.iter().filter(|(count, _)| *count > 0);
    let found: Vec<String> = found.map(|(count, word)| counted(*count, word)).collect();
    let files = sorted.iter().map(|one| one.place.source.name());
    let files = files.collect::<BTreeSet<&str>>().len();
    format!("{} in {}", found.join(", "), counted(files, "file"))
}

/// One diagnostic.
fn one(renderer: &Renderer, diagnostic: &Diagnostic, look: &Look, shown: &mut Shown) -> String {
    let heading = match diagnostic.level() {
        Level::Error => Heading::ERROR,
        Level::Warning => Heading::WARNING,
    };
    let mut elements: Vec<Element<'static>> = Vec::new();
    for group in grouped(diagnostic) {
        elements.push(excerpt(group, &diagnostic.place, look, shown).into());
    }
    if let Some(help) = &diagnostic.help {
        elements.push(Heading::HELP.message(escape::lines(help)).into());
    }
    let title = heading.primary_title(escape::line(&diagnostic.message));
    renderer.render(&[title.id(diagnostic.rule.id()).elements(elements)])
}

/// The excerpt of a group, with its labels.
fn excerpt(
    group: Group<'_>,
    own: &Place,
    look: &Look,
    shown: &mut Shown,
) -> Snippet<'static, Annotation<'static>> {
    let (source, labels) = (group.source, group.labels);
    let spans: Vec<_> = labels.iter().map(|(place, _)| place.span).collect();
    let excerpt = Excerpt::of(source, &spans, shown);
    let annotations = labels.into_iter().zip(excerpt.labels);
    let annotations = annotations.map(|((place, what), range)| {
        let kind = if std::ptr::eq(place, own) {
            AnnotationKind::Primary
        } else {
            AnnotationKind::Context
        };
        kind.span(range).label(what)
    });
    Snippet::source(excerpt.text)
        .path(escape::line(&look.from_root(source.name())))
        .line_start(excerpt.first_line)
        .annotations(annotations)
}

#[cfg(test)]
mod tests {
    use super::{
        super::samples::{hostile, ordinary, place, written},
        *,
    };
    use crate::source::Source;

    fn shown(what: &Report) -> String {
        written(|out| report(what, &Look::default(), out))
    }

    #[test]
    fn shows_each_diagnostic_on_its_lines() {
        insta::assert_snapshot!(shown(&ordinary()), @"
        warning[unanswered-calls]: unanswered calls to bob are disconnected
         --> people.yaml:4:3
          |
        4 |   bob:
          |   ^^^
          |
          = help: enable voicemail, or forward the calls

        error[duplicate-address]: users/alice is declared twice
         --> people.yaml:6:3
          |
        2 |   alice:
          |   ----- first declared here
        ...
        6 |   alice:
          |   ^^^^^

        error[duplicate-value]: extension 1001 is taken
         --> queues.yaml:2:3
          |
        2 |   1001: { kind: fax, name: Fax }
          |   ^^^^
          |
         ::: people.yaml:5:16
          |
        5 |     extension: 1001
          |                ---- used by users/bob

        2 errors, 1 warning in 2 files
        ");
    }

    #[test]
    fn hostile_text_is_escaped() {
        let shown = shown(&hostile());
        assert!(!shown.chars().any(|c| c != '\n' && escape::is_unsafe(c)));
        insta::assert_snapshot!(shown, @r"
        error[unknown-field]: no `\u{1b}[2J`\r\n::error::100% taken\u{202e} over
         --> a\u{1b}[31m,b:c%.yaml:2:13
          |
        2 |   �]0;owned�x: { password: ******* *
          |             ^
        3 |   �eve: 1
          |    --- \u{9b}31m here
          |
          = help: \u{3a}:stop-commands::x
                  ##\u{5b}add-path]y

        1 error in 1 file
        ");
    }

    #[test]
    fn a_long_line_does_not_flood_the_terminal() {
        let mut text = "x".repeat(1 << 20);
        text.replace_range(500_000..500_004, "here");
        let source = Source::new("a.yaml", text);
        let mut report = Report::default();
        report.add(Diagnostic::new(
            Rule::InvalidValue,
            place(&source, "here", 0),
            "too long",
        ));
        insta::assert_snapshot!(shown(&report), @"
        error[invalid-value]: too long
         --> a.yaml:1:500001
          |
        1 | ...xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxherexxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...
          |                                                         ^^^^

        1 error in 1 file
        ");
        let everything = Place::new(&source, crate::source::Span::new(0, 1 << 20));
        report.add(Diagnostic::new(Rule::InvalidValue, everything, "too long"));
        let shown = shown(&report);
        assert!(shown.len() < 1500, "{shown}");
    }

    #[test]
    fn places_far_apart_get_an_excerpt_each() {
        let text = format!("first: 1\n{}second: 2\n", "#\n".repeat(90));
        let source = Source::new("a.yaml", text);
        let mut report = Report::default();
        report.add(
            Diagnostic::new(
                Rule::DuplicateKey,
                place(&source, "second", 0),
                "used twice",
            )
            .related(place(&source, "first", 0), "first used here"),
        );
        insta::assert_snapshot!(shown(&report), @"
        error[duplicate-key]: used twice
          --> a.yaml:92:1
           |
        92 | second: 2
           | ^^^^^^
           |
          ::: a.yaml:1:1
           |
         1 | first: 1
           | ----- first used here

        1 error in 1 file
        ");
    }

    #[test]
    fn a_hundred_are_shown_and_the_rest_counted() {
        let source = Source::new("a.yaml", "a: 1\n");
        let mut report = Report::default();
        for number in 0..103 {
            let place = place(&source, "a", 0);
            report.add(Diagnostic::new(
                Rule::InvalidValue,
                place,
                format!("{number}"),
            ));
        }
        let text = shown(&report);
        assert_eq!(text.matches("error[invalid-value]").count(), SHOWN);
        assert!(
            text.ends_with("\n\n… and 3 more\n\n103 errors in 1 file\n"),
            "{text}"
        );
        assert_eq!(shown(&Report::default()), "");
    }

    #[test]
    fn the_caller_decides_on_color() {
        let look = Look {
            color: true,
            ..Look::default()
        };
        let shown = written(|out| report(&ordinary(), &look, out));
        assert!(shown.contains("\u{1b}["));
    }

    proptest::proptest! {
        /// Any file and any places: no panic, and no unsafe character.
        #[test]
        fn any_file_can_be_shown(
            text in "([a\t :é漢\u{301}\u{1b}\u{202e}👩\n]|\r\n|##\\[|a{90}|漢{90}){0,12}",
            spans in proptest::collection::vec((0_u32..1200, 0_u32..1200), 1..4),
            width in 0_usize..200,
        ) {
            let source = Source::new("a.yaml", text);
            let places = spans.into_iter().map(|(from, length)| {
                Place::new(&source, crate::source::Span::new(from, from + length))
            });
            let places: Vec<Place> = places.collect();
            let mut diagnostic = Diagnostic::new(Rule::Tag, places[0].clone(), "m");
            for place in &places[1..] {
                diagnostic = diagnostic.related(place.clone(), "here");
            }
            let mut all = Report::default();
            all.add(diagnostic);
            let look = Look { width, ..Look::default() };
            let shown = written(|out| report(&all, &look, out));
            assert!(!shown.chars().any(|c| c != '\n' && escape::is_unsafe(c)));
            assert!(!shown.contains("##["));
        }
    }

    #[test]
    fn many_warnings_of_one_rule_are_grouped() {
        let text = "users:\n".to_owned() + &"  bob: {}\n".repeat(12);
        let source = Source::new("people.yaml", text);
        let mut report = Report::default();
        for nth in 0..12 {
            let message = format!("calls to bob {nth}");
            let place = place(&source, "bob", nth);
            report.add(Diagnostic::new(Rule::UnansweredCalls, place, message));
        }
        let place = place(&source, "users", 0);
        report.add(Diagnostic::new(Rule::WrongType, place, "an error"));
        let shown = shown(&report);
        let count = |text: &str| shown.matches(text).count();
        assert_eq!(
            (count("calls to bob"), count("an error")),
            (3, 1),
            "{shown}"
        );
        let group =
            "warning[unanswered-calls]: 9 more, at people.yaml:5, people.yaml:6, people.yaml:7, …";
        assert!(shown.contains(group), "{shown}");
        assert!(shown.contains("1 error, 12 warnings in 1 file"), "{shown}");
    }
}
