//! The *examples* of the rules of `validate`.

use super::{Example, console, yaml};
use crate::diagnostic::Rule;

/// The example of a rule. A test checks that each `yaml` example violates its rule, and that the corrected
/// version doesn't.
#[must_use]
pub fn of_rule(rule: Rule) -> Example {
    match rule {
        Rule::Encoding => console(
            r##"$ file people.yaml
people.yaml: ISO-8859 text"##,
            r##"$ file people.yaml
people.yaml: Unicode text, UTF-8 text"##,
        ),
        Rule::FileTooLarge => console(
            r##"$ ls -sh *.yaml
300M people.yaml"##,
            r##"$ ls -sh *.yaml
150M people-1.yaml  150M people-2.yaml"##,
        ),
        Rule::UnreadableFile => console(
            r##"$ ls -l people.yaml
---------- 1 ann ann 512 people.yaml"##,
            r##"$ ls -l people.yaml
-rw-r--r-- 1 ann ann 512 people.yaml"##,
        ),
        Rule::ForeignFile => console(
            r##"$ ls
callsheet.yaml  mkdocs.yml  people.yaml"##,
            r##"$ grep -A1 files: callsheet.yaml
files:
  exclude: [mkdocs.yml]"##,
        ),
        Rule::PreviouslyDeclared => yaml(
            r##"users:
  ann.ng: { first_name: Ann, last_name: Ng, email: ann@acme.example, previously: ann }
  ann: { first_name: Anna, last_name: Oak, email: anna@acme.example }"##,
            r##"users:
  ann.ng: { first_name: Ann, last_name: Ng, email: ann@acme.example, previously: ann }
  anna: { first_name: Anna, last_name: Oak, email: anna@acme.example }"##,
        ),
        Rule::MissingEmergency => yaml(
            r##"# callsheet.yaml
portal: { kind: sandbox, database: .callsheet/sandbox.db }
policy: { emergency: required }
# people.yaml
locations:
  leeds-2f: { address: [10 Park Row], room: Second floor, city: Leeds, country: GB }
extensions:
  1900: { kind: phone, name: Lobby }"##,
            r##"# callsheet.yaml
portal: { kind: sandbox, database: .callsheet/sandbox.db }
policy: { emergency: required }
# people.yaml
locations:
  leeds-2f: { address: [10 Park Row], room: Second floor, city: Leeds, country: GB }
extensions:
  1900: { kind: phone, name: Lobby, emergency: { location: leeds-2f } }"##,
        ),
        Rule::NumberState => yaml(
            r##"extensions:
  2000: { kind: fax, name: Fax }
numbers:
  +14155550100: { state: reserved, destination: 2000 }"##,
            r##"extensions:
  2000: { kind: fax, name: Fax }
numbers:
  +14155550100: { destination: 2000 }"##,
        ),
        Rule::FileExtension => console(
            r##"$ ls
bob.YAML  callsheet.yaml"##,
            r##"$ ls
bob.yaml  callsheet.yaml"##,
        ),
        Rule::ExtensionRange => yaml(
            r##"# callsheet.yaml
portal: { kind: sandbox, database: .callsheet/sandbox.db }
policy: { extensions: { ranges: { sales: 10xx } } }
# people.yaml
groups: { sales: {} }
users:
  ann: { first_name: Ann, last_name: Ng, email: ann@acme.example, groups: [sales], extension: 1201 }"##,
            r##"# callsheet.yaml
portal: { kind: sandbox, database: .callsheet/sandbox.db }
policy: { extensions: { ranges: { sales: 10xx } } }
# people.yaml
groups: { sales: {} }
users:
  ann: { first_name: Ann, last_name: Ng, email: ann@acme.example, groups: [sales], extension: 1001 }"##,
        ),
        Rule::OverlappingRanges => yaml(
            r##"# callsheet.yaml
portal: { kind: sandbox, database: .callsheet/sandbox.db }
policy: { extensions: { ranges: { sales: 10xx, support: 1050-1149 } } }
groups: { sales: {}, support: {} }"##,
            r##"# callsheet.yaml
portal: { kind: sandbox, database: .callsheet/sandbox.db }
policy: { extensions: { ranges: { sales: 1000-1049, support: 1050-1149 } } }
groups: { sales: {}, support: {} }"##,
        ),
        Rule::EmailDomain => yaml(
            r##"# callsheet.yaml
portal: { kind: sandbox, database: .callsheet/sandbox.db }
policy: { email: { domains: [acme.example] } }
# people.yaml
users:
  ann: { first_name: Ann, last_name: Ng, email: ann@acne.example }"##,
            r##"# callsheet.yaml
portal: { kind: sandbox, database: .callsheet/sandbox.db }
policy: { email: { domains: [acme.example] } }
# people.yaml
users:
  ann: { first_name: Ann, last_name: Ng, email: ann@acme.example }"##,
        ),
        Rule::SharedMailbox => yaml(
            r##"users:
  ann: { first_name: Ann, last_name: Ng, email: ann@acme.example, voicemail: { mailbox: 1001 } }
  bob: { first_name: Bob, last_name: Lee, email: bob@acme.example, voicemail: { mailbox: 1001 } }"##,
            r##"users:
  ann: { first_name: Ann, last_name: Ng, email: ann@acme.example, voicemail: { mailbox: 1001 } }
  bob: { first_name: Bob, last_name: Lee, email: bob@acme.example, voicemail: { mailbox: 1002 } }"##,
        ),
        Rule::WeakSecret => console(
            r##"$ ANN_PIN=1234 callsheet apply --yes
error[weak-secret]: users/ann: `voicemail.pin` must not be a sequence (policy.secrets.pin.not)
 --> people.yaml:6:24"##,
            r##"$ ANN_PIN=295174 callsheet apply --yes
1 of 1 done"##,
        ),
        Rule::UnreadableSecret => console(
            r##"$ callsheet validate --secrets
error[unreadable-secret]: users/ann: `voicemail.pin` can't be read from $ANN_PIN: the variable is not set
 --> people.yaml:6:24"##,
            r##"$ ANN_PIN=295174 callsheet validate --secrets
1 resource in 2 files is valid"##,
        ),
        Rule::OutsideWorkspace => console(
            r##"$ readlink people.yaml
../shared/people.yaml"##,
            r##"$ readlink people.yaml
common/people.yaml"##,
        ),
        Rule::YamlSyntax => yaml(
            r##"groups:
  sales: { title: Sales"##,
            r##"groups:
  sales: { title: Sales }"##,
        ),
        Rule::TabIndent => yaml(
            r##"groups:
	sales: {}"##,
            r##"groups:
  sales: {}"##,
        ),
        Rule::MissingQuotes => yaml(
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    forwarding: { destinations: [*97] }"##,
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    forwarding: { destinations: ["*97"] }"##,
        ),
        Rule::MultipleDocuments => yaml(
            r##"groups:
  sales: {}
---
groups:
  support: {}"##,
            r##"groups:
  sales: {}
  support: {}"##,
        ),
        Rule::MergeConflict => yaml(
            r##"groups:
<<<<<<< HEAD
  sales: { title: Sales }
=======
  sales: { title: Sales team }
>>>>>>> feature"##,
            r##"groups:
  sales: { title: Sales team }"##,
        ),
        Rule::MergeKey => yaml(
            r##"groups:
  sales: &sales { title: Sales }
  support: { <<: *sales }"##,
            r##"groups:
  sales: { title: Sales }
  support: { title: Sales }"##,
        ),
        Rule::ExpansionLimit => yaml(
            r##"templates:
  desk:
    attributes:
      a0: { value: "${a1}${a1}" }
      a1: { value: "${a2}${a2}" }
      a2: { value: "${a3}${a3}" }
      a3: { value: "${a4}${a4}" }
      a4: { value: "${a5}${a5}" }
      a5: { value: "${a6}${a6}" }
      a6: { value: "${a7}${a7}" }
      a7: { value: "${a8}${a8}" }
      a8: { value: "${a9}${a9}" }
      a9: { value: "${a10}${a10}" }
      a10: { value: "${a11}${a11}" }
      a11: { value: "${a12}${a12}" }
      a12: { value: "${a13}${a13}" }
      a13: { value: "${a14}${a14}" }
      a14: { value: "${a15}${a15}" }
      a15: { value: "${a16}${a16}" }
      a16: { value: "${a17}${a17}" }
      a17: { value: "${a18}${a18}" }
      a18: { value: "${a19}${a19}" }
      a19: { value: "${a20}${a20}" }
      a20: { value: x }
    user: { title: "${a0}" }
users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    template: desk"##,
            r##"templates:
  desk:
    attributes:
      a0: { value: x }
    user: { title: "${a0}" }
users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    template: desk"##,
        ),
        Rule::DuplicateKey => yaml(
            r##"groups:
  sales: { title: Sales }
  sales: { title: Sales team }"##,
            r##"groups:
  sales: { title: Sales team }"##,
        ),
        Rule::NonStringKey => yaml(
            r##"groups:
  [sales]: {}"##,
            r##"groups:
  sales: {}"##,
        ),
        Rule::Tag => yaml(
            r##"groups:
  sales: { title: !!str Sales }"##,
            r##"groups:
  sales: { title: Sales }"##,
        ),
        Rule::AliasLimit => yaml(
            r##"a: &a [x, x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]"##,
            r##"groups:
  sales: {}"##,
        ),
        Rule::DepthLimit => yaml(
            r##"groups: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"##,
            r##"groups:
  sales: {}"##,
        ),
        Rule::UnknownField => yaml(
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    tilte: Engineer"##,
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    title: Engineer"##,
        ),
        Rule::MissingField => yaml(
            r##"users:
  alice: { first_name: Alice, last_name: Ng }"##,
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example"##,
        ),
        Rule::WrongType => yaml(
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    voicemail: true"##,
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    voicemail: { enabled: true }"##,
        ),
        Rule::InvalidValue => yaml(
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    rings_before_voicemail: 90"##,
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    rings_before_voicemail: 6"##,
        ),
        Rule::InvalidKey => yaml(
            r##"groups:
  Sales Team: {}"##,
            r##"groups:
  sales-team: {}"##,
        ),
        Rule::DuplicateAddress => yaml(
            r##"# europe.yaml
groups:
  sales: {}
# asia.yaml
groups:
  sales: {}"##,
            r##"# europe.yaml
groups:
  sales-europe: {}
# asia.yaml
groups:
  sales-asia: {}"##,
        ),
        Rule::DuplicateValue => yaml(
            r##"users:
  alice: { first_name: Alice, last_name: Ng, email: alice@acme.example, extension: 1001 }
  bob: { first_name: Bob, last_name: Lee, email: bob@acme.example, extension: 1001 }"##,
            r##"users:
  alice: { first_name: Alice, last_name: Ng, email: alice@acme.example, extension: 1001 }
  bob: { first_name: Bob, last_name: Lee, email: bob@acme.example, extension: 1002 }"##,
        ),
        Rule::UnknownReference => yaml(
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    groups: [sales]"##,
            r##"groups:
  sales: {}
users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    groups: [sales]"##,
        ),
        Rule::ReferenceToAbsent => yaml(
            r##"# callsheet.yaml
portal: { kind: sandbox, database: .callsheet/sandbox.db }
absent: [users/zed]
# people.yaml
extensions:
  2000: { kind: ring_group, name: Sales, members: [zed] }"##,
            r##"# callsheet.yaml
portal: { kind: sandbox, database: .callsheet/sandbox.db }
absent: [users/zed]
# people.yaml
extensions:
  2000: { kind: ring_group, name: Sales }"##,
        ),
        Rule::DeclaredAbsent => yaml(
            r##"# callsheet.yaml
portal: { kind: sandbox, database: .callsheet/sandbox.db }
absent: [groups/sales]
# people.yaml
groups:
  sales: {}"##,
            r##"# callsheet.yaml
portal: { kind: sandbox, database: .callsheet/sandbox.db }
absent: [groups/sales]
# people.yaml
groups:
  support: {}"##,
        ),
        Rule::BuiltInScope => yaml(
            r##"scopes:
  basic_user: { permissions: [reports.view] }"##,
            r##"scopes:
  report_user: { extends: basic_user, permissions: [reports.view] }"##,
        ),
        Rule::ScopeCycle => yaml(
            r##"scopes:
  junior: { extends: senior }
  senior: { extends: junior }"##,
            r##"scopes:
  junior: { extends: basic_user }
  senior: { extends: junior }"##,
        ),
        Rule::ForwardingCycle => yaml(
            r##"users:
  alice: { first_name: Alice, last_name: Ng, email: alice@acme.example, forwarding: { enabled: true, destinations: [bob] } }
  bob: { first_name: Bob, last_name: Lee, email: bob@acme.example, forwarding: { enabled: true, destinations: [alice] } }"##,
            r##"users:
  alice: { first_name: Alice, last_name: Ng, email: alice@acme.example, forwarding: { enabled: true, destinations: [bob] } }
  bob: { first_name: Bob, last_name: Lee, email: bob@acme.example }"##,
        ),
        Rule::ExtensionDigits => yaml(
            r##"# callsheet.yaml
portal: { kind: sandbox, database: .callsheet/sandbox.db }
policy: { extensions: { digits: 4 } }
# people.yaml
extensions:
  200: { kind: fax, name: Fax }"##,
            r##"# callsheet.yaml
portal: { kind: sandbox, database: .callsheet/sandbox.db }
policy: { extensions: { digits: 4 } }
# people.yaml
extensions:
  2000: { kind: fax, name: Fax }"##,
        ),
        Rule::RingAllWithoutDestinations => yaml(
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    forwarding: { ring_all: true }"##,
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    forwarding: { ring_all: true, destinations: [+14155550100] }"##,
        ),
        Rule::AnsweringDestinations => yaml(
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    answering_rules: [{ name: Night, action: forward }]"##,
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    answering_rules: [{ name: Night, action: forward, destinations: [+14155550100] }]"##,
        ),
        Rule::LiteralSecret => yaml(
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    password: correct-horse"##,
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    password: { env: ALICE_PASSWORD }"##,
        ),
        Rule::SecretInUrl => yaml(
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    click_to_dial: "https://dial.example/?password=hunter2&to=[Field:PhoneNumber]""##,
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    click_to_dial: "https://dial.example/?to=[Field:PhoneNumber]""##,
        ),
        Rule::MissingAttribute => yaml(
            r##"templates:
  desk:
    attributes:
      did: { prompt: Direct number }
    user: { outbound_caller_id: "${did}" }
users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    template: desk"##,
            r##"templates:
  desk:
    attributes:
      did: { prompt: Direct number }
    user: { outbound_caller_id: "${did}" }
users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    template: desk
    with: { did: +14155550100 }"##,
        ),
        Rule::UnknownAttribute => yaml(
            r##"templates:
  desk:
    attributes:
      did: { prompt: Direct number }
    user: { outbound_caller_id: "${did}" }
users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    template: desk
    with: { did: +14155550100, fax: 12 }"##,
            r##"templates:
  desk:
    attributes:
      did: { prompt: Direct number }
    user: { outbound_caller_id: "${did}" }
users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    template: desk
    with: { did: +14155550100 }"##,
        ),
        Rule::WithWithoutTemplate => yaml(
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    with: { did: +14155550100 }"##,
            r##"templates:
  desk:
    attributes:
      did: { prompt: Direct number }
    user: { outbound_caller_id: "${did}" }
users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    template: desk
    with: { did: +14155550100 }"##,
        ),
        Rule::UnknownPlaceholder => yaml(
            r##"templates:
  desk:
    attributes: { did: { prompt: Direct number } }
    user: { outbound_caller_id: "${number}" }"##,
            r##"templates:
  desk:
    attributes: { did: { prompt: Direct number } }
    user: { outbound_caller_id: "${did}" }"##,
        ),
        Rule::AttributeCycle => yaml(
            r##"templates:
  desk:
    attributes:
      first: { value: "${second}" }
      second: { value: "${first}" }"##,
            r##"templates:
  desk:
    attributes:
      first: { value: "${second}" }
      second: { prompt: Floor }"##,
        ),
        Rule::AgentScope => yaml(
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    scope: basic_user
extensions:
  2000: { kind: call_queue, name: Sales, agents: [alice] }"##,
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    scope: call_center_agent
extensions:
  2000: { kind: call_queue, name: Sales, agents: [alice] }"##,
        ),
        Rule::DeadEnd => yaml(
            r##"extensions:
  2000: { kind: call_queue, name: Sales }
numbers:
  +14155550100: { destination: "2000" }"##,
            r##"users:
  ann: { first_name: Ann, last_name: Ng, email: ann@acme.example, extension: 1001 }
extensions:
  2000: { kind: call_queue, name: Sales, overflow: ann }
numbers:
  +14155550100: { destination: "2000" }"##,
        ),
        Rule::UnansweredCalls => yaml(
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    extension: 1001
    voicemail: { enabled: false }"##,
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    extension: 1001
    voicemail: { enabled: true }"##,
        ),
        Rule::UnknownMergeField => yaml(
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    click_to_dial: "https://dial.example/?to=[Field:Name]""##,
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    click_to_dial: "https://dial.example/?to=[Field:PhoneNumber]""##,
        ),
        Rule::SameColor => yaml(
            r##"users:
  alice: { first_name: Alice, last_name: Ng, email: alice@acme.example, color: "#1f77b4" }
  bob: { first_name: Bob, last_name: Lee, email: bob@acme.example, color: "#1f77b4" }"##,
            r##"users:
  alice: { first_name: Alice, last_name: Ng, email: alice@acme.example, color: "#1f77b4" }
  bob: { first_name: Bob, last_name: Lee, email: bob@acme.example, color: "#ff7f0e" }"##,
        ),
        Rule::AdvancedSetting => yaml(
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    advanced: { sip_timer: 90 }"##,
            r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    title: Engineer"##,
        ),
        Rule::ExampleRow => yaml(
            r##"users:
  john: { first_name: John, last_name: Doe, email: john.doe@example.com }"##,
            r##"users:
  alice: { first_name: Alice, last_name: Ng, email: alice@acme.example }"##,
        ),
        Rule::UnknownPermission => yaml(
            r##"groups:
  sales: { permissions: [contacts.vieww] }"##,
            r##"groups:
  sales: { permissions: [contacts.view] }"##,
        ),
        Rule::UnknownModel => yaml(
            r##"extensions:
  1900:
    kind: phone
    name: Lobby
    phones: [{ mac: "00:15:65:aa:bb:01", model: yealink_t54x }]"##,
            r##"extensions:
  1900:
    kind: phone
    name: Lobby
    phones: [{ mac: "00:15:65:aa:bb:01", model: yealink_t54w }]"##,
        ),
        Rule::UnusedTemplate => yaml(
            r##"templates:
  desk: { user: { dnd: false } }"##,
            r##"templates:
  desk: { user: { dnd: false } }
users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example
    template: desk"##,
        ),
        Rule::ExpiredWaiver => yaml(
            r##"# callsheet.yaml
portal: { kind: sandbox, database: .callsheet/sandbox.db }
allow:
  - { finding: in-use, address: users/zed, until: 2026-01-31, because: office closes }"##,
            r##"# callsheet.yaml
portal: { kind: sandbox, database: .callsheet/sandbox.db }
allow:
  - { finding: in-use, address: users/zed, until: 2099-01-31, because: office closes }"##,
        ),
        Rule::LeaverSuccessor => yaml(
            r##"users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, leaver: { successor: bob, until: 2099-01-31 } }"##,
            r##"users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, leaver: { successor: ann, until: 2099-01-31 } }"##,
        ),
        Rule::LeaverActive => yaml(
            r##"users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, active: true, leaver: { successor: ann, until: 2099-01-31 } }"##,
            r##"users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, leaver: { successor: ann, until: 2099-01-31 } }"##,
        ),
        Rule::DateOrder => yaml(
            r##"users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, starts: 2026-12-01, ends: 2026-06-30 }"##,
            r##"users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, starts: 2026-12-01, ends: 2027-06-30 }"##,
        ),
        Rule::LeaverDue => yaml(
            r##"users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, leaver: { successor: ann, until: 2026-01-31 } }"##,
            r##"users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example }"##,
        ),
        Rule::LeaverIncomplete => yaml(
            r##"# callsheet.yaml
portal: { kind: scim, url: "https://id.acme.example/scim/v2", credentials: { token: { env: SCIM_TOKEN } } }
# people.yaml
users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, leaver: { successor: ann, until: 2099-01-31 } }"##,
            r##"# callsheet.yaml
portal: { kind: scim, url: "https://id.acme.example/scim/v2", credentials: { token: { env: SCIM_TOKEN } } }
# people.yaml
users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, active: false }"##,
        ),
        Rule::Unsupported => yaml(
            r##"# callsheet.yaml
portal: { kind: kazoo, url: "https://kazoo.example:8443/v2", tenant: acme, credentials: { token: { env: KAZOO_KEY } } }
# people.yaml
contacts:
  fire-brigade: { name: Fire brigade, company: City }"##,
            r##"# callsheet.yaml
portal: { kind: kazoo, url: "https://kazoo.example:8443/v2", tenant: acme, credentials: { token: { env: KAZOO_KEY } } }
# people.yaml
contacts:
  fire-brigade: { name: Fire brigade, numbers: [+14155550112] }"##,
        ),
    }
}
