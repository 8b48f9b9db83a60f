//! *Sample plans* for the tests of all formats of a plan.

use super::{
    document::{Heading, Links, Revision},
    links::Forge,
    samples::place,
};
use crate::{
    model::{Address, Change, Commit, Fields, FindingRule, Kind, Origin, Requests, Value},
    plan::{Action, Cause, Finding, Object, Operation, Plan, guard::Level},
    source::Source,
};

/// The heading of the plans.
fn heading() -> Heading {
    Heading {
        workspace: "acme".into(),
        portal: "sandbox (embedded)".into(),
        revision: Revision {
            head: Some("3f2c1aab0c".into()),
            base: Some("9d01b77e11".into()),
            applied: Some("9d01b77e11".into()),
        },
        dirty: true,
        ..Heading::default()
    }
}

/// The heading of a plan that was made in a pipeline of GitHub.
pub(crate) fn linked() -> Heading {
    let links = Links::new(Forge::GitHub, "https://github.com/acme/phones").unwrap();
    Heading {
        folder: "eu/phones".into(),
        dirty: false,
        links: Some(links.of_request(Some(12))),
        ..heading()
    }
}

/// An operation without fields.
pub(crate) fn operation(action: Action, cause: Cause, key: &str) -> Operation {
    Operation {
        address: Address::new(Kind::Users, key),
        action,
        cause,
        causes: Vec::new(),
        commit: None,
        changes: Vec::new(),
        target: Fields::new(),
        object: None,
        after: Vec::new(),
        is_release: false,
        is_in_place_of_delete: false,
        template: None,
        notes: Vec::new(),
        origin: None,
    }
}

/// The operation with one more changed field.
pub(crate) fn with(
    mut operation: Operation,
    path: &str,
    before: Option<Value>,
    after: Option<Value>,
) -> Operation {
    operation.changes.push(Change {
        path: path.split('.').map(Into::into).collect(),
        before,
        after,
    });
    operation.causes.push(operation.cause);
    operation
}

/// A person who is deleted.
pub(crate) fn leaver() -> Operation {
    let mut ada = operation(Action::Delete, Cause::Change, "ada.chen");
    let mut fields = Fields::new();
    for (name, value) in [
        ("first_name", "Ada"),
        ("last_name", "Chen"),
        ("extension", "1040"),
        ("scope", "basic_user"),
    ] {
        fields.set(name.into(), Value::text(value));
    }
    ada.object = Some(Object {
        id: "7".into(),
        key: "ada.chen".into(),
        etag: None,
        messages: 3,
        fields,
    });
    ada
}

fn finding(level: Level, key: &str, message: &str) -> Finding {
    Finding {
        rule: FindingRule::InUse,
        level,
        address: Some(Address::new(Kind::Users, key)),
        message: message.into(),
        count: None,
        waived: (level == Level::Warn).then(|| "closing the Leeds office".into()),
        waivable_until: Some(jiff::civil::date(2026, 12, 15)),
        help: None,
    }
}

/// A plan with every kind of operation.
pub(crate) fn ordinary() -> (Heading, Plan) {
    let text = |text: &str| Some(Value::text(text));
    let list = |numbers: &[i64]| {
        Some(Value::List(
            numbers.iter().map(|n| Value::Integer(*n)).collect(),
        ))
    };
    let commit = |id: &str| {
        Some(Commit {
            id: id.into(),
            author: "Ann Lee".into(),
            summary: "Zed leaves".into(),
        })
    };
    let mut plan = Plan {
        requests: Requests {
            made: 7,
            minimum: 7,
        },
        ..Plan::default()
    };
    let source = Source::new(
        "people/sales.yaml",
        "users:\n  eve: { template: desk-user, extension: 1042 }\n",
    );
    let mut eve = operation(Action::Create, Cause::Change, "eve");
    eve = with(eve, "template", None, text("desk-user"));
    eve = with(eve, "extension", None, text("1042"));
    eve = with(eve, "scope", None, text("basic_user"));
    eve = with(eve, "voicemail.enabled", None, Some(Value::Bool(true)));
    eve.template = Some("desk-user".into());
    eve.commit = commit("3f2c1aab0c");
    eve.origin = Some(Origin {
        key: place(&source, "eve", 0).span,
        body: place(&source, "{ template: desk-user, extension: 1042 }", 0).span,
        source,
    });
    plan.operations.push(eve);
    for key in ["alice", "carol", "dave"] {
        let mut one = operation(Action::Update, Cause::Change, key);
        let (off, on) = (Value::Bool(false), Value::Bool(true));
        one = with(one, "voicemail.enabled", Some(off), Some(on));
        one.template = Some("desk-user".into());
        one.commit = commit("3f2c1aab0c");
        plan.operations.push(one);
    }
    let mut zed = operation(Action::Delete, Cause::Change, "zed");
    zed.commit = commit("3f2c1aab0c");
    plan.operations.push(zed);
    let mut bob = operation(Action::Update, Cause::Conflict, "bob");
    bob = with(
        bob,
        "forwarding.destinations",
        list(&[1002]),
        list(&[1002, 1003]),
    );
    let many: Vec<i64> = (2000..2030).collect();
    bob = with(bob, "skills", list(&many), list(&many[1..]));
    bob = with(
        bob,
        "greeting",
        text("Hello,\nthis is Bob.\nBye"),
        text("Hello,\nthis is Robert.\nBye"),
    );
    bob = with(bob, "last_name", text("Lee"), text("李小龍"));
    bob.causes[3] = Cause::Drift;
    plan.operations.push(bob);
    let pending = operation(Action::Deactivate, Cause::Pending, "fay");
    let (on, off) = (Value::Bool(true), Value::Bool(false));
    plan.operations
        .push(with(pending, "active", Some(on), Some(off)));
    let drift = operation(Action::Update, Cause::Drift, "gus");
    plan.operations
        .push(with(drift, "caller_id", text("+14155550100"), None));
    plan.unmanaged.insert(Kind::Users, 12);
    plan.findings = vec![
        finding(
            Level::Block,
            "zed",
            "users/zed is an agent of extensions/2000 (Sales): people/queues.yaml:7",
        ),
        finding(
            Level::Warn,
            "fay",
            "users/fay is an agent of extensions/2001",
        ),
    ];
    (heading(), plan)
}

/// Text that tries to break out of every format.
pub(crate) const HOSTILE: &str = "x|`y` ``z``](javascript:alert(1))<img src=x onerror=alert(1)>\
    <script>alert(1)</script></details>@octocat #1\n::error::owned\n\u{1b}[31m\u{202e}##[add-path]\"'&amp;-->";

/// A plan in which every text is hostile.
pub(crate) fn hostile() -> (Heading, Plan) {
    let text = || Some(Value::text(HOSTILE));
    let mut heading = heading();
    heading.workspace = HOSTILE.into();
    heading.portal = HOSTILE.into();
    let mut plan = Plan::default();
    for action in [Action::Create, Action::Update, Action::Delete] {
        let mut one = operation(action, Cause::Change, HOSTILE);
        if action != Action::Delete {
            one = with(one, HOSTILE, text(), None);
            one = with(one, "a", None, text());
            one = with(
                one,
                "b",
                text(),
                Some(Value::List([Value::text(HOSTILE)].into())),
            );
        }
        one.template = Some(HOSTILE.into());
        one.commit = Some(Commit {
            id: HOSTILE.chars().rev().collect(),
            author: HOSTILE.into(),
            summary: HOSTILE.into(),
        });
        plan.operations.push(one);
    }
    let same = plan.operations[1].clone();
    plan.operations.extend([same.clone(), same]);
    plan.findings = vec![
        finding(Level::Block, HOSTILE, HOSTILE),
        finding(Level::Warn, HOSTILE, HOSTILE),
    ];
    plan.findings[1].waived = Some(HOSTILE.into());
    (heading, plan)
}
