//! A *finding rule* is one thing that a guard can have to say about a plan; waivers name it by its id.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Declares the finding rules: name, id, what it means, what to do.
macro_rules! findings {
    ($($(#[doc = $doc:literal])+ $rule:ident = $id:literal, $help:literal;)*) => {
        /// One thing that a guard can have to say about a plan.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        #[schemars(inline)]
        pub enum FindingRule { $($(#[doc = $doc])+ $rule,)* }

        impl FindingRule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$rule),*];

            /// Its name, for people and for waivers.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$rule => $id),* }
            }

            /// What it means.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$rule => concat!($($doc, "\n"),+).trim_ascii()),* }
            }

            /// What to do about it.
            #[must_use]
            pub const fn help(self) -> &'static str {
                match self { $(Self::$rule => $help),* }
            }
        }
    };
}

findings! {
    /// A listing of the portal may lack objects, so nothing is known to be missing and nothing may be deleted.
    IncompleteRead = "incomplete-read", "Plan again; if it stays, ask the portal's operator. It can't be waived.";
    /// A change of something that the portal made for itself (S1.03).
    SystemObject = "system-object", "Declare something of your own instead. It can't be waived.";
    /// What is declared has an extension, a username, an e-mail address or a phone that somebody else holds on the portal (S2.04).
    Taken = "taken", "Choose another, or declare the holder so that it can be moved. It can't be waived.";
    /// The files declare nothing at all, and something would be deleted: more likely a wrong folder than an empty office.
    EmptyWorkspace = "empty-workspace", "Check the folder and the branch.";
    /// More is deleted than the policy allows in one plan (S1.41).
    DeleteLimit = "delete-limit", "Delete in smaller steps, or waive it with the number as `max`.";
    /// Something is deleted only because nobody declares it: no commit ever did (`prune: all`).
    PruneAll = "prune-all", "Import what should stay; then waive this.";
    /// Fewer administrators are left than the policy asks for, so nobody may be able to mend the next mistake (S0.09).
    LastAdministrator = "last-administrator", "Give somebody else an administrator's scope first.";
    /// The user whom the portal's credentials belong to loses access, and the next run with it (S0.09, S0.32).
    SelfLockout = "self-lockout", "Use the credentials of another administrator for this change.";
    /// A protected resource is deleted, deactivated or renamed; the protection may stand in an earlier commit.
    Protected = "protected", "Remove the protection in a commit of its own, apply that, then make this change.";
    /// What is deleted, deactivated or renumbered is still referred to; portals don't refuse, and calls then fail (S3.13, S3.14).
    InUse = "in-use", "Remove the references first, or in the same change.";
    /// First name, last name and e-mail address change at once: more likely a new person in an old account, with the old messages and call records.
    PersonSwap = "person-swap", "Let the leaver go and declare the newcomer as somebody new.";
    /// An inactive user on the portal has the name or the e-mail address of one who is to be created (S4.32).
    Revive = "revive", "Declare the one who is there and make them active, with `previously:` if the key differs.";
    /// Voicemail messages are lost with a mailbox (S1.30).
    VoicemailLoss = "voicemail-loss", "Have them saved first.";
    /// Both the files and the portal changed a field since it was last applied.
    Conflict = "conflict", "Take the portal's value into the files, or waive it to overwrite the portal's.";
    /// Somebody gets an administrator's scope (S0.33, S1.14).
    PrivilegeEscalation = "privilege-escalation", "Have it reviewed by somebody who may grant it.";
    /// A login changes: the username, or the e-mail address that people log in with (S1.12).
    LoginChange = "login-change", "Tell the person.";
    /// A person's extension changes; whoever has it by heart or on a speed dial reaches nobody (S1.26).
    RenumberImpact = "renumber-impact", "Tell the person's callers.";
    /// The first address of `available_from_emails` is the default sender, and it changes (S4.17).
    DefaultSenderChange = "default-sender-change", "Tell the person.";
    /// An extension, a username, an e-mail address or a phone moves from one resource to another (S0.37).
    TakenFrom = "taken-from", "Make sure that the one who loses it knows.";
    /// A waiver in `allow` lets nothing pass.
    UnusedWaiver = "unused-waiver", "Remove it.";
}

impl fmt::Display for FindingRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}
