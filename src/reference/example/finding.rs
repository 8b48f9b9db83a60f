//! The *examples* of the findings of the guards, as changes of declarations.

use super::{Example, console, diff};
use crate::model::FindingRule;

/// The example of a finding.
#[must_use]
pub fn of_finding(rule: FindingRule) -> Example {
    match rule {
        FindingRule::IncompleteRead => console(
            r##"$ callsheet plan
block  incomplete-read  the listing of users is incomplete"##,
            r##"$ callsheet plan   # again, once the portal answers in full"##,
        ),
        FindingRule::MayNot => console(
            r##"$ callsheet plan
block  may-not  the credentials may only read, and the plan has 2 changes of users"##,
            r##"$ export CALLSHEET_TOKEN   # a token that may write, as only the pipeline of main has it"##,
        ),
        FindingRule::LicencesShort => console(
            r##"$ callsheet plan
block  licences-short  1 voice licence is free, and the plan needs 2"##,
            r##"$ callsheet plan   # again, with another licence ordered"##,
        ),
        FindingRule::SystemObject => diff(
            r##" absent:
+  - scopes/administrator   # built into the portal"##,
            r##"+scopes:
+  local_admin: { extends: administrator }"##,
        ),
        FindingRule::UnsupportedObject => diff(
            r##" extensions:
+  2000: { kind: ring_group, name: Office, members: [users/ann] }
 # the portal's 2000 is a callflow that begins with office hours"##,
            r##" extensions:
+  2001: { kind: ring_group, name: Office, members: [users/ann] }"##,
        ),
        FindingRule::UncommittedRemoval => console(
            r##"$ git rm --quiet people/bob.yaml
$ callsheet plan
info   uncommitted-removal  users/bob isn't declared any more, but that isn't committed, so nothing happens to it yet"##,
            r##"$ git commit --quiet --message "Bob leaves"
$ callsheet plan
  - users/bob"##,
        ),
        FindingRule::NotDeleted => console(
            r##"$ callsheet plan
info   not-deleted  users/ann is deactivated, since the portal acme can't delete users"##,
            r##"$ callsheet apply   # Ann can't log in any more; her account stays"##,
        ),
        FindingRule::SecretUnknown => console(
            r##"$ callsheet plan
info   secret-unknown  users/ann: it isn't known which version of password the portal acme holds, so it is sent"##,
            r##"$ callsheet apply   # from the repository, so that the record remembers it"##,
        ),
        FindingRule::NewDevice => diff(
            r##" users:
   ann:
-    phones: [{ mac: 00:15:65:aa:bb:01, model: t54 }]
+    phones: [{ mac: 00:15:65:aa:bb:02, model: t54 }]"##,
            r##" # after the apply, set up the phone with the MAC address that ends in 02"##,
        ),
        FindingRule::Waiting => console(
            r##"$ callsheet plan
info   waiting  users/ann: active waits for ann@acme.example to be confirmed"##,
            r##"$ callsheet plan   # again, once Ann has followed the link in the portal's e-mail"##,
        ),
        FindingRule::FixedField => diff(
            r##" users:
-  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1001 }
+  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1002 }
 # on a portal that gives an extension once and for all"##,
            r##" users:
-  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1001 }
+  ann.lee: { first_name: Ann, last_name: Lee, email: ann@acme.example, extension: 1002 }
 # deletes the account and creates another"##,
        ),
        FindingRule::NotCleared => diff(
            r##" users:
-  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, title: Boss }
+  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example }
 # on a portal that can't clear a title"##,
            r##" users:
-  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, title: Boss }
+  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example, title: Clerk }"##,
        ),
        FindingRule::PortalChanged => diff(
            r##" portal:
-  url: https://pbx.example
+  url: https://other.example   # together with a change of users"##,
            r##" portal:
-  url: https://pbx.example
+  url: https://other.example   # alone, merged before the next plan"##,
        ),
        FindingRule::HistoryIncomplete => console(
            r##"$ git clone --depth 1 "$REPOSITORY" phones && callsheet plan -C phones"##,
            r##"$ git fetch --unshallow && callsheet plan"##,
        ),
        FindingRule::OlderThanApplied => console(
            r##"$ git checkout HEAD~3 && callsheet plan"##,
            r##"$ git revert HEAD~3..HEAD && callsheet plan"##,
        ),
        FindingRule::NotTheOne => diff(
            r##" users:
-  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example }
 # the portal's bob is Bobby Oak, oak@acme.example"##,
            r##"+users:
+  bob: { first_name: Bobby, last_name: Oak, email: oak@acme.example }"##,
        ),
        FindingRule::DeclaredElsewhere => diff(
            r##" # sales/people.yaml
 users:
-  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example }
 # support/people.yaml of the same portal still declares him"##,
            r##" # callsheet.yaml
+allow:
+  - { finding: declared-elsewhere, address: users/bob, until: 2026-12-31, because: "moved to support" }"##,
        ),
        FindingRule::SamePerson => diff(
            r##" users:
-  ann.lee: { first_name: Ann, last_name: Lee, email: ann@acme.example }
+  ann.ng: { first_name: Ann, last_name: Ng, email: ann@acme.example }"##,
            r##" users:
-  ann.lee: { first_name: Ann, last_name: Lee, email: ann@acme.example }
+  ann.ng: { first_name: Ann, last_name: Ng, email: ann@acme.example, previously: ann.lee }"##,
        ),
        FindingRule::PreviouslyApplied => diff(
            r##" users:
   ann.ng:
     previously: ann.lee   # applied last month"##,
            r##" users:
   ann.ng:
-    previously: ann.lee"##,
        ),
        FindingRule::PortalEscalation => diff(
            r##" users:
   bob:
     scope: basic_user   # the portal says administrator"##,
            r##" users:
   bob:
-    scope: basic_user
+    scope: administrator   # after a review"##,
        ),
        FindingRule::Taken => diff(
            r##" users:
   alice:
+    extension: 1001   # belongs to an undeclared user on the portal"##,
            r##" users:
   alice:
+    extension: 1002"##,
        ),
        FindingRule::NotOurs => diff(
            r##" users:
   alice:
+    outbound_caller_id: +14155559999   # not one of the account's numbers"##,
            r##" users:
   alice:
+    outbound_caller_id: +14155550101"##,
        ),
        FindingRule::NumberCooling => diff(
            r##" numbers:
   +14155550101:
+    destination: alice   # cooling on the portal until 2026-12-31"##,
            r##" numbers:
   +14155550102:
+    destination: alice"##,
        ),
        FindingRule::EmptyWorkspace => console(
            r##"$ git rm people.yaml && callsheet plan"##,
            r##"$ git checkout main && callsheet plan"##,
        ),
        FindingRule::DeleteLimit => diff(
            r##" users:
-  (50 users, but the policy allows 10 deletes)"##,
            r##" users:
-  (10 users; the others in later changes)"##,
        ),
        FindingRule::PruneAll => diff(
            r##" policy:
+  prune: all   # 12 live users were never declared"##,
            r##" policy:
+  prune: declared"##,
        ),
        FindingRule::LastAdministrator => diff(
            r##" users:
   alice:
-    scope: administrator   # the only one
+    scope: basic_user"##,
            r##" users:
   alice:
-    scope: administrator
+    scope: basic_user
   bob:
-    scope: basic_user
+    scope: administrator"##,
        ),
        FindingRule::SelfLockout => diff(
            r##" users:
   deploy:   # the user of the portal's credentials
+    active: false"##,
            r##" users:
   deploy:
     active: true"##,
        ),
        FindingRule::Protected => diff(
            r##" users:
-  alice:
-    protect: true"##,
            r##" # first commit, to be applied before the second one
 users:
   alice:
-    protect: true"##,
        ),
        FindingRule::InUse => diff(
            r##" extensions:
   2000: { kind: call_queue, name: Sales, agents: [alice, zed] }
 users:
-  zed: …"##,
            r##" extensions:
-  2000: { kind: call_queue, name: Sales, agents: [alice, zed] }
+  2000: { kind: call_queue, name: Sales, agents: [alice] }
 users:
-  zed: …"##,
        ),
        FindingRule::PersonSwap => diff(
            r##" users:
   front-desk:
-    { first_name: Ann, last_name: Lee, email: ann@acme.example }
+    { first_name: Bob, last_name: Ray, email: bob@acme.example }"##,
            r##" users:
-  ann: { first_name: Ann, last_name: Lee, email: ann@acme.example }
+  bob: { first_name: Bob, last_name: Ray, email: bob@acme.example }"##,
        ),
        FindingRule::Revive => diff(
            r##" users:
+  alice-ng: { email: alice@acme.example, … }   # inactive `alice` has this address"##,
            r##" users:
+  alice-ng: { previously: alice, active: true, email: alice@acme.example, … }"##,
        ),
        FindingRule::LeaverKept => diff(
            r##" users:
-  zed: { …, leaver: { successor: alice, until: 2099-01-31 } }"##,
            r##" users:
   zed: { …, leaver: { successor: alice, until: 2099-01-31 } }"##,
        ),
        FindingRule::VoicemailLoss => diff(
            r##" users:
-  zed: …   # has 3 voicemail messages"##,
            r##" users:
   zed:
+    active: false"##,
        ),
        FindingRule::Conflict => diff(
            r##" users:
   alice:
-    title: Engineer      # "Lead" on the portal
+    title: Architect"##,
            r##" users:
   alice:
-    title: Engineer
+    title: Lead"##,
        ),
        FindingRule::PrivilegeEscalation => diff(
            r##" users:
   bob:
-    scope: basic_user
+    scope: administrator"##,
            r##" users:
   bob:
-    scope: basic_user
+    scope: call_center_agent"##,
        ),
        FindingRule::LoginChange => diff(
            r##" users:
   alice:
-    username: alice
+    username: alice.ng"##,
            r##" users:
   alice:
     username: alice
+    alias: Ali"##,
        ),
        FindingRule::RenumberImpact => diff(
            r##" users:
   alice:
-    extension: 1001
+    extension: 1042"##,
            r##" users:
   alice:
     extension: 1001"##,
        ),
        FindingRule::DefaultSenderChange => diff(
            r##" users:
   alice:
-    available_from_emails: [alice@acme.example]
+    available_from_emails: [sales@acme.example, alice@acme.example]"##,
            r##" users:
   alice:
-    available_from_emails: [alice@acme.example]
+    available_from_emails: [alice@acme.example, sales@acme.example]"##,
        ),
        FindingRule::TakenFrom => diff(
            r##" users:
   alice:
-    extension: 1001
   bob:
+    extension: 1001"##,
            r##" users:
   alice:
     extension: 1001
   bob:
+    extension: 1002"##,
        ),
        FindingRule::UnusedWaiver => diff(
            r##" allow:
+  - { finding: in-use, address: users/zed, until: 2026-12-31, because: office closes }
 # zed is no longer deleted"##,
            r##" allow:
-  - { finding: in-use, address: users/zed, until: 2026-12-31, because: office closes }"##,
        ),
    }
}
