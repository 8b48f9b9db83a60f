//! An export that is imported changes nothing, whatever the people are called.

use super::{errors, import, load};
use callsheet::{
    model::{Kind, State},
    sheet::{self, Dialect, Setting},
};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const GROUPS: &str = "scopes: { office_manager: { title: Office Manager } }\ngroups: { sales: {}, support: {} }\ninstances: { leeds: { title: Leeds (2nd floor) }, york: {} }\n";

/// A line of text with everything that a sheet could take for something else.
fn line() -> impl Strategy<Value = String> {
    "[='+@\\-\"A-Za-z0-9\u{e9}\u{df}\u{4e2d};,|.]([='+@\\-\"A-Za-z0-9\u{e9};, .]{0,10}[=A-Za-z0-9\u{e9};\"])?"
}

fn maybe(
    name: &'static str,
    value: BoxedStrategy<Value>,
) -> BoxedStrategy<Option<(&'static str, Value)>> {
    option::of(value)
        .prop_map(move |value| Some((name, value?)))
        .boxed()
}

fn text(strategy: impl Strategy<Value = String> + 'static) -> BoxedStrategy<Value> {
    strategy.prop_map(Value::from).boxed()
}

fn one_of(words: &'static [&'static str]) -> BoxedStrategy<Value> {
    select(words).prop_map(Value::from).boxed()
}

fn truth() -> BoxedStrategy<Value> {
    any::<bool>().prop_map(Value::from).boxed()
}

fn record(fields: Vec<BoxedStrategy<Option<(&'static str, Value)>>>) -> BoxedStrategy<Value> {
    let object = |fields: Vec<Option<(&'static str, Value)>>| {
        let fields = fields
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.to_owned(), value));
        Value::Object(fields.collect::<Map<_, _>>())
    };
    fields.prop_map(object).boxed()
}

/// Somebody, without what must be unique.
fn person() -> BoxedStrategy<Value> {
    let voicemail = record(vec![
        maybe("enabled", truth()),
        maybe("email", one_of(&["a@acme.example", "b@acme.example"])),
        maybe(
            "delivery",
            one_of(&["none", "notice", "attach", "brief_attach_trash"]),
        ),
        maybe("transcribe", text(line())),
        maybe(
            "pin",
            one_of(&["PIN_1", "PIN_2"])
                .prop_map(|name| json!({ "env": name, "version": 2 }))
                .boxed(),
        ),
    ]);
    let phone = |number: u8| json!({ "mac": format!("00:15:65:aa:bb:{number:02x}"), "model": "yealink_t5x_t54w" });
    record(vec![
        text(line()).prop_map(|name| Some(("first_name", name))).boxed(),
        text(line()).prop_map(|name| Some(("last_name", name))).boxed(),
        maybe("department", text(line())),
        maybe("address", text("[ \t]?[=a\u{e9}]([\na;,\" ]{0,6}[a\n])?".prop_map(|text| text))),
        maybe("rings_before_voicemail", (1..=60_i64).prop_map(Value::from).boxed()),
        maybe("voicemail", voicemail.prop_filter("a mailbox says something", |one| one != &json!({})).boxed()),
        maybe("groups", vec(select(&["sales", "support"][..]), 1..3).prop_map(|mut all| { all.sort_unstable(); all.dedup(); json!(all) }).boxed()),
        maybe("instance", one_of(&["leeds", "york"])),
        maybe("outbound_caller_id", one_of(&["+14155550100", "+441134960000"])),
        maybe("outbound_caller_name", text("[=A-Z][A-Z ]{0,8}[A-Z]")),
        maybe("time_zone", one_of(&["Europe/London", "UTC"])),
        maybe("dial_permission", text(line())),
        maybe("scope", one_of(&["basic_user", "call_center_agent", "office_manager"])),
        maybe("directory", truth().prop_map(|value| json!({ "spoken": value, "match": "first" })).boxed()),
        maybe("add_phone", truth()),
        maybe("dnd", truth()),
        maybe("active", truth()),
        maybe("advanced", text(line()).prop_map(|value| json!({ "area_code": "415", "x-y": value })).boxed()),
        maybe("phones", vec(0..4_u8, 1..3).prop_map(move |mut all| { all.sort_unstable(); all.dedup(); json!(all.into_iter().map(phone).collect::<Vec<_>>()) }).boxed()),
        maybe("forwarding", one_of(&["+14155550100", "*97"]).prop_map(|to| json!({ "enabled": true, "destinations": [to, "+14155550111"] })).boxed()),
        maybe("answering_rules", text(line()).prop_map(|name| json!([{ "name": name, "action": "busy" }, { "name": "b", "action": "forward", "destinations": ["+14155550100"] }])).boxed()),
    ])
}

/// A workspace of random people, as JSON, which is YAML.
fn users(people: Vec<Value>) -> String {
    let mut users = BTreeMap::new();
    for (number, mut person) in people.into_iter().enumerate() {
        let own = person.as_object_mut().unwrap();
        own.insert("extension".to_owned(), format!("0{}", 100 + number).into());
        own.insert("email".to_owned(), format!("p{number}@acme.example").into());
        // A phone is one person's.
        for phone in own
            .get_mut("phones")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            let mac = phone["mac"]
                .as_str()
                .unwrap()
                .replace("aa:bb", &format!("aa:{number:02x}"));
            phone["mac"] = mac.into();
        }
        users.insert(format!("person{number}"), person);
    }
    json!({ "users": users }).to_string()
}

fn state(texts: &[(&str, &str)]) -> State {
    let desired = load(super::files(texts));
    assert!(
        !desired.report.has_errors(),
        "{:?}",
        desired.report.sorted()
    );
    desired.state
}

fn setting<'s>(state: &'s State, profile: &str) -> Setting<'s> {
    Setting {
        tenant: None,
        country: None,
        profile: callsheet::profile::Profile::named(profile),
        state,
    }
}

/// An export and an import of the same people.
fn check(dialect: Dialect, configuration: &str, profile: &str, resources: &str) {
    let groups = if profile == "sandbox" { GROUPS } else { "" };
    let texts = [
        ("callsheet.yaml", configuration),
        ("office.yaml", resources),
        ("groups.yaml", groups),
    ];
    let state = state(&texts);
    let exported = sheet::export(dialect, setting(&state, profile));
    let sheet = &exported.sheets[0];
    let imported = import(&texts, &[("staff.csv", sheet)], Some(dialect));
    let shown = String::from_utf8_lossy(sheet);
    assert_eq!(
        errors(&imported),
        Vec::<String>::new(),
        "{shown}\n{:?}",
        imported.report.sorted()
    );
    let changes: Vec<&str> = imported.files.iter().map(|file| &*file.after).collect();
    assert!(
        changes.is_empty(),
        "{resources}\n{shown}\n{}",
        changes.join("\n")
    );
    assert_eq!(imported.unchanged, exported.rows);
}

const SANDBOX: &str = "portal: { kind: sandbox, database: sandbox.db }\n";
const NETSAPIENS: &str = "portal: { kind: sandbox, database: sandbox.db, profile: netsapiens }\n";

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_export_that_is_imported_changes_nothing(people in vec(person(), 1..4)) {
        let users = users(people);
        for dialect in [Dialect::Callsheet, Dialect::Kazoo, Dialect::NetSapiens] {
            check(dialect, SANDBOX, "sandbox", &users);
        }
    }

    #[test]
    fn what_our_own_sheets_hold_comes_back_whole(people in vec(person(), 1..4)) {
        let users = users(people);
        let state = state(&[("callsheet.yaml", SANDBOX), ("office.yaml", &users), ("groups.yaml", GROUPS)]);
        let exported = sheet::export(Dialect::Callsheet, setting(&state, "sandbox"));
        prop_assume!(exported.notes.is_empty());
        let empty = [("callsheet.yaml", SANDBOX), ("groups.yaml", GROUPS)];
        let imported = import(&empty, &[("staff.csv", &exported.sheets[0])], None);
        prop_assert_eq!(errors(&imported), Vec::<String>::new());
        let again = super::people(&imported);
        let after = self::state(&[("callsheet.yaml", SANDBOX), ("people.yaml", again), ("groups.yaml", GROUPS)]);
        let shape = Kind::Users.shape();
        for (address, user) in state.of_kind(Kind::Users) {
            let back = &after.get(address).unwrap().fields;
            prop_assert_eq!(shape.without_defaults(back.clone()), shape.without_defaults(user.fields.clone()));
        }
    }

    #[test]
    fn contacts_come_back(names in vec((line(), option::of(line()), vec(select(&["+14155550100", "112", "+441134960000", "999"][..]), 0..4)), 1..5)) {
        let contacts: BTreeMap<String, Value> = names.into_iter().enumerate().map(|(number, (name, company, mut numbers))| {
            let mut seen = std::collections::BTreeSet::new();
            numbers.retain(|number| seen.insert(*number));
            let mut contact = json!({ "name": name });
            if let Some(company) = company { contact["company"] = company.into(); }
            if !numbers.is_empty() { contact["numbers"] = json!(numbers); }
            (format!("c{number}"), contact)
        }).collect();
        let text = json!({ "contacts": contacts }).to_string();
        check(Dialect::Contacts, SANDBOX, "sandbox", &text);
    }
}

#[test]
fn scopes_are_written_by_their_title() {
    let users = users(vec![
        json!({ "first_name": "Ann", "last_name": "Lee", "scope": "office_manager" }),
    ]);
    check(Dialect::NetSapiens, NETSAPIENS, "netsapiens", &users);
    let state = state(&[("callsheet.yaml", NETSAPIENS), ("office.yaml", &users)]);
    let exported = sheet::export(Dialect::NetSapiens, setting(&state, "netsapiens"));
    let sheet = String::from_utf8(exported.sheets[0].clone()).unwrap();
    assert!(sheet.contains(",Office Manager\r\n"), "{sheet}");
}

#[test]
fn netsapiens_gets_ten_thousand_rows_at_once_and_hears_of_what_is_not_ascii() {
    let users: BTreeMap<String, Value> = (0..10_001)
        .map(|number| {
            let first_name = if number == 3 { "Zo\u{eb}" } else { "Ann" };
            let user = json!({ "first_name": first_name, "last_name": "Lee", "email": format!("p{number}@acme.example"), "extension": format!("{}", 10_000 + number) });
            (format!("p{number:05}"), user)
        })
        .collect();
    let users = json!({ "users": users }).to_string();
    let state = state(&[("callsheet.yaml", NETSAPIENS), ("office.yaml", &users)]);
    let exported = sheet::export(Dialect::NetSapiens, setting(&state, "netsapiens"));
    let rows = exported
        .sheets
        .iter()
        .map(|sheet| sheet.iter().filter(|byte| **byte == b'\n').count());
    assert_eq!(rows.collect::<Vec<_>>(), [10_001, 2]);
    assert!(
        exported.sheets[0]
            .windows(2)
            .filter(|pair| pair == b"\r\n")
            .count()
            == 10_001
    );
    let told = exported.notes.join("\n");
    assert!(
        told.contains("C5 (first name): `Zo\u{eb}` is not ASCII"),
        "{told}"
    );
}
