//! Examples of rules about files: how they are written, and the form of what is in them.

use super::super::{Example, console, yaml};

pub(super) const ENCODING: Example = console(
    r##"$ file people.yaml
people.yaml: ISO-8859 text"##,
    r##"$ file people.yaml
people.yaml: Unicode text, UTF-8 text"##,
);

pub(super) const FILE_TOO_LARGE: Example = console(
    r##"$ ls -sh *.yaml
300M people.yaml"##,
    r##"$ ls -sh *.yaml
150M people-1.yaml  150M people-2.yaml"##,
);

pub(super) const UNREADABLE_FILE: Example = console(
    r##"$ ls -l people.yaml
---------- 1 ann ann 512 people.yaml"##,
    r##"$ ls -l people.yaml
-rw-r--r-- 1 ann ann 512 people.yaml"##,
);

pub(super) const FOREIGN_FILE: Example = console(
    r##"$ ls
callsheet.yaml  mkdocs.yml  people.yaml"##,
    r##"$ grep -A1 files: callsheet.yaml
files:
  exclude: [mkdocs.yml]"##,
);

pub(super) const FILE_EXTENSION: Example = console(
    r##"$ ls
bob.YAML  callsheet.yaml"##,
    r##"$ ls
bob.yaml  callsheet.yaml"##,
);

pub(super) const OUTSIDE_WORKSPACE: Example = console(
    r##"$ readlink people.yaml
../shared/people.yaml"##,
    r##"$ readlink people.yaml
common/people.yaml"##,
);

pub(super) const YAML_SYNTAX: Example = yaml(
    r##"groups:
  sales: { title: Sales"##,
    r##"groups:
  sales: { title: Sales }"##,
);

pub(super) const TAB_INDENT: Example = yaml(
    r##"groups:
	sales: {}"##,
    r##"groups:
  sales: {}"##,
);

pub(super) const MISSING_QUOTES: Example = yaml(
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
);

pub(super) const MULTIPLE_DOCUMENTS: Example = yaml(
    r##"groups:
  sales: {}
---
groups:
  support: {}"##,
    r##"groups:
  sales: {}
  support: {}"##,
);

pub(super) const MERGE_CONFLICT: Example = yaml(
    r##"groups:
<<<<<<< HEAD
  sales: { title: Sales }
=======
  sales: { title: Sales team }
>>>>>>> feature"##,
    r##"groups:
  sales: { title: Sales team }"##,
);

pub(super) const MERGE_KEY: Example = yaml(
    r##"groups:
  sales: &sales { title: Sales }
  support: { <<: *sales }"##,
    r##"groups:
  sales: { title: Sales }
  support: { title: Sales }"##,
);

pub(super) const EXPANSION_LIMIT: Example = yaml(
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
);

pub(super) const DUPLICATE_KEY: Example = yaml(
    r##"groups:
  sales: { title: Sales }
  sales: { title: Sales team }"##,
    r##"groups:
  sales: { title: Sales team }"##,
);

pub(super) const NON_STRING_KEY: Example = yaml(
    r##"groups:
  [sales]: {}"##,
    r##"groups:
  sales: {}"##,
);

pub(super) const TAG: Example = yaml(
    r##"groups:
  sales: { title: !!str Sales }"##,
    r##"groups:
  sales: { title: Sales }"##,
);

pub(super) const ALIAS_LIMIT: Example = yaml(
    r##"a: &a [x, x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]"##,
    r##"groups:
  sales: {}"##,
);

pub(super) const DEPTH_LIMIT: Example = yaml(
    r##"groups: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"##,
    r##"groups:
  sales: {}"##,
);

pub(super) const UNKNOWN_FIELD: Example = yaml(
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
);

pub(super) const MISSING_FIELD: Example = yaml(
    r##"users:
  alice: { first_name: Alice, last_name: Ng }"##,
    r##"users:
  alice:
    first_name: Alice
    last_name: Ng
    email: alice@acme.example"##,
);

pub(super) const WRONG_TYPE: Example = yaml(
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
);

pub(super) const INVALID_VALUE: Example = yaml(
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
);

pub(super) const INVALID_KEY: Example = yaml(
    r##"groups:
  Sales Team: {}"##,
    r##"groups:
  sales-team: {}"##,
);
