//! Ordinary YAML, read line by line, beside the general parser.

use super::{super::parse::parse_any, Source, read};
use crate::diagnostic::Report;
use proptest::{
    collection::vec, prelude::*, sample::select, strategy::ValueTree as _, test_runner::TestRunner,
};

/// Whether a text is read without the general parser, which must agree.
fn is_read(text: &str) -> bool {
    let source = Source::new("a.yaml", text);
    let Some((node, end)) = read(&source, 0..text.len(), false) else {
        return false;
    };
    if end < text.len() {
        return false;
    }
    let mut report = Report::default();
    let expected = parse_any(&source, &mut report);
    assert!(report.is_empty(), "{text}\n{report:?}");
    assert_eq!(format!("{node:?}"), format!("{expected:?}"), "{text}");
    true
}

#[test]
fn what_people_write_is_read() {
    for text in [
        "a: b",
        "---\na: b\n",
        "# c\n\na: b # c\n\n# c\n",
        "users:\n  jdoe:\n    first_name: Jérôme\n    note: it's 10 – 12 # c\n    extension: \"100\"\n",
        "a:\n- b\n- c: d\n  e: f\n- \"g\": 'h i'\ni:\n  - j k\n  - { l: m, \"n\": [o, 'p', -1] }\n",
        "a: {}\nb: []\nc: { d: {}, e: [] }\n",
        "a: 00:15:65:aa:bb:cc\nb: [00:15:65:aa:bb:cc, x#y]\nc: a#b\nd: \"\"\n",
        "a:\n    b:\n        c: d\n    # c\n\n    e:\n    - f\n",
    ] {
        assert!(is_read(text), "{text}");
    }
}

#[test]
fn what_is_out_of_the_ordinary_is_left_to_the_general_parser() {
    for text in [
        "",
        "a",
        "- a",
        "a: |\n  b\n",
        "a: b\n  c\n",
        "a: \"b\\n\"\n",
        "a: 'it''s'\n",
        "a: &b c\n",
        "a: *b\n",
        "a: !b c\n",
        "a: b: c\n",
        "a:\tb\n",
        "a: b\r\n",
        "a: b\n---\nc: d\n",
        "a: b\na: c\n",
        "null: b\n",
        "<<: b\n",
        "a:\n",
        "a: { b: c\n  }\n",
        "a: { b }\n",
        "a: [b: c]\n",
        "a: [b, ]\n",
        "a: @b\n",
        "a:\n  b: c\n d: e\n",
        "a: b\u{85}c\n",
        "\u{feff}a: b\n",
    ] {
        assert!(!is_read(text), "{text}");
    }
    let deep: Vec<String> = (0..40).map(|depth| format!("{:depth$}a:\n", "")).collect();
    let deep = deep.concat();
    assert!(!is_read(&format!("{deep}{:40}a: b\n", "")));
    let long = "a".repeat(300);
    assert!(!is_read(&format!("{long}: b\n")));
}

/// A text within a line, mostly an ordinary one.
fn scalar() -> impl Strategy<Value = String> {
    let ordinary = select(vec![
        "a", "1", "-1", "0100", "true", "null", "~", "a b", "é", "漢字 x", "a#b", "a:b",
        "00:15:65", "\"q\"", "\"\"", "'s'", "\"a: b\"", "'# no'", "\"}\"", "'],'", "a'b", "a\"b",
        "$x", "/p", "+1", "a - b", "a?", "a...", "a&b", "a@b", ".5", "(a)", "a!", "a=b", "a%",
        "a*", "a|b",
    ]);
    let odd = select(vec![
        "a  b ", "a,b", "a, b", "${x}", "-", "--", "?", "...", "x{y", "x]y", "=", "%", "@", "&a b",
        "*a", "|", "a: b",
    ]);
    prop_oneof![30 => ordinary.prop_map(str::to_owned), 1 => odd.prop_map(str::to_owned), 1 => "[a-c:#,' \"-]{1,6}"]
}

fn key() -> impl Strategy<Value = String> {
    let odd = select(vec![
        "1", "+1", "\"q r\"", "'s'", "0x1", "null", "-h", "i.j", "k@l", "/m", "x y", "d_e", "f-g",
    ]);
    prop_oneof![12 => "[a-z]{1,4}", 1 => odd.prop_map(str::to_owned)]
}

/// A value between brackets.
fn flow() -> impl Strategy<Value = String> {
    scalar().prop_recursive(3, 12, 4, |inner| {
        let list = vec(inner.clone(), 0..4).prop_map(|list| format!("[{}]", list.join(", ")));
        let entry = (key(), inner).prop_map(|(key, value)| format!("{key}: {value}"));
        let map = vec(entry, 0..4).prop_map(|entries| match entries.is_empty() {
            true => "{}".to_owned(),
            false => format!("{{ {} }}", entries.join(", ")),
        });
        prop_oneof![list, map]
    })
}

fn comment() -> impl Strategy<Value = &'static str> {
    select(vec![
        "",
        "",
        "",
        "",
        "",
        " # c",
        "  #",
        "#",
        " ",
        "\n",
        "\n\n  # c",
        "\n# c",
    ])
}

/// Lines of a block mapping, without indentation.
fn block() -> impl Strategy<Value = Vec<String>> {
    let entry = |value: BoxedStrategy<String>| {
        (key(), value, comment()).prop_map(|(key, value, comment)| {
            let lines = format!("{key}: {value}{comment}");
            lines.split('\n').map(str::to_owned).collect::<Vec<_>>()
        })
    };
    let leaf = vec(entry(flow().boxed()), 1..4).prop_map(|entries| entries.concat());
    leaf.prop_recursive(3, 24, 4, move |inner| {
        let width = select(vec![0_usize, 2, 2, 2, 4]);
        let nested = (key(), comment(), inner.clone(), width.clone());
        let nested = nested.prop_map(|(key, comment, lines, width)| {
            let first = format!("{key}:{comment}");
            let lines = lines.iter().map(|line| format!("{:width$}{line}", ""));
            first.split('\n').map(str::to_owned).chain(lines).collect()
        });
        let item = prop_oneof![flow().prop_map(|value| vec![value]), inner];
        let items = vec(item, 1..4);
        let listed = (key(), items, width).prop_map(|(key, items, width)| {
            let items = items.iter().flat_map(|lines| {
                let lines = lines.iter().enumerate();
                lines.map(|(at, line)| {
                    format!("{:width$}{} {line}", "", if at == 0 { "-" } else { " " })
                })
            });
            std::iter::once(format!("{key}:")).chain(items).collect()
        });
        let plain = entry(flow().boxed());
        vec(prop_oneof![plain, nested, listed], 1..4)
            .prop_map(|entries: Vec<Vec<String>>| entries.concat())
    })
}

/// A document, in which a few characters may have been put or taken away.
fn document() -> impl Strategy<Value = String> {
    let slips = vec(
        (
            any::<prop::sample::Index>(),
            select(vec![
                "", " ", "\n", ":", "#", "'", "\"", "-", ",", "}", "\t", "\r", "&", "|",
            ]),
        ),
        0..3,
    );
    (block(), slips, any::<bool>()).prop_map(|(lines, slips, is_ended)| {
        let mut text = lines.join("\n");
        if is_ended {
            text.push('\n');
        }
        for (at, slip) in slips.iter().filter(|_| !slips.is_empty()) {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            let at = places[at.index(places.len())];
            match slip.is_empty() {
                true => drop(text.remove(at)),
                false => text.insert_str(at, slip),
            }
        }
        text
    })
}

#[test]
fn many_random_documents_are_read() {
    let mut runner = TestRunner::deterministic();
    let mut is_read_next = || is_read(&document().new_tree(&mut runner).unwrap().current());
    let read = (0..500).filter(|_| is_read_next()).count();
    assert!((50..400).contains(&read), "{read} of 500");
}

proptest! {
    // PROPTEST_CASES=100000 looks at a million.
    #![proptest_config(ProptestConfig {
        cases: 10 * ProptestConfig::default().cases,
        ..ProptestConfig::default()
    })]
    #[test]
    fn random_documents_are_the_same_for_both_parsers(text in document()) {
        is_read(&text);
    }
}
