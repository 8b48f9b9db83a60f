//! The *examples* of the rules of `validate`.

mod file;
mod policy;
mod resource;

use super::Example;
use crate::diagnostic::Rule;

/// The example of a rule. A test checks that each `yaml` example violates its rule, and that the corrected
/// version doesn't.
#[must_use]
pub fn of_rule(rule: Rule) -> Example {
    match rule {
        Rule::Encoding => file::ENCODING,
        Rule::FileTooLarge => file::FILE_TOO_LARGE,
        Rule::UnreadableFile => file::UNREADABLE_FILE,
        Rule::ForeignFile => file::FOREIGN_FILE,
        Rule::PreviouslyDeclared => resource::PREVIOUSLY_DECLARED,
        Rule::MissingEmergency => policy::MISSING_EMERGENCY,
        Rule::NumberState => resource::NUMBER_STATE,
        Rule::FileExtension => file::FILE_EXTENSION,
        Rule::ExtensionRange => policy::EXTENSION_RANGE,
        Rule::OverlappingRanges => policy::OVERLAPPING_RANGES,
        Rule::EmailDomain => policy::EMAIL_DOMAIN,
        Rule::SharedMailbox => resource::SHARED_MAILBOX,
        Rule::WeakSecret => policy::WEAK_SECRET,
        Rule::UnreadableSecret => policy::UNREADABLE_SECRET,
        Rule::OutsideWorkspace => file::OUTSIDE_WORKSPACE,
        Rule::YamlSyntax => file::YAML_SYNTAX,
        Rule::TabIndent => file::TAB_INDENT,
        Rule::MissingQuotes => file::MISSING_QUOTES,
        Rule::MultipleDocuments => file::MULTIPLE_DOCUMENTS,
        Rule::MergeConflict => file::MERGE_CONFLICT,
        Rule::MergeKey => file::MERGE_KEY,
        Rule::ExpansionLimit => file::EXPANSION_LIMIT,
        Rule::DuplicateKey => file::DUPLICATE_KEY,
        Rule::NonStringKey => file::NON_STRING_KEY,
        Rule::Tag => file::TAG,
        Rule::AliasLimit => file::ALIAS_LIMIT,
        Rule::DepthLimit => file::DEPTH_LIMIT,
        Rule::UnknownField => file::UNKNOWN_FIELD,
        Rule::MissingField => file::MISSING_FIELD,
        Rule::WrongType => file::WRONG_TYPE,
        Rule::InvalidValue => file::INVALID_VALUE,
        Rule::InvalidKey => file::INVALID_KEY,
        Rule::DuplicateAddress => resource::DUPLICATE_ADDRESS,
        Rule::DuplicateValue => resource::DUPLICATE_VALUE,
        Rule::UnknownReference => resource::UNKNOWN_REFERENCE,
        Rule::ReferenceToAbsent => resource::REFERENCE_TO_ABSENT,
        Rule::DeclaredAbsent => resource::DECLARED_ABSENT,
        Rule::BuiltInScope => policy::BUILT_IN_SCOPE,
        Rule::ScopeCycle => resource::SCOPE_CYCLE,
        Rule::ForwardingCycle => resource::FORWARDING_CYCLE,
        Rule::ExtensionDigits => policy::EXTENSION_DIGITS,
        Rule::RingAllWithoutDestinations => resource::RING_ALL_WITHOUT_DESTINATIONS,
        Rule::AnsweringDestinations => resource::ANSWERING_DESTINATIONS,
        Rule::LiteralSecret => policy::LITERAL_SECRET,
        Rule::SecretInUrl => policy::SECRET_IN_URL,
        Rule::MissingAttribute => resource::MISSING_ATTRIBUTE,
        Rule::UnknownAttribute => resource::UNKNOWN_ATTRIBUTE,
        Rule::WithWithoutTemplate => resource::WITH_WITHOUT_TEMPLATE,
        Rule::UnknownPlaceholder => resource::UNKNOWN_PLACEHOLDER,
        Rule::AttributeCycle => resource::ATTRIBUTE_CYCLE,
        Rule::AgentScope => policy::AGENT_SCOPE,
        Rule::DeadEnd => resource::DEAD_END,
        Rule::UnansweredCalls => resource::UNANSWERED_CALLS,
        Rule::UnknownMergeField => resource::UNKNOWN_MERGE_FIELD,
        Rule::SameColor => resource::SAME_COLOR,
        Rule::AdvancedSetting => policy::ADVANCED_SETTING,
        Rule::ExampleRow => resource::EXAMPLE_ROW,
        Rule::UnknownPermission => policy::UNKNOWN_PERMISSION,
        Rule::UnknownModel => resource::UNKNOWN_MODEL,
        Rule::UnusedTemplate => resource::UNUSED_TEMPLATE,
        Rule::ExpiredWaiver => policy::EXPIRED_WAIVER,
        Rule::LeaverSuccessor => policy::LEAVER_SUCCESSOR,
        Rule::LeaverActive => policy::LEAVER_ACTIVE,
        Rule::DateOrder => policy::DATE_ORDER,
        Rule::LeaverDue => policy::LEAVER_DUE,
        Rule::LeaverIncomplete => policy::LEAVER_INCOMPLETE,
        Rule::Unsupported => policy::UNSUPPORTED,
    }
}
