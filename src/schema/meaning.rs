//! The *meaning* of field names that other systems use: which field of ours is meant, where its name isn't
//! similar.

/// Names of other systems by the field that they mean, of users.
const OF_USERS: &[(&str, &[&str])] = &[
    (
        "scope",
        &[
            "role",
            "roles",
            "license",
            "license_type",
            "licence_type",
            "licence",
            "level",
            "user_level",
            "user_type",
            "permission_level",
            "profile",
            "access_level",
        ],
    ),
    (
        "username",
        &["login", "login_name", "user_name", "subscriber_login"],
    ),
    (
        "first_name",
        &[
            "name",
            "display_name",
            "full_name",
            "given_name",
            "firstname",
        ],
    ),
    ("last_name", &["surname", "family_name", "lastname"]),
    ("alias", &["nickname", "nick"]),
    ("title", &["job_title", "position"]),
    ("email", &["mail", "email_address"]),
    (
        "active",
        &[
            "enabled",
            "disabled",
            "status",
            "state",
            "suspended",
            "blocked",
        ],
    ),
    ("groups", &["departments", "team", "teams", "group"]),
    (
        "extension",
        &[
            "number",
            "ext",
            "extension_number",
            "internal_number",
            "presence_id",
        ],
    ),
    (
        "outbound_caller_id",
        &[
            "caller_id",
            "callerid",
            "caller_id_number",
            "external_caller_id",
            "outbound_cid",
            "did",
        ],
    ),
    (
        "phone",
        &[
            "mobile",
            "cell",
            "mobile_phone",
            "phone_number",
            "telephone",
        ],
    ),
    (
        "rings_before_voicemail",
        &[
            "ring_timeout",
            "answer_timeout",
            "ring_time",
            "no_answer_timeout",
            "timeout",
            "rings",
        ],
    ),
    (
        "voicemail.pin",
        &["pin", "voicemail_pin", "vm_pin", "vmail_pin"],
    ),
    ("voicemail.mailbox", &["mailbox", "voicemail_box", "vm_box"]),
    ("voicemail.email", &["voicemail_email", "vm_email"]),
    (
        "forwarding",
        &[
            "call_forward",
            "call_forwarding",
            "forward",
            "forward_to",
            "forwards",
        ],
    ),
    ("dnd", &["do_not_disturb"]),
    ("instance", &["site", "location"]),
    ("directory", &["dial_by_name"]),
    (
        "phones",
        &["device", "devices", "mac", "macs", "handset", "desk_phones"],
    ),
    (
        "starts",
        &["start_date", "start_on", "hire_date", "active_from"],
    ),
    (
        "ends",
        &["end_date", "end_on", "termination_date", "active_until"],
    ),
    ("leaver", &["offboard", "leaves", "successor"]),
];

/// The same, of extensions.
const OF_EXTENSIONS: &[(&str, &[&str])] = &[
    ("agents", &["members", "users", "queue_agents"]),
    (
        "members",
        &["agents", "users", "extensions", "phones", "endpoints"],
    ),
    (
        "ring_seconds",
        &["timeout", "ring_timeout", "ring_time", "ringtime"],
    ),
    (
        "overflow",
        &["fallback", "timeout_destination", "no_answer"],
    ),
    ("options", &["keys", "digits", "menu", "entries"]),
    ("destination", &["destinations", "forward_to", "to"]),
];

/// The field of a resource that a name of another system means, if it is one of `known`.
pub(super) fn meant(noun: &str, word: &str, known: &[&str]) -> Option<&'static str> {
    let word = word.to_ascii_lowercase().replace(['-', ' '], "_");
    let table = match noun {
        "user" => OF_USERS,
        "extension" => OF_EXTENSIONS,
        _ => return None,
    };
    let is_known = |field: &str| known.contains(&field.split('.').next().unwrap_or(field));
    let mut found = table
        .iter()
        .filter(|(field, names)| is_known(field) && names.contains(&&*word));
    found.next().map(|(field, _)| *field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    #[test]
    fn every_name_means_a_field_that_exists_and_none_is_a_field() {
        let own = ["starts", "ends", "leaver"];
        for (kind, table) in [(Kind::Users, OF_USERS), (Kind::Extensions, OF_EXTENSIONS)] {
            let fields = kind.shape().all_fields();
            for (field, names) in table {
                let mut steps = field.split('.');
                let first = steps.next().unwrap();
                let known = fields.iter().find(|one| &*one.name == first);
                assert!(known.is_some() || own.contains(&first), "{field}");
                if let Some(inner) = steps.next() {
                    let shape = &known.unwrap().shape;
                    assert!(shape.field_of_any_type(inner).is_some(), "{field}");
                }
                let is_field = |name: &str| fields.iter().any(|one| &*one.name == name);
                let same = names
                    .iter()
                    .find(|name| kind == Kind::Users && is_field(name));
                assert_eq!(same, None, "{field}");
            }
        }
    }
}
