//! The *mapping* is the table of which field of ours is which of Kazoo's. Reading, writing, the errors'
//! way back to a line of YAML, and the docs go by it.

use super::{super::Mapped, tenant::Collection};
use crate::model::Kind;

/// One field of ours, and where Kazoo keeps it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) kind: Kind,
    /// Our field; of an extension with its type before it, `*` for every type.
    pub(super) field: &'static str,
    /// The document that holds it.
    pub(super) document: Collection,
    /// The field there.
    pub(super) at: &'static str,
    pub(super) form: Form,
}

/// How a value is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As text.
    Text,
    /// As `true` or `false`.
    Flag,
    /// As a number.
    Number,
    /// As a number of thousandths.
    Thousandths,
    /// As the id of a user.
    Person,
    /// In a way of its own, which the note tells.
    Own(&'static str),
}

use Collection::{
    Callflows, Conferences, Devices, Entries, Faxboxes, Groups, Menus, Queues, Users, Vmboxes,
};
use Form::{Flag, Number, Own, Person, Text, Thousandths};

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

/// How a node leads somewhere.
const WAY: &str =
    "a user's key is a `user` node, a number a `callflow` node, E.164 a `resources` node";

/// Every field that Kazoo holds.
pub(super) const ROWS: &[Row] = &[
    user(
        "username",
        Users,
        "username",
        Own("in lower case; the key, unless declared"),
    ),
    user("first_name", Users, "first_name", Text),
    user("last_name", Users, "last_name", Text),
    user(
        "alias",
        Users,
        "profile.nicknames",
        Own("the first of the list; others stay"),
    ),
    user("title", Users, "profile.title", Text),
    user("email", Users, "email", Text),
    user("active", Users, "enabled", Flag),
    user("scope", Users, "priv_level", Own("`user` or `admin`")),
    user(
        "address",
        Users,
        "profile.addresses",
        Own("the first of the list; others stay"),
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
        Own("one number"),
    ),
    user(
        "password",
        Users,
        "password",
        Own(
            "written only; its version is kept in `callsheet.secrets`; made up where none is declared",
        ),
    ),
    user(
        "groups",
        Groups,
        "endpoints",
        Own("the user among the group's endpoints; other endpoints stay"),
    ),
    user(
        "extension",
        Callflows,
        "numbers",
        Own(
            "the inner number of the user's own callflow (`type: mainUserCallflow`), and with it `caller_id.internal.number` and `presence_id` of the user; outer numbers stay",
        ),
    ),
    user(
        "rings_before_voicemail",
        Callflows,
        "flow.data.timeout",
        Own("five seconds a ring, at the user's node"),
    ),
    user(
        "voicemail.enabled",
        Callflows,
        "flow.children._",
        Own("a `voicemail` node behind the user's; the mailbox stays when it goes"),
    ),
    user(
        "voicemail.mailbox",
        Vmboxes,
        "mailbox",
        Own("a mailbox that the user owns; the extension, unless declared"),
    ),
    user(
        "voicemail.email",
        Vmboxes,
        "notify_email_addresses",
        Own("the first of the list; others stay"),
    ),
    user(
        "voicemail.pin",
        Vmboxes,
        "pin",
        Own("never read; its version is kept in the user's `callsheet.secrets`"),
    ),
    user(
        "phones",
        Devices,
        "owner_id",
        Own("devices with a hardware address that the user owns; others stay"),
    ),
    user(
        "phones[].mac",
        Devices,
        "mac_address",
        Own("twelve lower-case digits"),
    ),
    user(
        "phones[].model",
        Devices,
        "provision",
        Own("`brand_family_model` or `brand_model`; `unknown` where nothing is provisioned"),
    ),
    user(
        "phones[].name",
        Devices,
        "name",
        Own("the hardware address, unless declared"),
    ),
    extension("*.name", Callflows, "name", Text),
    extension(
        "*.kind",
        Callflows,
        "flow.module",
        Own(
            "`ring_group`, `conference`, `menu`, `faxbox`, `acdc_member`; a forward is a `user`, `callflow` or `resources` node alone",
        ),
    ),
    extension(
        "ring_group.members",
        Callflows,
        "flow.data.endpoints",
        Own("endpoints of type `user`, in order; others stay"),
    ),
    extension(
        "ring_group.strategy",
        Callflows,
        "flow.data.strategy",
        Own("`simultaneous`; `sequential` is `single`"),
    ),
    extension(
        "ring_group.ring_seconds",
        Callflows,
        "flow.data.timeout",
        Own("of the group and of each endpoint"),
    ),
    extension(
        "ring_group.no_answer",
        Callflows,
        "flow.children._",
        Own(WAY),
    ),
    extension("forward.destination", Callflows, "flow", Own(WAY)),
    extension("conference.owner", Conferences, "owner_id", Person),
    extension(
        "conference.pin",
        Conferences,
        "member.pins",
        Own("the first of the list; never shown; its version is kept in `callsheet.secrets`"),
    ),
    extension(
        "conference.moderator_pin",
        Conferences,
        "moderator.pins",
        Own("the first of the list; never shown; its version is kept in `callsheet.secrets`"),
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
        Own(WAY),
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
        Own(WAY),
    ),
    extension(
        "auto_attendant.invalid_input",
        Callflows,
        "flow.children._",
        Own(WAY),
    ),
    extension("fax.owner", Faxboxes, "owner_id", Person),
    extension(
        "fax.emails",
        Faxboxes,
        "notifications.inbound.email.send_to",
        Own("a list"),
    ),
    extension("fax.caller_id", Faxboxes, "caller_id", Text),
    extension("fax.retries", Faxboxes, "retries", Number),
    extension(
        "call_queue.agents",
        Queues,
        "agents",
        Own("the queue's roster"),
    ),
    extension(
        "call_queue.strategy",
        Queues,
        "strategy",
        Own(
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
        Own(WAY),
    ),
    extension("call_queue.music_on_hold", Queues, "moh", Text),
    extension("call_queue.record", Queues, "record_caller", Flag),
    number(
        "destination",
        "numbers",
        Own("the number among those of the callflow of that person or extension"),
    ),
    contact("name", "displayname", Text),
    contact("first_name", "firstname", Text),
    contact("last_name", "lastname", Text),
    contact("numbers", "number", Own("one number")),
];

/// The table, as the docs show it.
pub(in crate::portal) fn mapped() -> Vec<Mapped> {
    let mapped = |row: &Row| {
        let Row {
            kind,
            field,
            document,
            at,
            form,
        } = *row;
        Mapped {
            kind,
            field,
            document: document.name(),
            at,
            how: match form {
                Text | Flag | Number => "as it is",
                Thousandths => "in thousandths",
                Person => "the id of the user",
                Own(note) => note,
            },
        }
    };
    ROWS.iter().map(mapped).collect()
}

/// The words of the types of extensions.
pub(super) const TYPES: [&str; 6] = [
    "ring_group",
    "conference",
    "auto_attendant",
    "fax",
    "call_queue",
    "forward",
];

/// The rows of one kind that are kept as they are, of an extension those of one type.
pub(super) fn plain(
    kind: Kind,
    word: &'static str,
) -> impl Iterator<Item = (&'static str, &'static Row)> {
    ROWS.iter().filter_map(move |row| {
        let own = match kind {
            Kind::Extensions => row.field.strip_prefix(word)?.strip_prefix('.')?,
            _ => row.field,
        };
        (row.kind == kind && !matches!(row.form, Own(_))).then_some((own, row))
    })
}

/// Our field behind one of Kazoo's, as far as it can be told: what a refusal names.
pub(super) fn ours(kind: Kind, document: Collection, at: &str) -> &'static str {
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
    use super::{Collection, Kind, ours};

    #[test]
    fn a_refused_field_finds_its_way_back() {
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
            assert_eq!(ours(Kind::Users, document, at), field, "{at}");
        }
        assert_eq!(
            ours(Kind::Extensions, Collection::Faxboxes, "retries"),
            "retries"
        );
        assert_eq!(
            ours(
                Kind::Extensions,
                Collection::Callflows,
                "flow.data.endpoints.0"
            ),
            "members"
        );
        assert_eq!(ours(Kind::Extensions, Collection::Callflows, "numbers"), "");
    }
}
