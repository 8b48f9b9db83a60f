//! A *rule* is one kind of mistake in the user's files, with an id for scripts and docs.
//!
//! This table is the only list of rules: `docs/rules.md` is generated from it, and tests require a
//! fixture and an example for each rule.

use super::Level;

/// Declares the rules: meaning, name, id, level and help.
macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $rule:ident = $id:literal, $level:ident, $help:literal;)*) => {
        /// One kind of mistake in the user's files.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule { $($(#[doc = $doc])+ $rule,)* }

        impl Rule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$rule),*];

            /// The id, as printed and as used by scripts.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$rule => $id),* }
            }

            /// The severity.
            #[must_use]
            pub const fn level(self) -> Level {
                match self { $(Self::$rule => Level::$level),* }
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

rules! {
    /// The file is not valid UTF-8 text.
    Encoding = "encoding", Error, "Save the file as UTF-8.";
    /// The file is larger than 256 MiB.
    FileTooLarge = "file-too-large", Error, "Split the file; all files of a workspace are merged.";
    /// The file can't be read.
    UnreadableFile = "unreadable-file", Error, "Check the file's permissions.";
    /// A file has none of the kinds, so it seems to belong to another tool. It is not read.
    ForeignFile = "foreign-file", Warning, "Exclude the file in callsheet.yaml: `files: { exclude: [NAME] }`.";
    /// The extension of a file is another spelling of `.yaml`, so the file isn't read.
    FileExtension = "file-extension", Error, "Rename the file so that it ends in `.yaml`.";
    /// A symbolic link points outside the workspace, where changes aren't reviewed.
    OutsideWorkspace = "outside-workspace", Error, "Replace the link with the file, or point it inside the workspace.";
    /// The file is not valid YAML.
    YamlSyntax = "yaml-syntax", Error, "Fix the line. An editor with YAML support shows the structure.";
    /// A line is indented with a tab, which YAML doesn't allow.
    TabIndent = "tab-indent", Error, "Indent with spaces.";
    /// An unquoted value starts with a character that is special in YAML: `*` (alias), `&` (anchor), `!` (tag),
    /// `#` (comment), `%` (directive), `@` or a backquote (reserved).
    MissingQuotes = "missing-quotes", Error, "Quote the value: \"*97\".";
    /// The file contains more than one YAML document.
    MultipleDocuments = "multiple-documents", Error, "Put each document into a file of its own, or remove the `---`.";
    /// The file contains the markers of a merge conflict.
    MergeConflict = "merge-conflict", Error, "Keep one side, or both, and remove the lines that start with `<<<<<<<`, `=======` and `>>>>>>>`.";
    /// A mapping has a merge key `<<`, which YAML 1.2 doesn't have.
    MergeKey = "merge-key", Error, "Write the fields out, or use a template for shared fields.";
    /// A mapping contains the same key twice. YAML readers disagree on which one counts.
    DuplicateKey = "duplicate-key", Error, "Keep one of the two.";
    /// A key is a list, a mapping or null.
    NonStringKey = "non-string-key", Error, "Use a string or a number as the key.";
    /// A value has a YAML tag such as `!!str` or `!secret`, which Callsheet doesn't support.
    Tag = "tag", Error, "Remove the tag.";
    /// Aliases expand to more than 100,000 values.
    AliasLimit = "alias-limit", Error, "Write the values out, or use a template.";
    /// A template expands to a text that is longer than any field may be, or the templates of the workspace to
    /// more than 256 MiB.
    ExpansionLimit = "expansion-limit", Error, "Use fewer placeholders in the attributes that are calculated from others.";
    /// Values are nested more than 64 levels deep.
    DepthLimit = "depth-limit", Error, "Reduce the nesting.";
    /// The mapping has no field with this name.
    UnknownField = "unknown-field", Error, "Use a field from the schema.";
    /// A required field is missing.
    MissingField = "missing-field", Error, "Add the field.";
    /// A value has the wrong type.
    WrongType = "wrong-type", Error, "Write a value of the expected type.";
    /// A value isn't allowed in its field.
    InvalidValue = "invalid-value", Error, "Write a value that the message allows.";
    /// A key doesn't have the format that its kind requires.
    InvalidKey = "invalid-key", Error, "Choose a key in the format that the message names.";
    /// A resource is declared twice. Files are merged, so one declaration would silently replace the other.
    DuplicateAddress = "duplicate-address", Error, "Keep one of the two declarations.";
    /// Two resources have the same value where it must be unique: an extension, username, e-mail address, phone or
    /// feature.
    DuplicateValue = "duplicate-value", Error, "Change one of the two.";
    /// A resource refers to another one that isn't declared.
    UnknownReference = "unknown-reference", Error, "Declare the resource, or refer to a declared one.";
    /// A resource refers to another one that is listed in `absent`.
    ReferenceToAbsent = "reference-to-absent", Error, "Remove the reference, or remove the address from `absent`.";
    /// A resource is declared and also listed in `absent`.
    DeclaredAbsent = "declared-absent", Error, "Remove the declaration, or remove the address from `absent`.";
    /// A declared scope has the name of a built-in scope.
    BuiltInScope = "built-in-scope", Error, "Choose another name, and extend the built-in scope.";
    /// Scopes extend each other in a cycle.
    ScopeCycle = "scope-cycle", Error, "Remove `extends` from one of the scopes.";
    /// Users forward all calls to each other in a cycle, so calls are never answered.
    ForwardingCycle = "forwarding-cycle", Error, "Forward the calls of one user to a destination outside the cycle.";
    /// An extension doesn't have the number of digits required by `policy.extensions.digits`.
    ExtensionDigits = "extension-digits", Error, "Choose an extension of the required length, or change the policy.";
    /// An extension is outside of the range of its owner's group or kind, or in the range of another one
    /// (`policy.extensions.ranges`, `policy.extensions.kinds`).
    ExtensionRange = "extension-range", Error, "Choose an extension of the owner's range, or change the policy.";
    /// Two ranges of `policy.extensions` have extensions in common, so it is unclear whose they are.
    OverlappingRanges = "overlapping-ranges", Error, "Shorten one of the two.";
    /// A user's e-mail address is in a domain that `policy.email.domains` doesn't list.
    EmailDomain = "email-domain", Error, "Use an address of the organisation, or add the domain to the policy.";
    /// A user or a phone has no `emergency`, which `policy.emergency` requires.
    MissingEmergency = "missing-emergency", Error, "Declare a location, and add `emergency: { location: NAME }` to the resource or its template.";
    /// The state of a number doesn't match its destination or its date: a reserved number, and one that is cooling, have
    /// no destination.
    NumberState = "number-state", Error, "Change the state, or remove the destination.";
    /// `ring_all` is enabled, but there are no destinations.
    RingAllWithoutDestinations = "ring-all-without-destinations", Error, "Add destinations, or disable `ring_all`.";
    /// An answering rule lacks destinations, which `forward` and `simultaneous_ring` require, or has destinations, which
    /// the other actions don't allow.
    AnsweringDestinations = "answering-destinations", Error, "Add or remove destinations, or choose another action.";
    /// A secret is written in plain text where a reference to it is required.
    LiteralSecret = "literal-secret", Error, "Write a reference to the secret, and change the secret: it is exposed now.";
    /// A click-to-dial address contains a password.
    SecretInUrl = "secret-in-url", Error, "Remove the password from the address, and change it: it is exposed now.";
    /// A user doesn't set a required attribute of the template.
    MissingAttribute = "missing-attribute", Error, "Add the attribute under the user's `with`.";
    /// A user sets an attribute that the template doesn't have.
    UnknownAttribute = "unknown-attribute", Error, "Remove the attribute, or add it to the template's `attributes`.";
    /// A user sets attributes but has no template.
    WithWithoutTemplate = "with-without-template", Error, "Name a template, or remove `with`.";
    /// A placeholder `${…}` names neither an attribute of the template nor a field of the user.
    UnknownPlaceholder = "unknown-placeholder", Error, "Name an attribute, or a field as `${user.field}`.";
    /// Template attributes are calculated from each other in a cycle.
    AttributeCycle = "attribute-cycle", Error, "Give one of the attributes a value without a placeholder.";
    /// A queue agent has a scope that doesn't allow answering queues.
    AgentScope = "agent-scope", Warning, "Give the user a scope that extends `call_center_agent`.";
    /// Calls to a number, a menu, a queue, a ring group or a forward reach nobody, and no voicemail.
    DeadEnd = "dead-end", Warning, "Lead the calls to somebody; `callsheet trace` shows where they go.";
    /// Unanswered calls are disconnected: voicemail is off and calls aren't forwarded.
    UnansweredCalls = "unanswered-calls", Warning, "Enable voicemail, or forward the calls.";
    /// A click-to-dial address contains a merge field that dialing software doesn't support.
    UnknownMergeField = "unknown-merge-field", Warning, "Use `[Field:PhoneNumber]` or `[Field:Ext]`.";
    /// Two users have the same color, so their items can't be told apart.
    SameColor = "same-color", Warning, "Give one of the users another color.";
    /// Two users have the same mailbox, so each hears the messages of the other.
    SharedMailbox = "shared-mailbox", Warning, "Give each user another mailbox, unless they share it on purpose.";
    /// Advanced settings are declared. The portal's defaults suit most installations.
    AdvancedSetting = "advanced-setting", Warning, "Remove the setting unless the installation needs it.";
    /// `previously` names a resource that is declared too, so it can't be the same one.
    PreviouslyDeclared = "previously-declared", Error, "Remove `previously`, or the other declaration.";
    /// The example row of a spreadsheet was imported as a user.
    ExampleRow = "example-row", Warning, "Remove the user.";
    /// A permission isn't one of those that the portal knows, so it grants nothing.
    UnknownPermission = "unknown-permission", Warning, "Use a permission of the portal, or remove it.";
    /// A phone model isn't in the portal's catalogue, so the portal may not set the phone up.
    UnknownModel = "unknown-model", Warning, "Use a model of the portal's catalogue, as it is spelled there.";
    /// A template isn't used by any user.
    UnusedTemplate = "unused-template", Warning, "Use the template, or remove it.";
    /// A waiver in `allow` has expired.
    ExpiredWaiver = "expired-waiver", Warning, "Remove the waiver, or extend its date.";
    /// A PIN or a password that was read breaks a rule of `policy.secrets`. Nothing was sent.
    WeakSecret = "weak-secret", Error, "Choose another one, where it is kept.";
    /// A secret can't be read where the files say that it is kept.
    UnreadableSecret = "unreadable-secret", Error, "Set the variable, or correct the reference.";
    /// The successor of a leaver isn't declared, isn't active, leaves too, or forwards to the leaver.
    LeaverSuccessor = "leaver-successor", Error, "Name an active user who stays.";
    /// A user leaves and is declared as active.
    LeaverActive = "leaver-active", Error, "Remove `active: true`, or `leaver`.";
    /// A person ends before the start, or is kept until a day before the end.
    DateOrder = "date-order", Error, "Change one of the two dates.";
    /// A leaver was kept until a day that has passed.
    LeaverDue = "leaver-due", Warning, "Remove the user, or choose a later day.";
    /// The portal doesn't support a part of what follows from `leaver`, `starts` or `ends`.
    LeaverIncomplete = "leaver-incomplete", Warning, "Do this part on the portal.";
    /// The portal doesn't support a declared kind, field or value, or needs a field that isn't declared.
    Unsupported = "unsupported", Error, "Remove it, or use a portal that supports it.";
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.id())
    }
}
