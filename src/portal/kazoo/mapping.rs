//! The *mapping* is the table of the model's fields and the corresponding fields in Kazoo. Reading,
//! writing, error locations and the docs use it.

use super::{
    super::{FieldMapping, rest::Collection as _},
    collection::Collection,
};
use crate::model::Kind;

/// A field of the model and the corresponding field in Kazoo.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) kind: Kind,
    /// The field in the model. For an extension it is prefixed with the type, or with `*` for every type.
    pub(super) field: &'static str,
    /// The collection of the document that contains it.
    pub(super) document: Collection,
    /// The field in the document.
    pub(super) at: &'static str,
    pub(super) form: Form,
}

/// The representation of a value in Kazoo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Text.
    Text,
    /// `true` or `false`.
    Flag,
    /// A number.
    Number,
    /// A number in thousandths.
    Thousandths,
    /// The ID of a user.
    User,
    /// A special representation, described by the text.
    Special(&'static str),
}

use Collection::{
    Callflows, Conferences, Devices, Entries, Faxboxes, Groups, Menus, Queues, Users, Vmboxes,
};
use Form::{Flag, Number, Special, Text, Thousandths, User};

const fn user(field: &'static str, document: Collection, at: &'static str, form: Form) -> Row {
    Row {
        kind: Kind::Users,
        field,
        document,
        at,
        form,
    }
}

const fn extension(field: &'static str, document: Collection, at: &'static str, form: Form) -> Row {
    Row {
        kind: Kind::Extensions,
        field,
        document,
        at,
        form,
    }
}

const fn number(field: &'static str, at: &'static str, form: Form) -> Row {
    Row {
        kind: Kind::Numbers,
        field,
        document: Callflows,
        at,
        form,
    }
}

const fn contact(field: &'static str, at: &'static str, form: Form) -> Row {
    Row {
        kind: Kind::Contacts,
        field,
        document: Entries,
        at,
        form,
    }
}

/// The representation of a destination.
const DESTINATION: &str =
    "a node: `user` for a user's key, `callflow` for a number, `resources` for an E.164 number";

/// Every field that Kazoo supports.
pub(super) const ROWS: &[Row] = &[
    user(
        "username",
        Users,
        "username",
        Special("in lower case; the default is the key"),
    ),
    user("first_name", Users, "first_name", Text),
    user("last_name", Users, "last_name", Text),
    user(
        "alias",
        Users,
        "profile.nicknames",
        Special("the first item of the list; other items are kept"),
    ),
    user("title", Users, "profile.title", Text),
    user("email", Users, "email", Text),
    user("active", Users, "enabled", Flag),
    user("scope", Users, "priv_level", Special("`user` or `admin`")),
    user(
        "address",
        Users,
        "profile.addresses",
        Special("the first item of the list; other items are kept"),
    ),
    user(
        "outbound_caller_id",
        Users,
        "caller_id.external.number",
        Text,
    ),
    user("dnd", Users, "do_not_disturb.enabled", Flag),
    user("forwarding.enabled", Users, "call_forward.enabled", Flag),
    user(
        "forwarding.destinations",
        Users,
        "call_forward.number",
        Special("one number"),
    ),
    user(
        "password",
        Users,
        "password",
        Special(
            "write-only; its version is stored in `callsheet.secrets`; generated if none is declared",
        ),
    ),
    user(
        "groups",
        Groups,
        "endpoints",
        Special("the user is one of the group's endpoints; other endpoints are kept"),
    ),
    user(
        "extension",
        Callflows,
        "numbers",
        Special(
            "the internal number of the user's own callflow (`type: mainUserCallflow`), also in the user's `caller_id.internal.number` and `presence_id`; external numbers are kept",
        ),
    ),
    user(
        "rings_before_voicemail",
        Callflows,
        "flow.data.timeout",
        Special("five seconds per ring, in the user's node"),
    ),
    user(
        "voicemail.enabled",
        Callflows,
        "flow.children._",
        Special("a `voicemail` node below the user's node; the mailbox is kept when it is removed"),
    ),
    user(
        "voicemail.mailbox",
        Vmboxes,
        "mailbox",
        Special("a mailbox that the user owns; the default is the extension"),
    ),
    user(
        "voicemail.email",
        Vmboxes,
        "notify_email_addresses",
        Special("the first item of the list; other items are kept"),
    ),
    user(
        "voicemail.pin",
        Vmboxes,
        "pin",
        Special("never read; its version is stored in the user's `callsheet.secrets`"),
    ),
    user(
        "phones",
        Devices,
        "owner_id",
        Special("devices with a MAC address that the user owns; other devices are kept"),
    ),
    user(
        "phones[].mac",
        Devices,
        "mac_address",
        Special("twelve lower-case digits"),
    ),
    user(
        "phones[].model",
        Devices,
        "provision",
        Special("`brand_family_model` or `brand_model`; `unknown` without provisioning"),
    ),
    user(
        "phones[].name",
        Devices,
        "name",
        Special("the default is the MAC address"),
    ),
    extension("*.name", Callflows, "name", Text),
    extension(
        "*.kind",
        Callflows,
        "flow.module",
        Special(
            "`ring_group`, `conference`, `menu`, `faxbox`, `acdc_member`; a forward is a single `user`, `callflow` or `resources` node",
        ),
    ),
    extension(
        "ring_group.members",
        Callflows,
        "flow.data.endpoints",
        Special("endpoints of type `user`, in order; other endpoints are kept"),
    ),
    extension(
        "ring_group.strategy",
        Callflows,
        "flow.data.strategy",
        Special("`simultaneous`; `sequential` is `single`"),
    ),
    extension(
        "ring_group.ring_seconds",
        Callflows,
        "flow.data.timeout",
        Special("in the group and in each endpoint"),
    ),
    extension(
        "ring_group.no_answer",
        Callflows,
        "flow.children._",
        Special(DESTINATION),
    ),
    extension(
        "forward.destination",
        Callflows,
        "flow",
        Special(DESTINATION),
    ),
    extension("conference.owner", Conferences, "owner_id", User),
    extension(
        "conference.pin",
        Conferences,
        "member.pins",
        Special(
            "the first item of the list; never shown; its version is stored in `callsheet.secrets`",
        ),
    ),
    extension(
        "conference.moderator_pin",
        Conferences,
        "moderator.pins",
        Special(
            "the first item of the list; never shown; its version is stored in `callsheet.secrets`",
        ),
    ),
    extension(
        "conference.max_members",
        Conferences,
        "max_participants",
        Number,
    ),
    extension(
        "conference.wait_for_moderator",
        Conferences,
        "wait_for_moderator",
        Flag,
    ),
    extension(
        "auto_attendant.options",
        Callflows,
        "flow.children",
        Special(DESTINATION),
    ),
    extension("auto_attendant.direct_dial", Menus, "hunt", Flag),
    extension(
        "auto_attendant.timeout_seconds",
        Menus,
        "timeout",
        Thousandths,
    ),
    extension(
        "auto_attendant.no_input",
        Callflows,
        "flow.children.timeout",
        Special(DESTINATION),
    ),
    extension(
        "auto_attendant.invalid_input",
        Callflows,
        "flow.children._",
        Special(DESTINATION),
    ),
    extension("fax.owner", Faxboxes, "owner_id", User),
    extension(
        "fax.emails",
        Faxboxes,
        "notifications.inbound.email.send_to",
        Special("a list"),
    ),
    extension("fax.caller_id", Faxboxes, "caller_id", Text),
    extension("fax.retries", Faxboxes, "retries", Number),
    extension(
        "call_queue.agents",
        Queues,
        "agents",
        Special("the queue's roster"),
    ),
    extension(
        "call_queue.strategy",
        Queues,
        "strategy",
        Special(
            "`round_robin`; `longest_idle` is `most_idle`; `ring_all` is `ring_simultaneously: 1000`",
        ),
    ),
    extension(
        "call_queue.ring_seconds",
        Queues,
        "agent_ring_timeout",
        Number,
    ),
    extension(
        "call_queue.max_wait_seconds",
        Queues,
        "connection_timeout",
        Number,
    ),
    extension("call_queue.max_callers", Queues, "max_queue_size", Number),
    extension(
        "call_queue.overflow",
        Callflows,
        "flow.children._",
        Special(DESTINATION),
    ),
    extension("call_queue.music_on_hold", Queues, "moh", Text),
    extension("call_queue.record", Queues, "record_caller", Flag),
    number(
        "destination",
        "numbers",
        Special("the number is one of the numbers of the user's or extension's callflow"),
    ),
    contact("name", "displayname", Text),
    contact("first_name", "firstname", Text),
    contact("last_name", "lastname", Text),
    contact("numbers", "number", Special("one number")),
];

/// The table for the docs.
pub(super) fn field_mappings() -> Vec<FieldMapping> {
    let field_mappings = |row: &Row| {
        let Row {
            kind,
            field,
            document,
            at,
            form,
        } = *row;
        FieldMapping {
            kind,
            field,
            document: document.name(),
            portal_field: at,
            representation: match form {
                Text | Flag | Number => "unchanged",
                Thousandths => "in thousandths",
                User => "the ID of the user",
                Special(note) => note,
            },
        }
    };
    ROWS.iter().map(field_mappings).collect()
}

/// The names of the extension types.
pub(super) const TYPES: [&str; 6] = [
    "ring_group",
    "conference",
    "auto_attendant",
    "fax",
    "call_queue",
    "forward",
];

/// The rows of a kind without special representation; for extensions, of one type.
pub(super) fn plain_rows(
    kind: Kind,
    type_name: &'static str,
) -> impl Iterator<Item = (&'static str, &'static Row)> {
    ROWS.iter().filter_map(move |row| {
        let own = match kind {
            Kind::Extensions => row.field.strip_prefix(type_name)?.strip_prefix('.')?,
            _ => row.field,
        };
        (row.kind == kind && !matches!(row.form, Special(_))).then_some((own, row))
    })
}

/// The model's field for a field in Kazoo, to locate a refusal; empty if there is none.
pub(super) fn model_field(kind: Kind, document: Collection, at: &str) -> &'static str {
    let fits = |row: &&Row| {
        row.kind == kind
            && row.document == document
            && (at == row.at
                || at
                    .strip_prefix(row.at)
                    .is_some_and(|rest| rest.starts_with('.')))
    };
    let longest = ROWS.iter().filter(fits).max_by_key(|row| row.at.len());
    if let Some(row) = longest {
        let field = match kind {
            Kind::Extensions => row
                .field
                .split_once('.')
                .map_or(row.field, |(_, field)| field),
            _ => row.field,
        };
        return field.split_once("[]").map_or(field, |(list, _)| list);
    }
    match (kind, document) {
        (Kind::Users, Users) if at.starts_with("caller_id.internal.name") => "first_name",
        (Kind::Users, Users) if at.starts_with("caller_id.internal") || at == "presence_id" => {
            "extension"
        }
        (Kind::Users, Users) if at.starts_with("call_forward") => "forwarding",
        (Kind::Users, Devices) => "phones",
        (Kind::Users, Vmboxes) => "voicemail",
        (Kind::Users, Callflows) => "extension",
        (Kind::Extensions, Callflows) if at.starts_with("flow") => "kind",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::{Collection, Kind, model_field};

    #[test]
    fn a_refused_field_is_mapped_to_the_model() {
        for (document, at, field) in [
            (Collection::Users, "username", "username"),
            (Collection::Users, "caller_id.internal.number", "extension"),
            (
                Collection::Users,
                "caller_id.external.number",
                "outbound_caller_id",
            ),
            (Collection::Devices, "mac_address", "phones"),
            (Collection::Devices, "sip.username", "phones"),
            (Collection::Vmboxes, "mailbox", "voicemail.mailbox"),
            (Collection::Vmboxes, "name", "voicemail"),
            (Collection::Callflows, "numbers", "extension"),
        ] {
            assert_eq!(model_field(Kind::Users, document, at), field, "{at}");
        }
        assert_eq!(
            model_field(Kind::Extensions, Collection::Faxboxes, "retries"),
            "retries"
        );
        assert_eq!(
            model_field(
                Kind::Extensions,
                Collection::Callflows,
                "flow.data.endpoints.0"
            ),
            "members"
        );
        assert_eq!(
            model_field(Kind::Extensions, Collection::Callflows, "numbers"),
            ""
        );
    }
}
