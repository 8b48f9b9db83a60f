//! The *oracle* is another YAML reader, `serde_yaml`: every file that we accept must give the same tree.
//!
//! The documented exceptions: only canonical numbers are numbers, so `+14155550100` and `0x1F` are text, and
//! keys are always text.

use callsheet::{
    diagnostic::Report,
    source::Source,
    yaml::{self, Node, NodeKind, Plain},
};
use proptest::prelude::*;
use serde::Deserialize as _;
use serde_yaml::Value;
use std::path::{Path, PathBuf};

/// Fails if the trees differ; `at` is the path.
fn same(source: &Source, ours: &Node, theirs: &Value, at: &str) {
    match (&ours.kind, theirs) {
        (NodeKind::List(list), Value::Sequence(sequence)) => {
            assert_eq!(list.len(), sequence.len(), "{at}");
            for (index, (ours, theirs)) in list.iter().zip(sequence).enumerate() {
                same(source, ours, theirs, &format!("{at}[{index}]"));
            }
        }
        (NodeKind::Map(entries), Value::Mapping(mapping)) => {
            assert_eq!(entries.len(), mapping.len(), "{at}");
            for (entry, (key, value)) in entries.iter().zip(mapping) {
                let name = entry.key.of(source);
                let at = format!("{at}.{name}");
                assert!(is_scalar(Plain::Text, name, key), "{at}: {key:?}");
                same(source, &entry.value, value, &at);
            }
        }
        (NodeKind::Scalar(scalar), theirs) => {
            let text = scalar.text.of(source);
            let plain = ours.plain(source).unwrap();
            assert!(
                is_scalar(plain, text, theirs),
                "{at}: {text:?} is {plain:?} and {theirs:?}"
            );
        }
        _ => panic!("{at}: {ours:?} and {theirs:?}"),
    }
}

/// Whether our scalar equals the oracle's, apart from the exceptions.
fn is_scalar(plain: Plain, text: &str, theirs: &Value) -> bool {
    match (plain, theirs) {
        (Plain::Null, Value::Null) => true,
        (Plain::Bool(ours), Value::Bool(theirs)) => ours == *theirs,
        (Plain::Integer(ours), Value::Number(theirs)) => theirs.as_i64() == Some(ours),
        (Plain::Float(ours), Value::Number(theirs)) => theirs.as_f64() == Some(ours),
        (Plain::Text, Value::String(theirs)) => theirs == text,
        // A key, or not a canonical number.
        (Plain::Text, Value::Number(number)) => number.to_string() == text || is_no_number(text),
        (Plain::Text, Value::Bool(truth)) => text.eq_ignore_ascii_case(&truth.to_string()),
        _ => false,
    }
}

/// Whether a number isn't canonical: a plus sign, a base, a bare point, or a word.
fn is_no_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']);
    text.starts_with('+')
        || digits.starts_with(['.', '0'])
        || digits.ends_with('.')
        || digits.to_ascii_lowercase().ends_with("inf")
        || digits.to_ascii_lowercase().ends_with("nan")
}

/// Reads a text with both readers. Returns whether we accepted it.
fn compare(name: &str, text: &str) -> bool {
    let source = Source::new(name, text);
    let mut report = Report::default();
    let ours = yaml::parse(&source, &mut report);
    if !report.sorted().is_empty() {
        return false;
    }
    let documents = serde_yaml::Deserializer::from_str(text).map(Value::deserialize);
    let documents: Result<Vec<Value>, _> = documents.collect();
    let documents = documents.unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
    // We read the one document that holds something.
    let mut filled = documents.into_iter().filter(|document| !document.is_null());
    let theirs = filled.next().unwrap_or_default();
    assert!(filled.next().is_none(), "{name}: a second document");
    // We read an empty file as an empty mapping.
    if !(theirs.is_null() && ours.entries().is_empty()) {
        same(&source, &ours, &theirs, name);
    }
    true
}

/// Every YAML file below a folder of the project.
fn files_below(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let walk = walkdir::WalkDir::new(root).sort_by_file_name();
    let paths = walk.into_iter().map(|entry| entry.unwrap().into_path());
    paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        })
        .collect()
}

#[test]
fn files_are_read_like_the_oracle_does() {
    // The other examples are of pipelines, and hold several documents.
    for folder in [
        "examples/acme",
        "examples/minimal",
        "examples/reseller",
        "fixtures/valid",
    ] {
        for path in files_below(folder) {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text.trim_start_matches('\u{feff}');
            assert!(
                compare(&path.display().to_string(), text),
                "{}",
                path.display()
            );
        }
    }
    let read = files_below("fixtures/invalid")
        .iter()
        .filter(|path| {
            compare(
                &path.display().to_string(),
                &std::fs::read_to_string(path).unwrap(),
            )
        })
        .count();
    assert!(read > 30, "{read}");
}

#[test]
fn the_exceptions_are_documented() {
    let ours = |text: &str| {
        let source = Source::new("a.yaml", text);
        yaml::parse(&source, &mut Report::default())
            .plain(&source)
            .unwrap()
    };
    let theirs = |text: &str| serde_yaml::from_str::<Value>(text).unwrap();
    for text in [
        "+14155550100",
        "0x1F",
        "0o17",
        "+1.5",
        ".5",
        ".inf",
        ".nan",
        "-.inf",
    ] {
        assert_eq!(ours(text), Plain::Text, "{text}");
        assert!(theirs(text).is_number(), "{text}");
    }
    for text in [
        "0100",
        "-01",
        "1_000",
        "no",
        "yes",
        "on",
        "off",
        "12:30:45",
        "2026-09-01",
        "1e",
        "0x",
        "00",
    ] {
        assert_eq!((ours(text), theirs(text)), (Plain::Text, text.into()));
    }
    for text in [
        "0",
        "-0",
        "5.",
        "1e3",
        "0.5",
        "1.50",
        "12345678901234567890",
        "~",
        "null",
        "Null",
        "TRUE",
        "False",
    ] {
        assert!(
            is_scalar(ours(text), text, &theirs(text)),
            "{text}: {:?} {:?}",
            ours(text),
            theirs(text)
        );
        assert_ne!(ours(text), Plain::Text);
    }
}

/// A value and its style.
#[derive(Clone, Debug)]
enum Written {
    Plain(&'static str),
    Single(String),
    Double(String),
    Literal(Vec<String>),
    List(bool, Vec<Self>),
    Map(bool, Vec<(String, Self)>),
}

impl Written {
    /// The text after `key: ` or `- `.
    fn text(&self, indent: usize, flow: bool) -> String {
        let pad = " ".repeat(indent);
        let parts: Vec<String> = match self {
            Self::Plain(text) => vec![(*text).to_owned()],
            Self::Single(text) => vec![format!("'{}'", text.replace('\'', "''"))],
            // A JSON string is a double-quoted scalar.
            Self::Double(text) => vec![serde_json::to_string(text).unwrap()],
            Self::Literal(lines) if flow => vec![serde_json::to_string(lines).unwrap()],
            Self::Literal(lines) => {
                let lines = lines.iter().map(|line| format!("\n{pad}  {line}"));
                std::iter::once("|".to_owned()).chain(lines).collect()
            }
            Self::List(true, list) if !flow && !list.is_empty() => {
                let entry = |one: &Self| format!("\n{pad}- {}", one.text(indent + 2, false));
                list.iter().map(entry).collect()
            }
            Self::List(_, list) => {
                let entry = |one: &Self| format!("{}, ", one.text(indent, true));
                vec![format!(
                    "[{}]",
                    list.iter().map(entry).collect::<Vec<_>>().concat()
                )]
            }
            Self::Map(true, map) if !flow && !map.is_empty() => {
                let entry = |(key, one): &(String, Self)| {
                    format!("\n{pad}{key}: {} # é", one.text(indent + 2, false))
                };
                map.iter().map(entry).collect()
            }
            Self::Map(_, map) => {
                let entry =
                    |(key, one): &(String, Self)| format!("{key}: {}, ", one.text(indent, true));
                vec![format!(
                    "{{{}}}",
                    map.iter().map(entry).collect::<Vec<_>>().concat()
                )]
            }
        };
        parts.concat()
    }
}

fn written() -> impl Strategy<Value = Written> {
    let plain = prop::sample::select(vec![
        "alice",
        "0100",
        "+14155550100",
        "1001",
        "-3",
        "0.5",
        "1e3",
        "0x1F",
        "0o17",
        "1_000",
        "true",
        "No",
        "~",
        "null",
        "Null",
        "00:15:65:aa:bb:cc",
        "12:30:45",
        "2026-09-01",
        "a b",
        "it's",
        "a:b",
        "a#b",
        "é漢",
        "-a",
        "${x}",
        "x@y.example",
        "1.2.3",
        ".5",
        "5.",
    ]);
    let text = "[ -~é漢\u{301}]{0,12}|(\\PC| |\t|\n){0,6}";
    let line = prop::string::string_regex("[a-z#:'\"é-]{1,8}").unwrap();
    let leaf = prop_oneof![
        plain.prop_map(Written::Plain),
        "[ -~é漢]{0,12}".prop_map(Written::Single),
        text.prop_map(Written::Double),
        prop::collection::vec(line, 1..3).prop_map(Written::Literal),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = "[a-z]{1,3}|[0-9]{2,4}|\"[a-z :#]{0,4}\"|'[*#&]'";
        let list = prop::collection::vec(inner.clone(), 0..4);
        let map = prop::collection::vec((key, inner), 0..4);
        prop_oneof![
            (any::<bool>(), list).prop_map(|(block, list)| Written::List(block, list)),
            (any::<bool>(), map).prop_map(|(block, map)| Written::Map(block, map)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn documents_are_read_like_the_oracle_does(map in prop::collection::vec(("[a-z]{1,4}", written()), 1..4)) {
        // Without a final line break, the readers differ in the last line break of a block.
        let text = Written::Map(true, map).text(0, false) + "\n";
        compare("generated.yaml", &text);
    }
}
