//! An *example* is what a field of free text may hold, as an editor shows it: a name for a name, a reason for
//! a reason.
//!
//! Formats such as an e-mail address bring an example of their own; a line of text can't.

/// Fields and their examples. A field that means something else in one type is named with the type, or with the
/// field that holds it.
const EXAMPLES: &[(&str, &str)] = &[
    // Users
    ("first_name", "Alice"),
    ("last_name", "Ng"),
    ("alias", "Ali"),
    ("title", "Sales Engineer"),
    ("address", "12 High Street, Leeds LS1 4AP"),
    ("features", "Front desk"),
    ("devices", "Front desk"),
    ("voice_mail_boxes", "1001"),
    ("ring_groups", "Sales"),
    ("extensions", "2000"),
    ("phone_numbers", "+14155550100"),
    ("conference_rooms", "Board room"),
    ("fax_machines", "Front desk fax"),
    ("forwards", "After hours"),
    ("schedules", "Office hours"),
    ("advanced", "enabled"),
    ("with", "+14155550100"),
    ("when", "night"),
    ("AnsweringRule.name", "After hours"),
    ("answering_rules.name", "After hours"),
    ("Phone.name", "Front desk"),
    ("phones.name", "Front desk"),
    ("Seat.name", "Alice's seat"),
    ("seat.name", "Alice's seat"),
    ("Seat.template", "Standard seat"),
    ("seat.template", "Standard seat"),
    ("call_flow", "Ring, then voicemail"),
    ("Greeting.file", "greetings/alice.wav"),
    ("greeting.file", "greetings/alice.wav"),
    ("department", "Sales"),
    ("dial_permission", "US and Canada"),
    ("transcribe", "voicebase"),
    // Other kinds
    ("Location.title", "Leeds"),
    ("Location.address", "10 Park Row"),
    ("room", "Second floor"),
    ("city", "Leeds"),
    ("region", "West Yorkshire"),
    ("postal_code", "LS1 5HD"),
    ("Schedule.title", "Nights and weekends"),
    ("CommonAreaPhone.name", "Lobby"),
    ("name", "Front desk"),
    ("description", "Everybody who sells"),
    ("greeting", "Welcome to Acme. For sales, press 1."),
    ("music_on_hold", "Jazz"),
    ("Scope.title", "Call supervisor"),
    ("Group.title", "Sales"),
    ("Instance.title", "Leeds office"),
    ("Template.title", "Standard user"),
    ("Number.title", "Main line"),
    ("prompt", "Direct number"),
    ("default", "4"),
    ("value", "${user.extension}"),
    ("Contact.name", "Fire brigade"),
    ("Contact.first_name", "Sam"),
    ("Contact.last_name", "Hill"),
    ("company", "Leeds Fire Service"),
    // Secrets
    ("command", "pass"),
    ("file", "secrets/alice"),
    // callsheet.yaml
    ("workspace", "phones"),
    ("exclude", "docker-compose.yml"),
    ("include", "../all-tenants/templates.yaml"),
    ("database", ".callsheet/sandbox.db"),
    ("url", "https://kazoo.example:8443"),
    ("tenant", "acme"),
    ("account", "reseller"),
    ("OauthClientConfig.id", "callsheet"),
    (
        "ScimConfig.extension",
        "urn:acme:extension:telephony:2.0:User",
    ),
    ("because", "agreed with the sales team"),
];

/// The example of a field of a type, or of a field inside another.
pub(super) fn of(holder: &str, field: &str) -> Option<&'static str> {
    let named = |name: &str| EXAMPLES.iter().find(|(known, _)| *known == name);
    let found = named(&format!("{holder}.{field}")).or_else(|| named(field));
    found.map(|(_, example)| *example)
}
