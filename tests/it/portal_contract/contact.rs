//! A *contact* on a Kazoo is an entry of one list, which is created with the first contact: there is only
//! one list despite concurrency and faults, and other lists aren't changed.

use super::{
    run::{Workspace, applied, changed, failures, step},
    subject::Subject,
};
use crate::{
    faulty::{Fault, Faulty, Match},
    kazoo::{Dialect, Kazoo, Options},
    running,
};
use callsheet::{
    model::{Address, Kind, Value},
    plan::Action,
    portal::Details,
    support::check_support,
};
use serde_json::{Value as Json, json};

const KEYS: [&str; 3] = ["fire", "police", "taxi"];

fn declared(keys: &[&str]) -> Workspace {
    let mut workspace = Workspace::default();
    for key in keys {
        let contact = json!({"name": format!("The {key}"), "numbers": ["+14155550111"]});
        workspace.declare(Kind::Contacts, key, &contact);
    }
    workspace
}

/// The keys in the entries, in order, and the number of lists.
fn kept(kazoo: &Kazoo) -> (Vec<String>, usize) {
    let entries = kazoo.docs("entries").into_values();
    let keys = entries.map(|doc| doc["callsheet"]["key"].as_str().unwrap_or("").to_owned());
    let mut keys: Vec<String> = keys.collect();
    keys.sort();
    (keys, kazoo.docs("lists").len())
}

fn seed_list(kazoo: &Kazoo) -> String {
    kazoo.seed("lists", json!({"name": "Shared contacts"}))
}

#[test]
fn concurrent_contacts_are_created_in_one_list() {
    let subject = Subject::four();
    step(&subject, &declared(&KEYS), true, "three contacts");
    let kazoo = &subject.server;
    assert_eq!(kept(kazoo), (KEYS.map(str::to_owned).into(), 1));
    let lists: Vec<Json> = kazoo.docs("lists").into_values().collect();
    assert_eq!(lists[0]["name"], "Shared contacts");
    assert_eq!(kazoo.violations(), [""; 0]);
    let writes = kazoo.requests().into_iter();
    let writes = writes.filter(|one| one.method == "PUT" && !one.path.ends_with("_auth"));
    assert_eq!(writes.count(), 4, "the list, and three entries");
}

#[test]
fn a_change_sends_the_difference_with_the_revision() {
    let subject = Subject::four();
    let mut workspace = declared(&["fire"]);
    step(&subject, &workspace, true, "a contact");
    let kazoo = &subject.server;
    let (id, _) = kazoo.docs("entries").pop_first().unwrap();
    kazoo.set("entries", &id, json!({"x_other": {"a": [1]}}));
    kazoo.forget();
    let numbers = Value::List([Value::text("+14155550112")].into());
    let fields = workspace.fields(Kind::Contacts, "fire");
    fields.set("numbers".into(), numbers);
    step(&subject, &workspace, true, "another number");
    workspace.remove(Kind::Contacts, "fire");
    step(&subject, &workspace, true, "it goes");
    let writes = kazoo.requests().into_iter();
    let writes = writes.filter(|one| ["PATCH", "DELETE"].contains(&&*one.method));
    let writes: Vec<(String, Json, bool)> = writes
        .map(|one| {
            (
                one.method.clone(),
                one.body.clone(),
                one.header("if-match").is_some(),
            )
        })
        .collect();
    let body = json!({"data": {"number": "+14155550112"}});
    assert_eq!(
        writes,
        [
            ("PATCH".to_owned(), body, true),
            ("DELETE".to_owned(), Json::Null, true)
        ]
    );
    assert_eq!(kept(kazoo), (Vec::new(), 1));
}

#[test]
fn a_manually_created_entry_gets_its_key_from_its_name() {
    let subject = Subject::four();
    let kazoo = &subject.server;
    let list = seed_list(kazoo);
    let id = kazoo.seed(
        "entries",
        json!({"list_id": list, "displayname": "Fire Brigade", "number": "+14155550111"}),
    );
    let mut workspace = Workspace::default();
    let contact = json!({"name": "Fire Brigade", "numbers": ["+14155550111"]});
    workspace.declare(Kind::Contacts, "fire-brigade", &contact);
    step(&subject, &workspace, false, "as it is");
    let fields = workspace.fields(Kind::Contacts, "fire-brigade");
    fields.set("name".into(), Value::text("112"));
    step(&subject, &workspace, true, "another name");
    let doc = kazoo.doc("entries", &id).unwrap();
    assert_eq!(doc["callsheet"]["key"], "fire-brigade");
    assert_eq!(doc["displayname"], "112");

    let old = Address::new(Kind::Contacts, "fire-brigade");
    let mut resource = workspace.state.resources.remove(&old).unwrap();
    resource.previously = Some("fire-brigade".into());
    let new = Address::new(Kind::Contacts, "fire");
    workspace.state.resources.insert(new, resource);
    step(&subject, &workspace, true, "another key");
    let doc = kazoo.doc("entries", &id).unwrap();
    assert_eq!(doc["callsheet"]["key"], "fire");
    assert_eq!(kazoo.docs("entries").len(), 1);
}

#[test]
fn entries_without_a_valid_key_and_other_lists_are_unmanaged() {
    let subject = Subject::four();
    let kazoo = &subject.server;
    let list = seed_list(kazoo);
    let other = kazoo.seed("lists", json!({"name": "Blocked callers"}));
    let entries = [
        json!({"list_id": list, "displayname": "東京", "number": "+14155550111"}),
        json!({"list_id": list, "pattern": "^1900"}),
        // The second of a name.
        json!({"list_id": list, "displayname": "Fire", "number": "2000"}),
        json!({"list_id": list, "displayname": "fire!", "callsheet": {"key": "fire"}}),
        json!({"list_id": other, "displayname": "Police", "callsheet": {"key": "police"}}),
    ];
    let entries = entries.map(|entry| kazoo.seed("entries", entry));
    let before = entries.clone().map(|id| kazoo.doc("entries", &id));
    let mut workspace = declared(&["fire", "police"]);
    step(&subject, &workspace, true, "two contacts");
    workspace.remove(Kind::Contacts, "police");
    step(&subject, &workspace, true, "one goes");
    let after = entries.map(|id| kazoo.doc("entries", &id));
    for (at, (before, after)) in before.iter().zip(&after).enumerate() {
        // The fourth is the one that was declared.
        assert_eq!(after == before, at != 3, "{at}");
    }
    assert_eq!(kazoo.docs("lists").len(), 2);
}

#[test]
fn a_duplicate_key_or_list_makes_the_listing_incomplete() {
    let subject = Subject::four();
    let kazoo = &subject.server;
    let list = seed_list(kazoo);
    let workspace = declared(&["fire"]);
    let told = |workspace: &Workspace| {
        running::runtime().block_on(async {
            let live = workspace.read(&*subject.portal()).await.unwrap();
            live.listings[&Kind::Contacts].doubt().map(str::to_owned)
        })
    };
    for _ in 0..2 {
        assert_eq!(told(&workspace), None);
        let twin = json!({"list_id": list, "callsheet": {"key": "fire"}});
        kazoo.seed("entries", twin);
    }
    assert!(told(&workspace).unwrap().contains("the key fire"));
    for (id, _) in kazoo.docs("entries") {
        kazoo.remove("entries", &id);
    }
    assert_eq!(told(&workspace), None);
    seed_list(kazoo);
    assert!(told(&workspace).unwrap().contains("two lists"));
    // Who wants none isn't held up.
    assert_eq!(told(&Workspace::default()), None);
}

#[test]
fn contacts_are_only_read_on_request() {
    let subject = Subject::four();
    step(&subject, &declared(&KEYS), true, "three contacts");
    let fire = [Address::new(Kind::Contacts, "fire")];
    let ann = [Address::new(Kind::Users, "ann")];
    for (wanted, seen) in [
        (Details::Everything, 3),
        (Details::Evidence(&fire), 3),
        (Details::Evidence(&ann), 0),
        (Details::Listed(Kind::Contacts), 3),
        (Details::Listed(Kind::Users), 0),
        (Details::Declared(&[]), 0),
    ] {
        running::runtime().block_on(async {
            let portal = subject.portal();
            let kinds = portal.capabilities().kinds.keys().copied().collect();
            let mut live = portal.read(&kinds, &()).await.unwrap();
            portal.read_details(&mut live, wanted, &()).await.unwrap();
            let contacts = &live.listings[&Kind::Contacts];
            assert_eq!(contacts.objects.len(), seen, "{wanted:?}");
            assert_eq!(contacts.doubt(), None, "{wanted:?}");
            assert_eq!(live.requests.made, live.requests.minimum, "{wanted:?}");
        });
    }
    // A workspace without contacts has nothing to say of them.
    running::runtime().block_on(async {
        let workspace = Workspace::default();
        let plan = workspace.plan(&*subject.portal()).await.unwrap();
        assert_eq!(changed(&plan), [""; 0]);
    });
}

#[test]
fn kazoo_5_does_not_support_contacts() {
    let subject = Subject::five();
    running::runtime().block_on(async {
        let portal = subject.portal();
        let workspace = declared(&["fire"]);
        let live = workspace.read(&*portal).await.unwrap();
        assert!(!live.listings.contains_key(&Kind::Contacts));
        let unsupported = check_support(&workspace.state, &portal.capabilities());
        let unsupported = unsupported.sorted();
        let unsupported: Vec<&str> = unsupported.iter().map(|one| &*one.message).collect();
        assert_eq!(
            unsupported,
            ["contacts/fire: the portal kazoo has no contacts"]
        );
    });
    let paths = subject
        .server
        .requests()
        .into_iter()
        .map(|one| one.path.clone());
    assert_eq!(paths.filter(|path| path.contains("/lists")).count(), 0);
}

#[test]
fn without_lists_and_queues_the_rest_is_read() {
    let options = Options {
        lists: false,
        queues: false,
        ..Options::new(Dialect::Four)
    };
    let subject = Subject::kazoo("kazoo 4 with less", options);
    let mut workspace = declared(&["fire"]);
    let queue = json!({"kind": "call_queue", "name": "Q"});
    workspace.declare(Kind::Extensions, "7985", &queue);
    running::runtime().block_on(async {
        let portal = subject.portal();
        workspace.read(&*portal).await.unwrap();
        let unsupported = check_support(&workspace.state, &portal.capabilities());
        assert_eq!(unsupported.sorted().len(), 2);
        let portal = subject.portal();
        let kinds = portal.capabilities().kinds.keys().copied().collect();
        let mut live = portal.read(&kinds, &()).await.unwrap();
        let everything = portal.read_details(&mut live, Details::Everything, &());
        everything.await.unwrap();
        assert!(!live.listings.contains_key(&Kind::Contacts));
        assert!(live.get(Kind::Users, "admin").is_some());
    });
}

#[test]
fn faults_cause_no_duplicate_list_or_contact() {
    for fault in [
        Fault::ResetBeforeSend,
        Fault::ResetAfterCommit,
        Fault::TruncatedBody,
        Fault::Status500,
        Fault::HtmlPage(502),
        Fault::Status401,
    ] {
        // The list, three entries, and of a second plan a change and a delete.
        for nth in 1..=6 {
            let what = format!("{fault:?} at write {nth}");
            let subject = Subject::four();
            let mut workspace = declared(&KEYS);
            let faulty = Faulty::before(subject.url());
            let portal = || subject.portal_at(&faulty.url());
            running::runtime().block_on(async {
                let portal = portal();
                let plan = workspace.plan(&*portal).await.unwrap();
                faulty.fail(Match::write().nth(nth), fault);
                applied(&plan, &*portal).await;
            });
            faulty.heal();
            step_to(&subject, &workspace, &what);
            assert_eq!(
                kept(&subject.server),
                (KEYS.map(str::to_owned).into(), 1),
                "{what}"
            );

            workspace.remove(Kind::Contacts, "taxi");
            let fields = workspace.fields(Kind::Contacts, "fire");
            fields.set("first_name".into(), Value::text("Zoë"));
            running::runtime().block_on(async {
                let portal = portal();
                let plan = workspace.plan(&*portal).await.unwrap();
                let deletes = plan.operations.iter();
                let deletes = deletes.filter(|one| one.action == Action::Delete);
                assert_eq!((plan.operations.len(), deletes.count()), (2, 1), "{what}");
                faulty.fail(Match::write().nth(nth.div_ceil(3)), fault);
                applied(&plan, &*portal).await;
            });
            faulty.heal();
            step_to(&subject, &workspace, &what);
            let (keys, lists) = kept(&subject.server);
            assert_eq!(
                (&*keys[0], &*keys[1], keys.len(), lists),
                ("fire", "police", 2, 1)
            );
        }
    }
}

/// The next run, without faults.
fn step_to(subject: &Subject, workspace: &Workspace, what: &str) {
    running::runtime().block_on(async {
        let portal = subject.portal();
        let plan = workspace.plan(&*portal).await.unwrap();
        assert!(!plan.is_blocked(), "{what}");
        let result = applied(&plan, &*portal).await;
        assert_eq!(failures(&plan, &result), [""; 0], "{what}");
        let again = workspace.plan(&*subject.portal()).await.unwrap();
        assert_eq!(changed(&again), [""; 0], "{what}");
    });
}
