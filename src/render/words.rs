//! *Words* are what every format of a plan calls the same thing, before it is made safe: none of this
//! has been escaped yet, since each format escapes for itself.

use super::document::{Heading, Revision};
use crate::{
    model::{Commit, Kind, Value},
    plan::{Action, Cause, Finding, Operation, Plan, Summary, guard::Level},
};

/// Said where what is planned is not what anybody could review.
pub(super) const DIRTY: &str = "files differ from HEAD";

/// Said once, where no commit can tell why anything changes.
pub(super) const NO_HISTORY: &str = "not in Git: nothing is known of earlier revisions";

/// What heads every plan: which workspace, which portal, which commits.
pub(super) fn heading(heading: &Heading) -> String {
    let Heading {
        workspace,
        portal,
        revision,
        is_dirty,
    } = heading;
    let mut text = format!("{workspace} on {portal}");
    for (name, commit) in commits(revision) {
        text.push_str(" · ");
        text.push_str(name);
        text.push(' ');
        text.push_str(commit);
    }
    if *is_dirty {
        text.push_str(" · ");
        text.push_str(DIRTY);
    }
    text
}

/// The commits that a plan is made from, by the names that people know them by, in short.
pub(super) fn commits(revision: &Revision) -> impl Iterator<Item = (&'static str, &str)> {
    let Revision {
        head,
        base,
        applied,
    } = revision;
    [("HEAD", head), ("base", base), ("applied", applied)]
        .into_iter()
        .filter_map(|(name, commit)| Some((name, commit.as_deref()?)))
        .map(|(name, commit)| (name, commit.get(..7).unwrap_or(commit)))
}

/// The heading over the operations of one cause.
pub(super) const fn because(cause: Cause) -> &'static str {
    match cause {
        Cause::Conflict => "Changed on both sides",
        Cause::Change => "This change",
        Cause::Pending => "Merged, not yet applied",
        Cause::Drift => "Somebody edited the portal",
    }
}

/// A cause in one word, beside a field whose cause is not its operation's.
pub(super) const fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Conflict => "conflict",
        Cause::Change => "change",
        Cause::Pending => "pending",
        Cause::Drift => "drift",
    }
}

/// An action, to be put behind "to".
pub(super) const fn verb(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Rename => "rename",
        Action::Deactivate => "deactivate",
        Action::Reactivate => "reactivate",
        Action::Delete => "delete",
    }
}

/// An action as one character.
pub(super) const fn sign(action: Action) -> char {
    match action {
        Action::Create => '+',
        Action::Update => '~',
        Action::Rename => '→',
        Action::Deactivate => '↓',
        Action::Reactivate => '↑',
        Action::Delete => '-',
    }
}

/// How much a finding matters, in one word.
pub(super) const fn level(level: Level) -> &'static str {
    match level {
        Level::Block => "block",
        Level::Warn => "warn",
        Level::Info => "info",
    }
}

/// What is to be said of an operation beside its action: that it makes way, or what it was called.
pub(super) fn note(operation: &Operation) -> Option<String> {
    match (operation.is_release, operation.action, &operation.object) {
        (true, ..) => Some("makes way".to_owned()),
        (_, Action::Rename, Some(object)) if object.key != operation.address.key => {
            Some(format!("was {}", object.key))
        }
        (_, Action::Deactivate, _) => Some("deactivated".to_owned()),
        (_, Action::Reactivate, _) => Some("reactivated".to_owned()),
        _ => None,
    }
}

/// Who asks for an operation: `removed in 3f2c1aa by Ann Lee`, or `3f2c1aa Ann Lee`.
pub(super) fn commit(action: Action, commit: &Commit) -> String {
    let (id, author) = (commit.short(), &commit.author);
    match action {
        Action::Delete => format!("removed in {id} by {author}"),
        _ => format!("{id} {author}"),
    }
}

/// The file and the line that declare a resource.
pub(super) fn place(operation: &Operation) -> Option<String> {
    let origin = operation.origin.as_ref()?;
    Some(origin.place().to_string())
}

/// A value on one line, if its text is on one. Nothing in it is a secret: the model can't hold one.
pub(super) fn value(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "(none)".to_owned(),
        Some(Value::Bool(value)) => value.to_string(),
        Some(Value::Integer(number)) => number.to_string(),
        Some(Value::Text(text)) if text.is_empty() => "(empty)".to_owned(),
        Some(Value::Text(text)) => text.to_string(),
        Some(Value::Secret(secret)) => format!("(secret, version {})", secret.version),
        Some(Value::List(list)) => {
            let list: Vec<String> = list.iter().map(|one| self::value(Some(one))).collect();
            format!("[{}]", list.join(", "))
        }
        Some(Value::Map(fields)) => {
            let entries: Vec<String> = fields
                .iter()
                .map(|(name, one)| format!("{name}: {}", self::value(Some(one))))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// The line that lets a blocking finding pass, where one may.
pub(super) fn waiver(finding: &Finding) -> Option<String> {
    if finding.level != Level::Block || !finding.can_be_waived() {
        return None;
    }
    let address = finding.address.as_ref();
    let address = address.map_or_else(String::new, |address| format!("address: {address}, "));
    let max = finding.count;
    let max = max.map_or_else(String::new, |count| format!("max: {count}, "));
    Some(format!(
        "- {{ finding: {}, {address}{max}until: …, because: … }}",
        finding.rule
    ))
}

/// `1 to create, 144 to update, 1 to delete`
pub(super) fn summary(summary: Summary) -> String {
    let some: Vec<String> = counts(summary)
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, action)| format!("{} to {}", thousands(count), verb(action)))
        .collect();
    if some.is_empty() {
        "Nothing to do".to_owned()
    } else {
        some.join(", ")
    }
}

/// How many operations of each action there are, in the order in which they are told.
pub(super) const fn counts(summary: Summary) -> [(usize, Action); 6] {
    let Summary {
        create,
        update,
        rename,
        deactivate,
        reactivate,
        delete,
    } = summary;
    [
        (create, Action::Create),
        (update, Action::Update),
        (rename, Action::Rename),
        (deactivate, Action::Deactivate),
        (reactivate, Action::Reactivate),
        (delete, Action::Delete),
    ]
}

/// What stands under every plan, in parts: what is to be done, what isn't touched, what it cost.
pub(super) fn foot(plan: &Plan) -> Vec<String> {
    let mut parts = vec![summary(plan.summary())];
    let unmanaged: Vec<String> = plan
        .unmanaged
        .iter()
        .map(|(kind, count)| of_kind(*count, *kind))
        .collect();
    if !unmanaged.is_empty() {
        parts.push(format!("{} not managed, not touched", unmanaged.join(", ")));
    }
    let requests = plan.requests;
    let made = counted(
        usize::try_from(requests.made).unwrap_or(usize::MAX),
        "request",
    );
    parts.push(format!("{made} (bound {})", requests.bound));
    parts
}

fn of_kind(count: usize, kind: Kind) -> String {
    if count == 1 {
        format!("1 {}", kind.singular())
    } else {
        format!("{} {kind}", thousands(count))
    }
}

/// `1 field`, `19,412 fields`
pub(super) fn counted(count: usize, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{} {one}s", thousands(count)),
    }
}

/// A number as people read it: `19,412`.
pub(super) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}
