//! The *table* of the model's fields and the corresponding fields in Kazoo.

use super::{
    super::rest::{
        Codec::{
            Choice, Derived, First, FirstField, Flag, Integer, List, Scaled, Secret, Single, Text,
            User,
        },
        Table,
        table::rows,
    },
    collection::Collection,
};
use crate::model::Kind;

/// The representation of a destination.
const DESTINATION: &str =
    "a node: `user` for a user's key, `callflow` for a number, `resources` for an E.164 number";
const PIN: &str =
    "the first item of the list; never shown; its version is stored in `callsheet.secrets`";

/// Every field that Kazoo supports.
pub(super) static TABLE: Table<Collection> = Table::new(rows! {
    Users {
        "username" list Users "username" Derived("in lower case; the default is the key");
        "first_name" list Users "first_name" Text;
        "last_name" list Users "last_name" Text;
        "alias" detail Users "profile.nicknames" First;
        "title" detail Users "profile.title" Text;
        "email" list Users "email" Text;
        "active" detail Users "enabled" Flag;
        "scope" list Users "priv_level" Choice(&[("user", "user"), ("admin", "admin")]);
        "address" detail Users "profile.addresses" FirstField("address", &["postal"]);
        "outbound_caller_id" detail Users "caller_id.external.number" Text;
        "dnd" detail Users "do_not_disturb.enabled" Flag;
        "forwarding.enabled" detail Users "call_forward.enabled" Flag;
        "forwarding.destinations" detail Users "call_forward.number" Single;
        "password" detail Users "password" Secret("write-only; its version is stored in `callsheet.secrets`; generated if none is declared");
        "groups" detail Groups "endpoints" Derived("the user is one of the group's endpoints; other endpoints are kept");
        "extension" list Callflows "numbers" Derived("the internal number of the user's own callflow (`type: mainUserCallflow`), also in the user's `caller_id.internal.number` and `presence_id`; external numbers are kept");
        "rings_before_voicemail" detail Callflows "flow.data.timeout" Derived("five seconds per ring, in the user's node");
        "voicemail.enabled" list Callflows "flow.children._" Derived("a `voicemail` node below the user's node; the mailbox is kept when it is removed");
        "voicemail.mailbox" list Vmboxes "mailbox" Derived("a mailbox that the user owns; the default is the extension");
        "voicemail.email" detail Vmboxes "notify_email_addresses" First;
        "voicemail.pin" list Vmboxes "pin" Secret("never read; its version is stored in the user's `callsheet.secrets`");
        "phones" detail Devices "owner_id" Derived("devices with a MAC address that the user owns; other devices are kept");
        "phones[].mac" list Devices "mac_address" Derived("twelve lower-case digits");
        "phones[].model" list Devices "provision" Derived("`brand_family_model` or `brand_model`; `unknown` without provisioning");
        "phones[].name" list Devices "name" Derived("the default is the MAC address");
    }
    Extensions {
        "*.name" list Callflows "name" Text;
        "*.kind" list Callflows "flow.module" Derived("`ring_group`, `conference`, `menu`, `faxbox`, `acdc_member`; a forward is a single `user`, `callflow` or `resources` node");
        "ring_group.members" detail Callflows "flow.data.endpoints" Derived("endpoints of type `user`, in order; other endpoints are kept");
        "ring_group.strategy" detail Callflows "flow.data.strategy" Choice(&[("simultaneous", "simultaneous"), ("sequential", "single")]);
        "ring_group.ring_seconds" detail Callflows "flow.data.timeout" Derived("in the group and in each endpoint");
        "ring_group.no_answer" detail Callflows "flow.children._" Derived(DESTINATION);
        "forward.destination" detail Callflows "flow" Derived(DESTINATION);
        "conference.owner" detail Conferences "owner_id" User;
        "conference.pin" detail Conferences "member.pins" Derived(PIN);
        "conference.moderator_pin" detail Conferences "moderator.pins" Derived(PIN);
        "conference.max_members" detail Conferences "max_participants" Integer;
        "conference.wait_for_moderator" detail Conferences "wait_for_moderator" Flag;
        "auto_attendant.options" detail Callflows "flow.children" Derived(DESTINATION);
        "auto_attendant.direct_dial" detail Menus "hunt" Flag;
        "auto_attendant.timeout_seconds" detail Menus "timeout" Scaled(1000);
        "auto_attendant.no_input" detail Callflows "flow.children.timeout" Derived(DESTINATION);
        "auto_attendant.invalid_input" detail Callflows "flow.children._" Derived(DESTINATION);
        "fax.owner" detail Faxboxes "owner_id" User;
        "fax.emails" detail Faxboxes "notifications.inbound.email.send_to" List;
        "fax.caller_id" detail Faxboxes "caller_id" Text;
        "fax.retries" detail Faxboxes "retries" Integer;
        "call_queue.agents" detail Queues "agents" Derived("the queue's roster");
        "call_queue.strategy" detail Queues "strategy" Derived("`round_robin`; `longest_idle` is `most_idle`; `ring_all` is `ring_simultaneously: 1000`");
        "call_queue.ring_seconds" detail Queues "agent_ring_timeout" Integer;
        "call_queue.max_wait_seconds" detail Queues "connection_timeout" Integer;
        "call_queue.max_callers" detail Queues "max_queue_size" Integer;
        "call_queue.overflow" detail Callflows "flow.children._" Derived(DESTINATION);
        "call_queue.music_on_hold" detail Queues "moh" Text;
        "call_queue.record" detail Queues "record_caller" Flag;
    }
    Numbers {
        "destination" list Callflows "numbers" Derived("the number is one of the numbers of the user's or extension's callflow");
    }
    Contacts {
        "name" detail Entries "displayname" Text;
        "first_name" detail Entries "firstname" Text;
        "last_name" detail Entries "lastname" Text;
        "numbers" detail Entries "number" Single;
    }
});

/// The model's field for a field in Kazoo, to locate a refusal.
pub(super) fn model_field(kind: Kind, document: Collection, at: &str) -> Option<&'static str> {
    use Collection::{Callflows, Devices, Users, Vmboxes};
    let of_table = TABLE.model_field(kind, document, at);
    of_table.or_else(|| match (kind, document) {
        (Kind::Users, Users) if at.starts_with("caller_id.internal.name") => Some("first_name"),
        (Kind::Users, Users) if at.starts_with("caller_id.internal") => Some("extension"),
        (Kind::Users, Users) if at == "presence_id" => Some("extension"),
        (Kind::Users, Users) if at.starts_with("call_forward") => Some("forwarding"),
        (Kind::Users, Devices) => Some("phones"),
        (Kind::Users, Vmboxes) => Some("voicemail"),
        (Kind::Users, Callflows) => Some("extension"),
        (Kind::Extensions, Callflows) if at.starts_with("flow") => Some("kind"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Collection, Kind, TABLE, model_field};

    #[test]
    fn what_no_row_names_is_unsupported() {
        let users = TABLE.unsupported(Kind::Users);
        assert!(users.contains("voicemail.greeting") && users.contains("forwarding.ring_all"));
        assert!(!users.contains("voicemail") && !users.contains("title"));
        let extensions: Vec<&str> = TABLE.unsupported(Kind::Extensions).into_iter().collect();
        let expected = [
            "auto_attendant.greeting",
            "conference.record",
            "forward.keep_caller_id",
            "phone",
        ];
        assert_eq!(extensions, expected);
    }

    #[test]
    fn a_refused_field_is_mapped_to_the_model() {
        for (kind, document, at, field) in [
            (Kind::Users, Collection::Users, "username", "username"),
            (
                Kind::Users,
                Collection::Users,
                "caller_id.internal.number",
                "extension",
            ),
            (
                Kind::Users,
                Collection::Users,
                "caller_id.external.number",
                "outbound_caller_id",
            ),
            (Kind::Users, Collection::Devices, "mac_address", "phones"),
            (Kind::Users, Collection::Devices, "sip.username", "phones"),
            (
                Kind::Users,
                Collection::Vmboxes,
                "mailbox",
                "voicemail.mailbox",
            ),
            (Kind::Users, Collection::Vmboxes, "name", "voicemail"),
            (Kind::Users, Collection::Callflows, "numbers", "extension"),
            (Kind::Extensions, Collection::Faxboxes, "retries", "retries"),
            (
                Kind::Extensions,
                Collection::Callflows,
                "flow.data.endpoints.0",
                "members",
            ),
            (Kind::Extensions, Collection::Callflows, "numbers", ""),
        ] {
            assert_eq!(
                model_field(kind, document, at).unwrap_or_default(),
                field,
                "{at}"
            );
        }
    }
}
