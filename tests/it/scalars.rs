//! A *scalar* is read in one way, whatever field it stands in: truth values, null and numbers have the
//! spellings of YAML 1.2, and no others.

use crate::workspace::{read_file, rules};
use callsheet::model::{Address, Kind, Resource, Value};

/// A user who is declared with one more line.
fn user(line: &str) -> (Option<Resource>, Vec<&'static str>) {
    let text = format!(
        "users:\n  ann:\n    first_name: Ann\n    last_name: Lee\n    email: ann@acme.example\n    {line}\n"
    );
    let desired = read_file("people.yaml", text);
    let rules = rules(&desired.report);
    let ann = Address::new(Kind::Users, "ann");
    (desired.state.get(&ann).cloned(), rules)
}

#[test]
fn a_truth_value_counts_in_each_of_its_spellings() {
    for (text, truth) in [
        ("true", true),
        ("True", true),
        ("TRUE", true),
        ("&t true", true),
        ("false", false),
        ("False", false),
        ("FALSE", false),
    ] {
        let (ann, rules) = user(&format!("protect: {text}"));
        assert!(rules.is_empty(), "{text}: {rules:?}");
        assert_eq!(ann.unwrap().protect, truth, "{text}");
        let (ann, rules) = user(&format!("dnd: {text}"));
        assert!(rules.is_empty(), "{text}: {rules:?}");
        assert_eq!(ann.unwrap().fields.get("dnd"), Some(&Value::Bool(truth)));
    }
    for text in ["yes", "on", "\"true\"", "tRUE", "1", "t", "!!bool true"] {
        for field in ["protect", "dnd"] {
            let (_, rules) = user(&format!("{field}: {text}"));
            assert!(!rules.is_empty(), "{field}: {text}");
        }
    }
}

#[test]
fn null_clears_in_each_of_its_spellings() {
    for text in ["null", "Null", "NULL", "~", ""] {
        let (ann, rules) = user(&format!("title: {text}"));
        assert!(rules.is_empty(), "{text}: {rules:?}");
        assert_eq!(ann.unwrap().fields.get("title"), Some(&Value::Null));
    }
}

#[test]
fn a_version_is_a_whole_number() {
    let version = |text: &str| {
        let (ann, rules) = user(&format!("password: {{ env: X, version: {text} }}"));
        match ann.unwrap().fields.get("password") {
            Some(Value::Secret(secret)) => (secret.version, rules.is_empty()),
            other => panic!("{text}: {other:?}"),
        }
    };
    assert_eq!(version("7"), (7, true));
    for text in ["\"7\"", "+7", "07", "0x7", "7.5"] {
        assert!(!version(text).1, "{text}");
    }
}

#[test]
fn two_spellings_of_one_value_are_one_element() {
    let (ann, rules) =
        user("available_from_emails: [Ann@Acme.example, sales@acme.example, ann@acme.example]");
    assert!(rules.is_empty(), "{rules:?}");
    let kept = ann.unwrap().fields.get("available_from_emails").cloned();
    let texts = ["ann@acme.example", "sales@acme.example"].map(Value::text);
    assert_eq!(kept, Some(Value::List(texts.into())));
}
