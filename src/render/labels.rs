//! *Labels* are the texts that all formats of a plan have in common. They aren't escaped: each format has
//! its own escaping.

use super::document::{Heading, Revision};
pub(super) use crate::view::value_in_words as value;
use crate::{
    model::{Commit, Kind},
    plan::{Action, Cause, Finding, Operation, Plan, Summary, guard::Level},
};

/// The note for a plan with uncommitted changes.
pub(super) const DIRTY: &str = "uncommitted changes";

/// The note for a plan without a record of what was applied.
pub(super) const TOLD_FROM_HISTORY: &str = "applied unknown, told from history";

/// The note for a plan without Git history.
const NO_HISTORY: &str = "no Git history for this workspace, so changes can't be attributed";

/// The note for a plan without Git history: why there is none, where that is known.
pub(super) fn no_history(heading: &Heading) -> String {
    heading.history_gap.as_ref().map_or_else(
        || NO_HISTORY.to_owned(),
        |gap| format!("{NO_HISTORY}: {gap}"),
    )
}

/// The heading of a plan: workspace, portal and commits.
pub(super) fn heading(heading: &Heading) -> String {
    let limit = limit(heading);
    let Heading {
        workspace,
        portal,
        revision,
        dirty,
        portal_id: _,
        folder: _,
        only: _,
        targets: _,
        only_changed: _,
        undo_of,
        told_from_history,
        history_gap: _,
        links: _,
        date: _,
        author: _,
    } = heading;
    let mut text = format!("{workspace} on {portal}");
    if let Some(journal) = undo_of {
        text = format!("Undo of {journal} · {text}");
    }
    for (name, commit) in commits(revision) {
        text.push_str(" · ");
        text.push_str(name);
        text.push(' ');
        text.push_str(short(commit));
    }
    if let Some(limit) = limit {
        text.push_str(" · ");
        text.push_str(&limit);
    }
    if *told_from_history {
        text.push_str(" · ");
        text.push_str(TOLD_FROM_HISTORY);
    }
    if *dirty {
        text.push_str(" · ");
        text.push_str(DIRTY);
    }
    text
}

/// What a plan is limited to: `only users/bob and what it needs`.
pub(super) fn limit(heading: &Heading) -> Option<String> {
    let targets = heading.targets.iter();
    let named: Vec<String> = targets.map(ToString::to_string).collect();
    match &*named {
        [] if heading.only_changed => Some("only what changed, which is nothing".to_owned()),
        [] => None,
        [one] => Some(format!("only {one} and what it needs")),
        [first @ .., _] if first.len() >= MANY_TARGETS => {
            let more = named.len() - MANY_TARGETS;
            let named = named[..MANY_TARGETS].join(", ");
            Some(format!("only {named}, {more} more and what they need"))
        }
        _ => Some(format!("only {} and what they need", named.join(", "))),
    }
}

/// From this number on, targets are counted rather than named.
const MANY_TARGETS: usize = 20;

/// The number of changes that a limited plan leaves out.
fn left_out(heading: &Heading, plan: &Plan) -> Option<String> {
    let count = counted(plan.left_out, "further change");
    let why = match heading.only_changed {
        true => "not of a resource that changed",
        false => "no target",
    };
    (plan.left_out > 0).then(|| format!("{count} not shown: {why}"))
}

/// What a plan of a change doesn't tell, and what of the portal it did not look at.
pub(super) fn only_changed(heading: &Heading, plan: &Plan) -> Option<String> {
    let unread = match unread(plan) {
        Some(unread) => format!("; {unread}"),
        None => String::new(),
    };
    heading.only_changed.then(|| {
        format!(
            "Only resources that differ from the base were planned: pending changes and drift of others are not shown{unread}."
        )
    })
}

/// What of the portal was not looked at.
fn unread(plan: &Plan) -> Option<String> {
    let of_kind = |(kind, count): (&Kind, &u64)| match usize::try_from(*count) {
        Ok(1) => format!("1 {}", kind.singular()),
        count => format!("{} {kind}", thousands(count.unwrap_or(usize::MAX))),
    };
    let unread: Vec<String> = plan.unread.iter().map(of_kind).collect();
    let verb = match plan.unread.values().sum() {
        1_u64 => "was",
        _ => "were",
    };
    (!unread.is_empty()).then(|| format!("{} {verb} not looked at", unread.join(", ")))
}

/// The commits of a plan, with their labels.
pub(super) fn commits(revision: &Revision) -> impl Iterator<Item = (&'static str, &str)> {
    let Revision {
        head,
        base,
        applied,
    } = revision;
    [("HEAD", head), ("base", base), ("applied", applied)]
        .into_iter()
        .filter_map(|(name, commit)| Some((name, commit.as_deref()?)))
}

/// A commit's abbreviated hash.
pub(super) fn short(commit: &str) -> &str {
    commit.get(..7).unwrap_or(commit)
}

/// The heading of the operations with a cause.
pub(super) const fn cause_heading(cause: Cause) -> &'static str {
    match cause {
        Cause::Conflict => "Changed in the files and on the portal",
        Cause::Change => "This change",
        Cause::Pending => "Merged, not yet applied",
        Cause::Drift => "Changed on the portal",
    }
}

/// A cause in one word, for a field whose cause differs from its operation's.
pub(super) const fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Conflict => "conflict",
        Cause::Change => "change",
        Cause::Pending => "pending",
        Cause::Drift => "drift",
    }
}

/// An action as a verb: "to create".
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

/// An action that was done: "3 created".
pub(super) const fn past(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Update => "updated",
        Action::Rename => "renamed",
        Action::Deactivate => "deactivated",
        Action::Reactivate => "reactivated",
        Action::Delete => "deleted",
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

/// The level of a finding.
pub(super) const fn level(level: Level) -> &'static str {
    match level {
        Level::Block => "block",
        Level::Warn => "warn",
        Level::Info => "info",
    }
}

/// A note on an operation besides its action, such as the previous key.
pub(super) fn note(operation: &Operation) -> Option<String> {
    match (operation.is_release, operation.action, &operation.object) {
        (true, ..) => Some("temporary release".to_owned()),
        (_, Action::Rename, Some(object)) if object.key != operation.address.key => {
            Some(format!("was {}", object.key))
        }
        (_, Action::Deactivate, _) => Some("deactivated".to_owned()),
        (_, Action::Reactivate, _) => Some("reactivated".to_owned()),
        _ => None,
    }
}

/// The commit of an operation: `removed in 3f2c1aa by Ann Lee`, or `3f2c1aa Ann Lee`.
pub(super) fn commit(action: Action, commit: &Commit) -> String {
    let (id, author) = (commit.short(), &commit.author);
    match action {
        Action::Delete => format!("removed in {id} by {author}"),
        _ => format!("{id} {author}"),
    }
}

/// The file and the line of a declaration.
pub(super) fn place(operation: &Operation) -> Option<String> {
    let origin = operation.origin.as_ref()?;
    Some(origin.place().to_string())
}

/// The waiver to add for a blocking finding, if it can be waived: a line of `allow`, ready to be pasted.
pub(super) fn waiver(finding: &Finding) -> Option<String> {
    if finding.level != Level::Block || !finding.can_be_waived() {
        return None;
    }
    let until = finding.waivable_until?;
    let address = finding.address.as_ref();
    let address = address.map_or_else(String::new, |address| format!("address: {address}, "));
    let max = finding.count;
    let max = max.map_or_else(String::new, |count| format!("max: {count}, "));
    Some(format!(
        "- {{ finding: {}, {address}{max}until: {until}, because: \"why\" }}",
        finding.rule
    ))
}

/// `1 to create, 144 to update, 1 to delete`
pub(super) fn summary(summary: Summary) -> String {
    let parts: Vec<String> = counts(summary)
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, action)| format!("{} to {}", thousands(count), verb(action)))
        .collect();
    if parts.is_empty() {
        "Nothing to do".to_owned()
    } else {
        parts.join(", ")
    }
}

/// The number of operations of each action, in display order.
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

/// The parts of a plan's footer: summary, unmanaged objects and requests.
pub(super) fn footer(heading: &Heading, plan: &Plan) -> Vec<String> {
    let mut parts = vec![summary(plan.summary())];
    parts.extend(left_out(heading, plan));
    let left_alone: Vec<String> = plan
        .unmanaged
        .iter()
        .map(|(kind, count)| unmanaged(*count, *kind))
        .collect();
    if !left_alone.is_empty() {
        parts.push(format!("{} left alone", left_alone.join(", ")));
    }
    let requests = plan.requests;
    let made = counted(
        usize::try_from(requests.made).unwrap_or(usize::MAX),
        "request",
    );
    parts.push(format!("{made} (minimum {})", requests.minimum));
    parts
}

fn unmanaged(count: usize, kind: Kind) -> String {
    if count == 1 {
        format!("1 unmanaged {}", kind.singular())
    } else {
        format!("{} unmanaged {kind}", thousands(count))
    }
}

/// `1 field`, `19,412 fields`
pub(super) fn counted(count: usize, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{} {one}s", thousands(count)),
    }
}

/// A number with thousands separators: `19,412`.
pub(super) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
