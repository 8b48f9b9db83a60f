//! Examples of rules about resources: what refers to what, templates, and where calls go.

use super::super::{Example, yaml};

pub(super) const PREVIOUSLY_DECLARED: Example = yaml(
    r##"users:
  ann.ng: { first_name: Ann, last_name: Ng, email: ann@acme.example, previously: ann }
  ann: { first_name: Anna, last_name: Oak, email: anna@acme.example }"##,
    r##"users:
  ann.ng: { first_name: Ann, last_name: Ng, email: ann@acme.example, previously: ann }
  anna: { first_name: Anna, last_name: Oak, email: anna@acme.example }"##,
);

pub(super) const NUMBER_STATE: Example = yaml(
    r##"extensions:
  2000: { kind: fax, name: Fax }
numbers:
  +14155550100: { state: reserved, destination: 2000 }"##,
    r##"extensions:
  2000: { kind: fax, name: Fax }
numbers:
  +14155550100: { destination: 2000 }"##,
);

pub(super) const SHARED_MAILBOX: Example = yaml(
    r##"users:
  ann: { first_name: Ann, last_name: Ng, email: ann@acme.example, voicemail: { mailbox: 1001 } }
  bob: { first_name: Bob, last_name: Lee, email: bob@acme.example, voicemail: { mailbox: 1001 } }"##,
    r##"users:
  ann: { first_name: Ann, last_name: Ng, email: ann@acme.example, voicemail: { mailbox: 1001 } }
  bob: { first_name: Bob, last_name: Lee, email: bob@acme.example, voicemail: { mailbox: 1002 } }"##,
);

pub(super) const DUPLICATE_ADDRESS: Example = yaml(
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
);

pub(super) const DUPLICATE_VALUE: Example = yaml(
    r##"users:
  alice: { first_name: Alice, last_name: Ng, email: alice@acme.example, extension: 1001 }
  bob: { first_name: Bob, last_name: Lee, email: bob@acme.example, extension: 1001 }"##,
    r##"users:
  alice: { first_name: Alice, last_name: Ng, email: alice@acme.example, extension: 1001 }
  bob: { first_name: Bob, last_name: Lee, email: bob@acme.example, extension: 1002 }"##,
);

pub(super) const UNKNOWN_REFERENCE: Example = yaml(
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
);

pub(super) const REFERENCE_TO_ABSENT: Example = yaml(
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
);

pub(super) const DECLARED_ABSENT: Example = yaml(
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
);

pub(super) const SCOPE_CYCLE: Example = yaml(
    r##"scopes:
  junior: { extends: senior }
  senior: { extends: junior }"##,
    r##"scopes:
  junior: { extends: basic_user }
  senior: { extends: junior }"##,
);

pub(super) const FORWARDING_CYCLE: Example = yaml(
    r##"users:
  alice: { first_name: Alice, last_name: Ng, email: alice@acme.example, forwarding: { enabled: true, destinations: [bob] } }
  bob: { first_name: Bob, last_name: Lee, email: bob@acme.example, forwarding: { enabled: true, destinations: [alice] } }"##,
    r##"users:
  alice: { first_name: Alice, last_name: Ng, email: alice@acme.example, forwarding: { enabled: true, destinations: [bob] } }
  bob: { first_name: Bob, last_name: Lee, email: bob@acme.example }"##,
);

pub(super) const RING_ALL_WITHOUT_DESTINATIONS: Example = yaml(
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
);

pub(super) const ANSWERING_DESTINATIONS: Example = yaml(
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
);

pub(super) const MISSING_ATTRIBUTE: Example = yaml(
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
);

pub(super) const UNKNOWN_ATTRIBUTE: Example = yaml(
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
);

pub(super) const WITH_WITHOUT_TEMPLATE: Example = yaml(
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
);

pub(super) const UNKNOWN_PLACEHOLDER: Example = yaml(
    r##"templates:
  desk:
    attributes: { did: { prompt: Direct number } }
    user: { outbound_caller_id: "${number}" }"##,
    r##"templates:
  desk:
    attributes: { did: { prompt: Direct number } }
    user: { outbound_caller_id: "${did}" }"##,
);

pub(super) const ATTRIBUTE_CYCLE: Example = yaml(
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
);

pub(super) const DEAD_END: Example = yaml(
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
);

pub(super) const UNANSWERED_CALLS: Example = yaml(
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
);

pub(super) const UNKNOWN_MERGE_FIELD: Example = yaml(
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
);

pub(super) const SAME_COLOR: Example = yaml(
    r##"users:
  alice: { first_name: Alice, last_name: Ng, email: alice@acme.example, color: "#1f77b4" }
  bob: { first_name: Bob, last_name: Lee, email: bob@acme.example, color: "#1f77b4" }"##,
    r##"users:
  alice: { first_name: Alice, last_name: Ng, email: alice@acme.example, color: "#1f77b4" }
  bob: { first_name: Bob, last_name: Lee, email: bob@acme.example, color: "#ff7f0e" }"##,
);

pub(super) const EXAMPLE_ROW: Example = yaml(
    r##"users:
  john: { first_name: John, last_name: Doe, email: john.doe@example.com }"##,
    r##"users:
  alice: { first_name: Alice, last_name: Ng, email: alice@acme.example }"##,
);

pub(super) const UNKNOWN_MODEL: Example = yaml(
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
);

pub(super) const UNUSED_TEMPLATE: Example = yaml(
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
);
