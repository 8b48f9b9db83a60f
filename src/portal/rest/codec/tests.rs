//! What each codec reads and writes.

use super::{Codec, ModelValue, doc, position, with_entry};
use serde_json::{Value, json};

fn written(codec: Codec, value: &ModelValue) -> Value {
    let mut doc = doc::Doc::new();
    codec
        .write(&mut doc, "a", Some(value), |_| unreachable!())
        .unwrap();
    doc["a"].clone()
}

fn read(codec: Codec, there: &Value) -> Option<Value> {
    codec.read(&doc::of(json!({ "a": there })), "a", &())
}

#[test]
fn what_is_written_is_read_back() {
    use Codec::{Digits, DigitsList, Divided, FirstOf, Joined, Or, Scaled, YesNo};
    let list = ["+18005551234", "1001"].map(ModelValue::text);
    let list = ModelValue::List(list.into());
    for (codec, value, there, back) in [
        (YesNo, ModelValue::Bool(true), json!("yes"), json!(true)),
        (YesNo, ModelValue::Bool(false), json!("no"), json!(false)),
        (
            Or("no"),
            ModelValue::text("Google"),
            json!("Google"),
            json!("Google"),
        ),
        (
            Digits(""),
            ModelValue::text("+18005551234"),
            json!("18005551234"),
            json!("+18005551234"),
        ),
        (
            Digits("[*]"),
            ModelValue::text("112"),
            json!("112"),
            json!("112"),
        ),
        (
            DigitsList,
            list,
            json!(["18005551234", "1001"]),
            json!(["+18005551234", "1001"]),
        ),
        (
            FirstOf(';'),
            ModelValue::text("a@x.example"),
            json!("a@x.example"),
            json!("a@x.example"),
        ),
        (Scaled(6), ModelValue::Integer(4), json!(24), json!(4)),
        (
            Joined,
            ModelValue::List(["a@b.example", "c@d.example"].map(ModelValue::text).into()),
            json!("a@b.example,c@d.example"),
            json!(["a@b.example", "c@d.example"]),
        ),
        (Divided(60), ModelValue::Integer(120), json!(2), json!(120)),
    ] {
        assert_eq!(written(codec, &value), there);
        assert_eq!(read(codec, &there), Some(back));
    }
}

#[test]
fn what_the_model_cant_express_is_not_read_as_something_else() {
    assert_eq!(read(Codec::Divided(60), &json!(i64::MAX)), None);
    assert_eq!(
        read(Codec::YesNo, &json!("yes-with-transcription")),
        Some(json!(true))
    );
    assert_eq!(
        read(Codec::Digits(""), &json!("8005551234")),
        Some(json!("8005551234"))
    );
}

#[test]
fn one_value_may_be_in_several_fields() {
    let mut doc = doc::of(json!({"first": "A", "middle": "B", "last": "C", "fax": "1"}));
    let name = Codec::WordsIn(&["first", "middle", "last"]);
    let numbers = Codec::DigitsIn(&["work", "home"]);
    assert_eq!(name.read(&doc, "first", &()), Some(json!("A B C")));
    let list = ModelValue::List([ModelValue::text("+18005551234")].into());
    for (codec, value) in [(name, ModelValue::text("Ann van Lee")), (numbers, list)] {
        codec
            .write(&mut doc, "first", Some(&value), |_| unreachable!())
            .unwrap();
    }
    let expected = json!({"first": "Ann van", "middle": "", "last": "Lee", "fax": "1",
        "work": "18005551234", "home": ""});
    assert_eq!(doc, doc::of(expected));
    assert_eq!(name.read(&doc, "first", &()), Some(json!("Ann van Lee")));
    assert_eq!(
        numbers.read(&doc, "work", &()),
        Some(json!(["+18005551234"]))
    );
}

#[test]
fn nothing_has_a_word_of_its_own() {
    assert_eq!(written(Codec::Or("no"), &ModelValue::Null), json!("no"));
    assert_eq!(read(Codec::Or("no"), &json!("no")), None);
    assert_eq!(
        written(Codec::Digits("[*]"), &ModelValue::Null),
        json!("[*]")
    );
    assert_eq!(read(Codec::Digits("[*]"), &json!("[*]")), None);
    let mut doc = doc::of(json!({"a": "x@a.example; y@a.example;z@a.example"}));
    let mut write = |text: Option<&str>| {
        let text = text.map(ModelValue::text);
        let written = Codec::FirstOf(';').write(&mut doc, "a", text.as_ref(), |_| unreachable!());
        written.map(|()| doc["a"].clone()).unwrap()
    };
    assert_eq!(
        write(Some("w@a.example")),
        json!("w@a.example;y@a.example;z@a.example")
    );
    assert_eq!(write(None), json!(""));
}

#[test]
fn numbers_and_texts_of_digits_are_taken_for_each_other() {
    let mut doc = doc::of(json!({"pin": 42, "rings": "24", "name": 7, "flag": 1, "none": null}));
    for (codec, at) in [
        (Codec::Text, "pin"),
        (Codec::Scaled(6), "rings"),
        (Codec::Text, "name"),
        (Codec::Flag, "flag"),
        (Codec::Text, "none"),
    ] {
        codec.retype(&mut doc, at);
    }
    let expected = json!({"pin": "42", "rings": 24, "name": "7", "flag": 1, "none": null});
    assert_eq!(Value::from(doc), expected);
}

#[test]
fn the_entry_of_a_type_is_found() {
    for (entries, at) in [
        (json!([{"type": "home"}, {"type": "Work"}]), Some(1)),
        (json!([{"value": "a"}, {"primary": true}]), Some(1)),
        (json!([{"type": "home"}, {"value": "a"}]), Some(1)),
        (json!([{"type": "home", "primary": true}]), None),
        (json!([]), None),
    ] {
        assert_eq!(
            position(entries.as_array().unwrap(), "work"),
            at,
            "{entries}"
        );
    }
}

#[test]
fn other_entries_of_a_list_are_kept() {
    let home = json!({"type": "home", "value": "h", "primary": true});
    let both = |work: &str| {
        vec![
            home.clone(),
            json!({"type": "work", "value": work, "display": "D"}),
        ]
    };
    let with = |old: Vec<Value>, text| with_entry(old, ("work", "value"), text);
    assert_eq!(with(both("a"), Some("b")), Some(both("b").into()));
    assert_eq!(with(both("a"), None), Some(json!([home])));
    let added = json!([home, {"type": "work", "value": "c"}]);
    assert_eq!(with(vec![home.clone()], Some("c")), Some(added));
    assert_eq!(
        with(vec![json!({"type": "work", "value": "a"})], None),
        None
    );
    assert_eq!(with(Vec::new(), None), None);
}
