//! A *finding rule* is one risk that a guard reports for a plan. Waivers refer to it by its id.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Declares the finding rules: meaning, name, id and help.
macro_rules! findings {
    ($($(#[doc = $doc:literal])+ $rule:ident = $id:literal, $help:literal;)*) => {
        /// One risk that a guard reports for a plan.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        #[schemars(inline)]
        pub enum FindingRule { $($(#[doc = $doc])+ $rule,)* }

        impl FindingRule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$rule),*];

            /// The id, as printed and as used by waivers.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$rule => $id),* }
            }

            /// The meaning, in one sentence or two.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$rule => concat!($($doc, "\n"),+).trim_ascii()),* }
            }

            /// The next step for the user.
            #[must_use]
            pub const fn help(self) -> &'static str {
                match self { $(Self::$rule => $help),* }
            }
        }
    };
}

findings! {
    /// A listing of the portal may be incomplete, so missing objects are unknown and nothing may be deleted.
    IncompleteRead = "incomplete-read", "Plan again; if the problem persists, contact the portal's operator. This can't be waived.";
    /// The credentials don't allow a change that the plan makes, so the apply would fail.
    // S0.32, S2.10
    MayNot = "may-not", "Use credentials with that permission: `callsheet doctor` shows what these may do. This can't be waived.";
    /// The account has fewer free licences than the plan needs, so the portal would refuse users.
    // S1.16
    LicencesShort = "licences-short", "Order licences, or give fewer users that scope. This can't be waived.";
    /// A change affects a built-in object of the portal.
    // S1.03
    SystemObject = "system-object", "Declare your own object instead. This can't be waived.";
    /// A declared resource meets an object on the portal that no field can describe, such as one that was set up by
    /// hand. It is never changed.
    UnsupportedObject = "unsupported-object", "Remove the declaration and go on managing the object on the portal, or replace it there with one that can be declared. This can't be waived.";
    /// A field changes that this portal sets when an object is created and can't change afterwards.
    FixedField = "fixed-field", "Take the change back. To have the new value, declare the resource under another key: the object is deleted and created anew, without its messages and records. This can't be waived.";
    /// A field is no longer declared, and this portal can't clear it.
    NotCleared = "not-cleared", "Declare the field again, with the value that the portal is to hold. This can't be waived.";
    /// `portal:` differs from the base's, so the plan would send credentials to another place than the reviewed one.
    PortalChanged = "portal-changed", "Merge the change of `portal:` by itself, then plan on the merged branch. This can't be waived.";
    /// A part of the Git history can't be read, and it may show that an object or a field was removed.
    HistoryIncomplete = "history-incomplete", "Fetch the whole history.";
    /// HEAD is older than the commit that was last applied, so the plan would take newer changes back.
    OlderThanApplied = "older-than-applied", "Check out the newest commit. To go back, revert the newer commits in Git.";
    /// An object has the key of a removed resource, but neither its e-mail address, its extension nor its name: it is
    /// another object, so it is not deleted.
    NotTheOne = "not-the-one", "Declare the object, or add a waiver to leave it alone. To delete it, name it under `absent`.";
    /// A resource was removed from the files, and no commit says so yet. A plan deletes only what a commit removed.
    UncommittedRemoval = "uncommitted-removal", "Commit the change; the next plan then removes the object.";
    /// Another workspace of the repository declares a removed resource for the same portal, so it is not deleted.
    DeclaredElsewhere = "declared-elsewhere", "If the resource moved, add a waiver for this apply. Otherwise remove the other declaration.";
    /// A user is deleted and another one created with the same e-mail address, extension or phone: probably one person,
    /// who would lose messages and call records.
    SamePerson = "same-person", "Add `previously:` with the old key to the new user.";
    /// `previously` names the key of a rename that was applied.
    PreviouslyApplied = "previously-applied", "Remove the line.";
    /// A user was made an administrator on the portal, and not in Git.
    PortalEscalation = "portal-escalation", "Find out who did it and why. Then declare the scope, or add a waiver to take it back.";
    /// A declared extension, username, e-mail address or phone belongs to another object on the portal.
    // S2.04
    Taken = "taken", "Choose another value, or declare the other object so that it can be changed. This can't be waived.";
    /// A caller ID or a feature is a number that the account doesn't have on the portal.
    // S1.19
    NotOurs = "not-ours", "Choose one of the account's numbers: `callsheet list numbers`. If the number is ordered and not there yet, plan again when it is.";
    /// A number gets a destination while it is reserved, or cooling, on the portal: callers still mean its former owner.
    NumberCooling = "number-cooling", "Choose another number, or wait until the day that the message names.";
    /// The files declare nothing, but the plan deletes objects: probably the wrong directory or branch.
    EmptyWorkspace = "empty-workspace", "Check the directory and the branch.";
    /// The plan deletes more objects than the policy allows.
    // S1.41
    DeleteLimit = "delete-limit", "Delete in smaller steps, or add a waiver with the number as `max`.";
    /// Objects are deleted only because they are undeclared: no commit removed them (`prune: all`).
    PruneAll = "prune-all", "Import the objects to keep, then add a waiver.";
    /// Fewer administrators remain than the policy requires, so later mistakes may be hard to fix.
    // S0.09
    LastAdministrator = "last-administrator", "Give another user an administrator scope first.";
    /// The user of the portal's credentials loses access, so the next run would fail.
    // S0.09, S0.32
    SelfLockout = "self-lockout", "Make this change with another administrator's credentials.";
    /// A protected resource is deleted, deactivated or renamed. The protection may be in an earlier commit.
    Protected = "protected", "Remove the protection in a separate commit and apply it before this change.";
    /// A deleted, deactivated or renumbered object is still referred to. Portals allow this, and calls then fail.
    // S3.13, S3.14
    InUse = "in-use", "Remove the references first, or in the same change.";
    /// First name, last name and e-mail address change at once: probably a different person, who would inherit the
    /// messages and call records of the account.
    PersonSwap = "person-swap", "Remove the user, and declare the new person under another key.";
    /// An inactive user on the portal has the username or the e-mail address of a user to be created.
    // S4.32
    Revive = "revive", "Declare the existing user as active; use `previously:` if the key differs.";
    /// A leaver is deleted before the last day on which the account is to be kept, with its messages.
    LeaverKept = "leaver-kept", "Keep the user with its `leaver` until then. To delete it sooner, change the day and apply that first.";
    /// Deleting a mailbox deletes its voicemail messages.
    // S1.30
    VoicemailLoss = "voicemail-loss", "Save the messages first.";
    /// A field changed both in the files and on the portal since the last apply.
    Conflict = "conflict", "Copy the portal's value into your files, or add a waiver to overwrite it.";
    /// A user gets an administrator scope.
    // S0.33, S1.14
    PrivilegeEscalation = "privilege-escalation", "Have the change approved by an administrator.";
    /// A login changes: the username, or an e-mail address that is used to log in.
    // S1.12
    LoginChange = "login-change", "Tell the user.";
    /// A user's extension changes. People who know or have stored the old number won't reach them.
    // S1.26
    RenumberImpact = "renumber-impact", "Announce the new number to callers.";
    /// The default sender changes: the first address of `available_from_emails`.
    // S4.17
    DefaultSenderChange = "default-sender-change", "Tell the user.";
    /// An extension, username, e-mail address, phone or feature moves from one resource to another.
    // S0.37
    TakenFrom = "taken-from", "Make sure that the previous owner knows.";
    /// A resource was removed, and the portal can't delete such an object, or `policy.removal` says otherwise: it is
    /// deactivated, or stays as it is.
    NotDeleted = "not-deleted", "To have it deleted, ask the portal's operator.";
    /// The portal can't tell which version of a secret it holds, and no record does, so the secret is sent once more.
    SecretUnknown = "secret-unknown", "Apply the committed files in a Git repository: the record then remembers it.";
    /// A phone gets another MAC address, and this portal makes a new device of it, with new SIP credentials.
    NewDevice = "new-device", "Set up the phone with its new credentials.";
    /// A field doesn't hold its declared value yet, because something outside of the portal must happen first, such
    /// as the confirmation of an e-mail address. Nothing is sent.
    Waiting = "waiting", "Plan again when it has happened.";
    /// A waiver in `allow` matches no finding.
    UnusedWaiver = "unused-waiver", "Remove the waiver.";
}

impl fmt::Display for FindingRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}
