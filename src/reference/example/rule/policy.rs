//! Examples of rules about what is allowed: numbers, addresses, secrets, permissions, and when people come and go.

use super::super::{Example, console, yaml};

pub(super) const MISSING_EMERGENCY: Example = yaml(
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
);

pub(super) const EXTENSION_RANGE: Example = yaml(
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
);

pub(super) const OVERLAPPING_RANGES: Example = yaml(
    r##"# callsheet.yaml
portal: { kind: sandbox, database: .callsheet/sandbox.db }
policy: { extensions: { ranges: { sales: 10xx, support: 1050-1149 } } }
groups: { sales: {}, support: {} }"##,
    r##"# callsheet.yaml
portal: { kind: sandbox, database: .callsheet/sandbox.db }
policy: { extensions: { ranges: { sales: 1000-1049, support: 1050-1149 } } }
groups: { sales: {}, support: {} }"##,
);

pub(super) const EMAIL_DOMAIN: Example = yaml(
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
);

pub(super) const WEAK_SECRET: Example = console(
    r##"$ ANN_PIN=1234 callsheet apply --yes
error[weak-secret]: users/ann: `voicemail.pin` must not be a sequence (policy.secrets.pin.not)
 --> people.yaml:6:24"##,
    r##"$ ANN_PIN=295174 callsheet apply --yes
1 of 1 done"##,
);

pub(super) const UNREADABLE_SECRET: Example = console(
    r##"$ callsheet validate --secrets
error[unreadable-secret]: users/ann: `voicemail.pin` can't be read from $ANN_PIN: the variable is not set
 --> people.yaml:6:24"##,
    r##"$ ANN_PIN=295174 callsheet validate --secrets
1 resource in 2 files is valid"##,
);

pub(super) const BUILT_IN_SCOPE: Example = yaml(
    r##"scopes:
  basic_user: { permissions: [reports.view] }"##,
    r##"scopes:
  report_user: { extends: basic_user, permissions: [reports.view] }"##,
);

pub(super) const EXTENSION_DIGITS: Example = yaml(
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
);

pub(super) const LITERAL_SECRET: Example = yaml(
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
);

pub(super) const SECRET_IN_URL: Example = yaml(
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
);

pub(super) const AGENT_SCOPE: Example = yaml(
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
);

pub(super) const ADVANCED_SETTING: Example = yaml(
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
);

pub(super) const UNKNOWN_PERMISSION: Example = yaml(
    r##"groups:
  sales: { permissions: [contacts.vieww] }"##,
    r##"groups:
  sales: { permissions: [contacts.view] }"##,
);

pub(super) const EXPIRED_WAIVER: Example = yaml(
    r##"# callsheet.yaml
portal: { kind: sandbox, database: .callsheet/sandbox.db }
allow:
  - { finding: in-use, address: users/zed, until: 2026-01-31, because: office closes }"##,
    r##"# callsheet.yaml
portal: { kind: sandbox, database: .callsheet/sandbox.db }
allow:
  - { finding: in-use, address: users/zed, until: 2099-01-31, because: office closes }"##,
);

pub(super) const LEAVER_SUCCESSOR: Example = yaml(
    r##"users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, leaver: { successor: bob, until: 2099-01-31 } }"##,
    r##"users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, leaver: { successor: ann, until: 2099-01-31 } }"##,
);

pub(super) const LEAVER_ACTIVE: Example = yaml(
    r##"users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, active: true, leaver: { successor: ann, until: 2099-01-31 } }"##,
    r##"users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, leaver: { successor: ann, until: 2099-01-31 } }"##,
);

pub(super) const DATE_ORDER: Example = yaml(
    r##"users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, starts: 2026-12-01, ends: 2026-06-30 }"##,
    r##"users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, starts: 2026-12-01, ends: 2027-06-30 }"##,
);

pub(super) const LEAVER_DUE: Example = yaml(
    r##"users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example }
  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example, leaver: { successor: ann, until: 2026-01-31 } }"##,
    r##"users:
  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example }"##,
);

pub(super) const LEAVER_INCOMPLETE: Example = yaml(
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
);

pub(super) const UNSUPPORTED: Example = yaml(
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
);
