//! The *shapes* of documents in 4.x, and the additions in 5.x.

use super::{Dialect, shape::Shape};
use std::{collections::BTreeMap, sync::LazyLock};

/// The fields that users and devices have in common.
const ENDPOINT: &str = r#"
enabled flag = true
call_restriction object = {}
contact_list object = {}
contact_list.exclude flag
music_on_hold object = {}
music_on_hold.media_id text 0..128
ringtones object = {}
ringtones.internal text 0..256
ringtones.external text 0..256
call_forward object
call_forward.number text 0..35
call_forward.direct_calls_only flag = false
call_forward.enabled flag = false
call_forward.ignore_early_media flag = true
call_forward.keep_caller_id flag = true
call_forward.require_keypress flag = true
call_forward.substitute flag = true
caller_id object
caller_id.internal object
caller_id.internal.name text 0..35
caller_id.internal.number text 0..35
caller_id.external object
caller_id.external.name text 0..35
caller_id.external.number text 0..35
caller_id.emergency object
caller_id.emergency.name text 0..35
caller_id.emergency.number text 0..35
caller_id_options object
caller_id_options.outbound_privacy one-of full|name|number|none
do_not_disturb object
do_not_disturb.enabled flag
presence_id text
timezone text
language text
flags texts
"#;

const USERS: &str = r#"
first_name! text 1..128
last_name! text 1..128
username login 1..256
password text
email email 3..254
priv_level one-of user|admin = "user"
require_password_update flag = false
verified flag = false
vm_to_email_enabled flag = true
feature_level text
directories object
hotdesk object = {}
hotdesk.enabled flag = false
hotdesk.keep_logged_in_elsewhere flag = false
hotdesk.require_pin flag = false
hotdesk.pin text 4..15
"#;

const DEVICES: &str = r#"
name! text 1..128
owner_id text 32..32
device_type text
mac_address text
exclude_from_queues flag = false
mwi_unsolicited_updates flag = true
register_overwrite_notify flag = false
suppress_unregister_notifications flag = false
provision object
provision.endpoint_brand text
provision.endpoint_family text
sip object = {}
sip.username text 2..32
sip.password text 5..32
sip.realm text 4..253
sip.expire_seconds number = 300
sip.invite_format one-of username|npan|1npan|e164|route|contact = "contact"
sip.method one-of password|ip = "password"
"#;

const VMBOXES: &str = r#"
name! text 1..128
mailbox! text 1..30
owner_id text 32..32
pin text 4..6
announcement_only flag = false
check_if_owner flag = true
delete_after_notify flag = false
include_message_on_notify flag = true
include_transcription_on_notify flag = true
is_setup flag = false
is_voicemail_ff_rw_enabled flag = false
media object = {}
media.unavailable text 32..32
media_extension one-of mp3|mp4|wav = "mp3"
not_configurable flag = false
notify_email_addresses texts = []
oldest_message_first flag = false
require_pin flag = false
save_after_notify flag = false
seek_duration_ms number 0.. = 10000
skip_envelope flag = false
skip_greeting flag = false
skip_instructions flag = false
timezone text 5..32
transcribe flag = false
flags texts
"#;

const VMBOXES_FIVE: &str = r#"
after_forward_action one-of prompt|save = "save"
aliases texts = []
envelope_type one-of default|caller_and_time = "default"
shared_vmbox flag = false
shared_vmbox_notify_owner_email flag = false
vm_message_forward_type one-of only_forward|prepend_forward = "only_forward"
"#;

const CALLFLOWS: &str = r#"
numbers texts = []
patterns texts = []
featurecode object
featurecode.name text 1..128
featurecode.number text 1..30
flow! object
flags texts
"#;

const GROUPS: &str = r#"
name! text 1..128
endpoints object = {}
music_on_hold object = {}
music_on_hold.media_id text 0..128
flags texts
"#;

const MENUS: &str = r#"
name! text 1..128
allow_record_from_offnet flag = false
hunt flag = true
hunt_allow text 1..256
hunt_deny text 1..256
interdigit_timeout number 1..10000
max_extension_length number 1..6 = 4
media object = {}
media.greeting text 3..2048
record_pin text 3..6
retries number 1..10 = 3
suppress_media flag = false
timeout number 1..60000
flags texts
"#;

const CONFERENCES: &str = r#"
name text 1..128
owner_id text 32..32
conference_numbers digits = []
max_participants number
member object = {}
member.join_deaf flag = false
member.join_muted flag = true
member.numbers digits = []
member.pins digits = []
member.play_entry_prompt flag
moderator object = {}
moderator.join_deaf flag = false
moderator.join_muted flag = false
moderator.numbers digits = []
moderator.pins digits = []
play_name flag = false
play_welcome flag
require_moderator flag
wait_for_moderator flag
flags texts
"#;

const FAXBOXES: &str = r#"
name! text 1..128
attempts number 0..4 = 0
caller_id text
caller_name text = "Kazoo Fax Printer"
custom_smtp_email_address text
fax_header text = "Kazoo Fax Printer"
fax_identity text
fax_timezone text
media object = {}
media.fax_option flag
notifications object
retries number 0..4 = 1
smtp_permission_list texts = []
flags texts
"#;

const QUEUES: &str = r##"
name! text 1..128
agent_ring_timeout number 1.. = 15
agent_wrapup_time number 0.. = 0
announce text
announcements object
announcements.interval number 15.. = 30
caller_exit_key one-of 1|2|3|4|5|6|7|8|9|*|0|# = "#"
connection_timeout number 0.. = 3600
enter_when_empty flag = true
max_priority number 0..255
max_queue_size number = 0
moh text
record_caller flag = false
ring_simultaneously number 1.. = 1
strategy one-of round_robin|most_idle = "round_robin"
"##;

const LISTS: &str = "
name! text 1..128
org text
description text
";

const ENTRIES: &str = "
list_id! text
displayname text 1..128
firstname text 1..128
lastname text 1..128
number text
pattern text
profile object = {}
type text 1..128
";

const DIRECTORIES: &str = r#"
name! text 1..
confirm_match flag = true
max_dtmf number 0.. = 0
min_dtmf number 1.. = 3
sort_by one-of first_name|last_name = "last_name"
users texts
flags texts
"#;

const MEDIA: &str = r#"
name! text 1..128
media_source one-of recording|upload|tts = "upload"
language text = "en-us"
streamable flag = true
prompt_id text
content_length number 1..5242880
tts object = {}
tts.text text 1..
tts.voice text = "female/en-US"
"#;

const BLACKLISTS: &str = "
name! text 1..128
numbers object = {}
should_block_anonymous flag
flags texts
";

const TEMPORAL_RULES: &str = "
name! text 1..128
cycle! one-of date|daily|weekly|monthly|yearly
days list
enabled flag
interval number 1.. = 1
month number 1..12
ordinal one-of every|first|second|third|fourth|fifth|last
start_date number = 62586115200
time_window_start number 0..86400
time_window_stop number 0..86400
wdays texts
flags texts
";

const ACCOUNTS: &str = r#"
name! text 1..128
realm text 4..253
timezone text = "America/Los_Angeles"
call_restriction object = {}
enabled flag = true
music_on_hold object = {}
preflow object = {}
ringtones object = {}
"#;

const WEBHOOKS: &str = "
name! text 1..
uri! text
hook! text
http_verb text
retries number 1..4
";

/// The fields of an endpoint that only 4.x has.
const FAILOVER: &str = "
call_forward object
call_forward.failover flag = false
";

/// The shapes of a collection, all of which apply: of every generation, of 4, and of 5.
const TEXTS: [(&str, [&[&str]; 3]); 18] = [
    ("users", [&[USERS, ENDPOINT], &[FAILOVER], &[]]),
    ("devices", [&[DEVICES, ENDPOINT], &[FAILOVER], &[]]),
    ("vmboxes", [&[VMBOXES], &[], &[VMBOXES_FIVE]]),
    ("callflows", [&[CALLFLOWS], &[], &[]]),
    ("groups", [&[GROUPS], &[], &[]]),
    ("menus", [&[MENUS], &[], &[]]),
    ("conferences", [&[CONFERENCES], &[], &[]]),
    ("faxboxes", [&[FAXBOXES], &[], &[]]),
    ("queues", [&[QUEUES], &[], &[]]),
    ("lists", [&[LISTS], &[], &[]]),
    ("entries", [&[ENTRIES], &[], &[]]),
    ("directories", [&[DIRECTORIES], &[], &[]]),
    ("media", [&[MEDIA], &[], &[]]),
    ("blacklists", [&[BLACKLISTS], &[], &[]]),
    ("temporal_rules", [&[TEMPORAL_RULES], &[], &[]]),
    ("accounts", [&[ACCOUNTS], &[], &[]]),
    ("webhooks", [&[WEBHOOKS], &[], &[]]),
    ("phone_numbers", [&[], &[], &[]]),
];

type Shapes = BTreeMap<&'static str, [Vec<Shape>; 3]>;

static SHAPES: LazyLock<Shapes> = LazyLock::new(|| {
    let parse =
        |texts: &'static [&'static str]| texts.iter().map(|text| Shape::parse(text)).collect();
    let all = TEXTS.iter().map(|(name, texts)| (*name, texts.map(parse)));
    all.collect()
});

/// The shapes of a collection in a dialect.
pub(super) fn of(collection: &str, dialect: Dialect) -> impl Iterator<Item = &'static Shape> {
    let [both, four, five] = &SHAPES[collection];
    let own = if dialect == Dialect::Five { five } else { four };
    both.iter().chain(own)
}
