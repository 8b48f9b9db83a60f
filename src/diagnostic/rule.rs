//! A *rule* is one thing that can be wrong in the user's files, with a name that scripts, waivers and
//! docs share.
//!
//! This table is the only list of rules: `docs/rules.md` is written from it, and a test wants a
//! fixture for each.

use super::Level;

/// Declares the rules: name, level, what it means, what to do.
macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $rule:ident = $id:literal, $level:ident, $help:literal;)*) => {
        /// One thing that can be wrong in the user's files.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule { $($(#[doc = $doc])+ $rule,)* }

        impl Rule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$rule),*];

            /// Its name, for people and for scripts.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$rule => $id),* }
            }

            /// How much it matters.
            #[must_use]
            pub const fn level(self) -> Level {
                match self { $(Self::$rule => Level::$level),* }
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

rules! {
    /// The file is not text in UTF-8.
    Encoding = "encoding", Error, "Save the file as UTF-8.";
    /// The file is larger than 256 MiB.
    FileTooLarge = "file-too-large", Error, "Split it: files merge.";
    /// The file can't be read.
    UnreadableFile = "unreadable-file", Error, "Check the file's permissions.";
    /// A symbolic link leads out of the workspace. What lies outside is not under review with the rest.
    OutsideWorkspace = "outside-workspace", Error, "Replace the link by the file, or point it inside.";
    /// The text is not YAML.
    YamlSyntax = "yaml-syntax", Error, "Mend the line; an editor with YAML support shows the structure.";
    /// A line is indented with a tab, which YAML doesn't allow.
    TabIndent = "tab-indent", Error, "Indent with spaces.";
    /// A text starts with a sign that means something in YAML: `*` an alias, `&` an anchor, `!` a tag, `@`
    /// and a backquote nothing yet, `%` a directive, `#` a comment.
    UnquotedSign = "unquoted-sign", Error, "Quote the text: \"*97\".";
    /// A file holds more than one document.
    SeveralDocuments = "several-documents", Error, "Make each document a file, or remove the `---`.";
    /// A key stands twice in one mapping; readers disagree about which one counts.
    DuplicateKey = "duplicate-key", Error, "Keep one of the two.";
    /// A key is not a plain word: a list, a mapping, or nothing.
    OddKey = "odd-key", Error, "Write a word or a number as the key.";
    /// A value carries a tag such as `!!str` or `!secret`; values need none.
    Tag = "tag", Error, "Remove the tag.";
    /// Aliases expand to more than 100,000 values.
    AliasLimit = "alias-limit", Error, "Write the values out, or use a template.";
    /// Values are nested more than 64 levels deep.
    DepthLimit = "depth-limit", Error, "Nest less.";
    /// The mapping has no field of this name.
    UnknownField = "unknown-field", Error, "Use one of the fields that the schema names.";
    /// A field that the resource can't be without is missing.
    MissingField = "missing-field", Error, "Add the field.";
    /// A value is of the wrong type.
    WrongType = "wrong-type", Error, "Write a value of the type that the schema names.";
    /// A value is outside the limits of its field.
    InvalidValue = "invalid-value", Error, "Write a value within the limits that the message names.";
    /// A key is not what keys of this kind look like.
    InvalidKey = "invalid-key", Error, "Choose a key of the form that the message names.";
    /// A resource is declared twice. Files merge, so one declaration would silently win.
    DuplicateAddress = "duplicate-address", Error, "Keep one of the two declarations.";
    /// Two resources claim what only one can have: an extension, a username, an e-mail address, a phone.
    DuplicateValue = "duplicate-value", Error, "Give one of them another.";
    /// A resource refers to another that isn't declared.
    UnknownReference = "unknown-reference", Error, "Declare it, or refer to one that is declared.";
    /// A resource refers to one that `absent` says must not exist.
    ReferenceToAbsent = "reference-to-absent", Error, "Remove the reference, or take the address out of `absent`.";
    /// A resource is declared and listed in `absent`.
    DeclaredAbsent = "declared-absent", Error, "Remove the declaration, or take the address out of `absent`.";
    /// A declared scope has the name of one of the portal's own.
    BuiltInScope = "built-in-scope", Error, "Choose another name, and extend the built-in scope.";
    /// Scopes extend each other in a circle.
    ScopeCircle = "scope-circle", Error, "Let one of them extend none.";
    /// A user forwards all calls in a circle, so that a caller reaches nobody.
    ForwardCircle = "forward-circle", Error, "Let one of them forward to somebody outside the circle.";
    /// An extension doesn't have as many digits as `policy.extensions.digits` says.
    ExtensionDigits = "extension-digits", Error, "Choose an extension of the right length, or change the policy.";
    /// `ring_all` is on, and there is nothing to ring.
    RingAllNobody = "ring-all-nobody", Error, "Add destinations, or turn `ring_all` off.";
    /// An answering rule's action and its destinations don't fit: `forward` and `simultaneous_ring` need
    /// some, the others take none.
    AnsweringDestinations = "answering-destinations", Error, "Add destinations, remove them, or choose another action.";
    /// Where a secret belongs, the secret itself is written.
    LiteralSecret = "literal-secret", Error, "Write where it is kept, and change the secret: this one is known now.";
    /// An address for click-to-dial holds a password.
    SecretInUrl = "secret-in-url", Error, "Remove it from the address, and change the password: this one is known now.";
    /// A user's template has an attribute that the user must give, and doesn't.
    MissingAttribute = "missing-attribute", Error, "Add it under the user's `with`.";
    /// A user gives an attribute that the template doesn't ask for.
    UnknownAttribute = "unknown-attribute", Error, "Remove it, or add it to the template's `attributes`.";
    /// A user gives attributes but has no template.
    WithWithoutTemplate = "with-without-template", Error, "Name a template, or remove `with`.";
    /// A `${…}` names neither an attribute of the template nor a field of the user.
    UnknownPlaceholder = "unknown-placeholder", Error, "Name an attribute, or a field as `${user.field}`.";
    /// Attributes are made from each other in a circle.
    AttributeCircle = "attribute-circle", Error, "Give one of them a value of its own.";
    /// An agent of a queue has a scope that doesn't let them serve queues.
    AgentScope = "agent-scope", Warning, "Give the user a scope that extends `call_center_agent`.";
    /// Nobody answers: voicemail is off and calls aren't forwarded, so callers are hung up on.
    UnansweredCalls = "unanswered-calls", Warning, "Turn voicemail on, or forward the calls.";
    /// A merge field that no dialling software fills in.
    UnknownMergeField = "unknown-merge-field", Warning, "Use `[Field:PhoneNumber]` or `[Field:Ext]`.";
    /// Two users have the same colour, which is meant to tell them apart.
    SameColor = "same-color", Warning, "Give one of them another colour.";
    /// Advanced settings are declared; the portal's defaults fit most installations.
    AdvancedSetting = "advanced-setting", Warning, "Remove the setting unless the installation needs it.";
    /// A row of a spreadsheet's template was left in: the example person.
    ExampleRow = "example-row", Warning, "Remove the person.";
    /// A template that nobody uses.
    UnusedTemplate = "unused-template", Warning, "Use it, or remove it.";
    /// A waiver in `allow` has expired.
    ExpiredWaiver = "expired-waiver", Warning, "Remove it, or give it a new date.";
    /// The portal doesn't support what is declared.
    Unsupported = "unsupported", Error, "Remove it, or use a portal that supports it.";
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.id())
    }
}
