//! *Desired* is what a workspace declares, read from its files: parse, expand templates, check
//! against the schema, read as values, check the rules.
//!
//! Everything wrong with every file is collected in one report. A file's nodes are given back as
//! soon as they are read, so that memory holds the text and the values, not a third copy.

use crate::{
    config::{Config, Digits, Range},
    declaration,
    diagnostic::{Diagnostic, Report, Rule, did_you_mean},
    greeting, lifecycle,
    model::{Address, Fields, Identity, Kind, Origin, Resource, Shape, State, Value},
    profile::Profile,
    repo::{Attachments, CONFIGURATION, Files},
    rules,
    schema::{Checker, configuration_shape},
    sensitive::looks_secret,
    source::{Place, Source, Span},
    template,
    yaml::{self, Entry, Node, NodeKind},
};
use jiff::civil::Date;
use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    sync::Arc,
};

/// What a workspace declares, and what is wrong with it.
#[derive(Debug)]
pub struct Desired {
    /// What `callsheet.yaml` says; nothing if it can't be read.
    pub config: Option<Config>,
    /// Every declared resource.
    pub state: State,
    /// Everything that is wrong.
    pub report: Report,
    /// Where the files are to which the resources refer.
    pub attachments: Attachments,
}

/// From this many resources on, several threads read them.
const MANY: usize = 1000;

/// How many of them are read at a time.
const BATCH: usize = 8192;

/// The templates that files declare, by key.
type Templates = BTreeMap<Box<str>, template::Declared>;

/// Reads what `files` declare on a day: waivers expire, and people start and leave.
#[must_use]
pub fn load(files: Files, today: Date) -> Desired {
    let Files {
        sources,
        report,
        attachments,
    } = files;
    let mut reading = Reading {
        report,
        ..Reading::default()
    };
    let mut documents: Vec<(Arc<Source>, Vec<Entry>)> = Vec::with_capacity(sources.len());
    let nodes = yaml::parse_all(&sources, &mut reading.report);
    for (source, node) in sources.into_iter().zip(nodes) {
        let entries = reading.document(&source, node);
        documents.push((source, entries));
    }
    for (source, entries) in &documents {
        reading.templates(source, entries);
    }
    for (source, entries) in documents {
        for entry in entries {
            reading.kind(&source, entry);
        }
    }
    let Reading {
        config,
        mut state,
        mut report,
        used,
        templates,
        absent,
        expanded: _,
    } = reading;
    for (key, template) in &templates {
        // Of what is shared, each workspace uses what it needs.
        let is_shared = template.source.name().starts_with("../");
        if !used.contains(key) && template.is_valid && !is_shared {
            let place = Place::new(&template.source, template.key);
            let message = format!("no user is built from the template `{key}`");
            report.add(Diagnostic::new(Rule::UnusedTemplate, place, message));
        }
    }
    lifecycle::expand(&mut state, today, &mut report);
    greeting::attach(&mut state, &attachments, &mut report);
    // Where what is declared can't be known, rules would report what follows from that.
    let is_known = !report.violates(&[Rule::MergeConflict, Rule::MergeKey]);
    if let Some(config) = config.as_ref().filter(|_| is_known) {
        rules::check(
            &rules::Context::new(&state, config, &absent, today),
            &mut report,
        );
    }
    // A literal secret is always an error, so without errors there is none.
    if report.has_errors() {
        let sources = report.sources();
        sources.iter().for_each(|source| yaml::hide_secrets(source));
    }
    report.redact();
    Desired {
        config,
        state,
        report,
        attachments,
    }
}

#[derive(Default)]
struct Reading {
    config: Option<Config>,
    state: State,
    report: Report,
    templates: Templates,
    used: BTreeSet<Box<str>>,
    absent: rules::Places,
    expanded: template::Expanded,
}

impl Reading {
    /// The entries of one file that are resources; the configuration is taken out of them.
    fn document(&mut self, source: &Arc<Source>, node: Node) -> Vec<Entry> {
        let entries = match node.kind {
            NodeKind::Map(entries) => entries.into_vec(),
            _ if node.is_null(source) => Vec::new(),
            NodeKind::List(_) | NodeKind::Scalar(_) => {
                let place = Place::new(source, node.span);
                let message = format!(
                    "a file of resources is a mapping from kind to key to resource, and this is {}",
                    node.type_name(source)
                );
                self.report
                    .add(Diagnostic::new(Rule::WrongType, place, message));
                Vec::new()
            }
        };
        let is_kind = |entry: &Entry| entry.key.of(source).parse::<Kind>().is_ok();
        let (resources, others): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(is_kind);
        if source.name() == CONFIGURATION {
            self.configuration(source, others, node.span);
        } else if resources.is_empty() && is_foreign(source, &others) {
            let key = others[0].span;
            let name = source.name();
            let message = "the file has none of the kinds, so it isn't read";
            let help = format!(
                "if it belongs to another tool, exclude it in {CONFIGURATION}: `files: {{ exclude: [{name}] }}`"
            );
            let found = Diagnostic::new(Rule::ForeignFile, Place::new(source, key), message);
            self.report.add(found.help(help));
        } else {
            for entry in others {
                self.unknown_kind(source, &entry);
            }
        }
        resources
    }

    fn configuration(&mut self, source: &Arc<Source>, entries: Vec<Entry>, span: Span) {
        let node = Node {
            span,
            kind: NodeKind::Map(entries.into()),
        };
        let key = Span::new(0, 0);
        if let Some(absent) = node.get(source, "absent") {
            for element in absent.value.elements() {
                let address = element.text(source).and_then(|text| text.parse().ok());
                self.absent.extend(
                    address.map(|address: Address| (address, Place::new(source, element.span))),
                );
            }
        }
        for waiver in node
            .get(source, "allow")
            .map_or(&[][..], |allow| allow.value.elements())
        {
            self.absent.waivers.push(Place::new(source, waiver.span));
        }
        for section in ["policy.extensions.ranges", "policy.extensions.kinds"] {
            let ranges = node.find(source, section);
            for entry in ranges.map_or(&[][..], Node::entries) {
                let path = format!("{section}.{}", entry.key.of(source));
                let place = Place::new(source, entry.value.span);
                self.absent.ranges.insert(path, place);
            }
        }
        if !Checker::configuration().check(source, key, &node, &mut self.report) {
            return;
        }
        let named = node.get(source, "fields");
        for entry in named.map_or(&[][..], |fields| fields.value.entries()) {
            self.unknown_field(source, entry);
        }
        let json = declaration::json(Some(configuration_shape()), source, &node);
        match serde_json::from_value(json) {
            Ok(config) => self.config = Some(config),
            Err(error) => {
                let place = Place::new(source, misread(source, &node).unwrap_or(key));
                self.report.add(Diagnostic::new(
                    Rule::InvalidValue,
                    place,
                    error.to_string(),
                ));
            }
        }
    }

    /// What the portal supports and requires; the sandbox's own profile, if the configuration can't be read.
    fn profile(&self) -> &'static Profile {
        let config = self.config.as_ref();
        config.map_or_else(
            || Profile::named("sandbox"),
            |config| config.portal.profile(),
        )
    }

    /// Reports a name under `fields` that no field has: a policy for it would do nothing.
    fn unknown_field(&mut self, source: &Arc<Source>, entry: &Entry) {
        let name = entry.key.of(source);
        let mut steps = name.split('.');
        let Some(kind) = steps.next().and_then(|kind| kind.parse::<Kind>().ok()) else {
            return;
        };
        let mut shape = kind.shape();
        for step in steps {
            if let Shape::Map { item, .. } = shape {
                shape = &**item;
            } else if let Some(field) = shape.field_of_any_type(step) {
                shape = &field.shape;
            } else {
                let message = format!("`{name}`: there is no field `{step}`");
                let known = shape.all_fields();
                let near = did_you_mean(step, known.iter().map(|field| &*field.name));
                let place = Place::new(source, entry.span);
                let diagnostic = Diagnostic::new(Rule::UnknownField, place, message);
                self.report.add(match near {
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                    None => diagnostic,
                });
                return;
            }
        }
    }

    fn unknown_kind(&mut self, source: &Arc<Source>, entry: &Entry) {
        let word = entry.key.of(source);
        let place = Place::new(source, entry.span);
        let message = format!("`{word}` is not a kind");
        let settings = configuration_shape().all_fields();
        let kinds = Kind::ALL.map(Kind::name);
        let help = if settings.iter().any(|field| &*field.name == word) {
            format!("`{word}` belongs in {CONFIGURATION}")
        } else if let Some(near) = did_you_mean(word, kinds) {
            format!("did you mean `{near}`?")
        } else {
            format!("the kinds are {}", kinds.join(", "))
        };
        self.report
            .add(Diagnostic::new(Rule::UnknownField, place, message).help(help));
    }

    /// Sets the templates of one file aside for the users that are built from them.
    fn templates(&mut self, source: &Arc<Source>, entries: &[Entry]) {
        let declared = entries
            .iter()
            .filter(|entry| entry.key.of(source) == Kind::Templates.name());
        for entry in declared.flat_map(|entry| entry.value.entries()) {
            let key = entry.key.of(source);
            let mut own = Report::default();
            let mut template = template::Declared {
                source: Arc::clone(source),
                key: entry.span,
                body: entry.value.clone(),
                is_valid: true,
            };
            // Its schema is checked where it is read as a resource; here only what users depend on.
            template.is_valid = Checker::declaration(self.profile(), Kind::Templates).check(
                source,
                entry.span,
                &entry.value,
                &mut own,
            );
            template.check(&mut self.report);
            self.templates.entry(key.into()).or_insert(template);
        }
    }

    /// Reads every resource of one kind in one file.
    fn kind(&mut self, source: &Arc<Source>, entry: Entry) {
        let Ok(kind) = entry.key.of(source).parse::<Kind>() else {
            return;
        };
        if entry.value.is_null(source) {
            return;
        }
        let NodeKind::Map(entries) = entry.value.kind else {
            let place = Place::new(source, entry.value.span);
            let message = format!("`{kind}` must be a mapping from key to {}", kind.singular());
            self.report
                .add(Diagnostic::new(Rule::WrongType, place, message));
            return;
        };
        let mut entries = entries.into_iter();
        while !entries.as_slice().is_empty() {
            // The nodes of a batch are given back before the values of the next one are read.
            let batch: Vec<Entry> = entries.by_ref().take(BATCH).collect();
            let mut read = read_ahead(self.profile(), kind, source, &batch).into_iter();
            for entry in batch {
                self.resource(kind, source, entry, read.next().flatten());
            }
        }
    }

    /// Reads one resource. What was accepted and read already isn't checked again.
    fn resource(&mut self, kind: Kind, source: &Arc<Source>, entry: Entry, read: Option<Fields>) {
        let key = entry.key.of(source);
        let place = || Place::new(source, entry.span);
        if !kind.key_format().accepts(key) {
            let what = kind.key_format().what;
            let message = format!("`{key}` is not {what}");
            let help = kind.key_format().help_for(key);
            self.report
                .add(Diagnostic::new(Rule::InvalidKey, place(), message).help(help));
            return;
        }
        let address = Address::new(kind, key);
        if let Some(first) = self
            .state
            .get(&address)
            .and_then(|first| first.origin.as_ref())
        {
            let message = format!("{address} is declared twice");
            let twice = Diagnostic::new(Rule::DuplicateAddress, place(), message);
            self.report
                .add(twice.related(first.place(), "first declared here"));
            return;
        }
        let expanded = self.expanded(kind, source, &entry);
        let body = expanded.as_ref().unwrap_or(&entry.value);
        let read = read.filter(|_| expanded.is_none());
        let fields = read.unwrap_or_else(|| {
            let checker = Checker::declaration(self.profile(), kind);
            checker.check(source, entry.span, body, &mut self.report);
            declaration::fields(kind.shape(), source, body)
        });
        let users_by = Identity::Field(self.profile().users_by.field());
        let fields = with_username(users_by, kind, key, fields);
        let own = |name| entry.value.get(source, name).map(|entry| &entry.value);
        let previously = own("previously").and_then(|node| node.filled(source));
        let protect = own("protect").and_then(|node| node.truth(source));
        let lifecycle = match kind {
            Kind::Users => lifecycle::read(source, &entry.value, &mut self.report),
            _ => None,
        };
        let resource = Resource {
            fields,
            previously: previously.map(Into::into),
            protect: protect == Some(true),
            lifecycle,
            derived: Vec::new(),
            origin: Some(Origin {
                source: Arc::clone(source),
                key: entry.span,
                body: entry.value.span,
            }),
        };
        self.state.resources.insert(address, resource);
    }

    /// A user with its template laid under it; nothing for anything else.
    fn expanded(&mut self, kind: Kind, source: &Arc<Source>, entry: &Entry) -> Option<Node> {
        if kind != Kind::Users {
            return None;
        }
        let Some(named) = entry.value.get(source, "template") else {
            if let Some(with) = entry.value.get(source, "with") {
                let message = format!(
                    "`{}` gives attributes, and has no template",
                    entry.key.of(source)
                );
                let place = Place::new(source, with.span);
                self.report
                    .add(Diagnostic::new(Rule::WithWithoutTemplate, place, message));
            }
            return None;
        };
        let key = named.value.text(source)?;
        let Some(template) = self.templates.get(key) else {
            let near = did_you_mean(key, self.templates.keys().map(|key| &**key));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("declare it under `templates:`, as `{key}:`"),
            };
            let message = format!("there is no template `{key}`");
            let place = Place::new(source, named.value.span);
            self.report
                .add(Diagnostic::new(Rule::UnknownReference, place, message).help(help));
            return None;
        };
        if !self.used.contains(key) {
            self.used.insert(key.into());
        }
        template
            .is_valid
            .then(|| template::expand(source, entry, template, &self.expanded, &mut self.report))
    }
}

/// Fields by which a mapping shows that it declares a person, a queue or a number.
const TELLING: [&str; 8] = [
    "first_name",
    "last_name",
    "email",
    "extension",
    "username",
    "members",
    "agents",
    "destination",
];

/// Whether the entries of a file are another tool's: no key is near to a kind or a setting, and nothing
/// below them looks like a resource, which would be lost without a word.
fn is_foreign(source: &Source, entries: &[Entry]) -> bool {
    let settings = configuration_shape().all_fields();
    let kinds = Kind::ALL.map(Kind::name);
    let is_ours = |entry: &Entry| {
        let word = entry.key.of(source);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        if !word.chars().all(is_plain) || looks_secret(word) {
            return true;
        }
        let is_near = did_you_mean(word, kinds).is_some();
        let is_setting = settings.iter().any(|field| &*field.name == word);
        let tells = |node: &Node| {
            let mut entries = node.entries().iter();
            entries.any(|entry| TELLING.contains(&entry.key.of(source)))
        };
        let below = entry.value.entries();
        is_near
            || is_setting
            || tells(&entry.value)
            || below.iter().any(|entry| tells(&entry.value))
    };
    !entries.is_empty() && !entries.iter().any(is_ours)
}

/// The fields of a resource; where users are known by their username, one without a username is known by the
/// key.
#[must_use]
pub fn with_username(users_by: Identity, kind: Kind, key: &str, mut fields: Fields) -> Fields {
    let is_known_by_it = users_by == Identity::of(Kind::Users);
    if kind == Kind::Users && is_known_by_it && fields.get("username").is_none() {
        fields.set("username".into(), Value::text(key));
        fields.shrink();
    }
    fields
}

/// Where a configuration says what its schema lets pass and its types don't: a range that is empty, a
/// day that no month has.
fn misread(source: &Source, node: &Node) -> Option<Span> {
    let digits = node.find(source, "policy.extensions.digits");
    let empty = digits.filter(|node| {
        let text = node.text(source);
        text.is_some_and(|text| text.parse::<Digits>().is_err())
    });
    let ranges = ["policy.extensions.ranges", "policy.extensions.kinds"];
    let ranges = ranges
        .into_iter()
        .filter_map(|path| node.find(source, path));
    let mut ranges = ranges.flat_map(Node::entries).map(|entry| &entry.value);
    let no_range = ranges.find(|node| {
        let text = node.text(source);
        text.is_some_and(|text| text.parse::<Range>().is_err())
    });
    let waivers = node
        .get(source, "allow")
        .map(|entry| entry.value.elements());
    let days = waivers.into_iter().flatten();
    let mut days = days.filter_map(|waiver| waiver.find(source, "until"));
    let no_day = |node: &&Node| {
        node.text(source)
            .is_some_and(|text| text.parse::<Date>().is_err())
    };
    let first = empty.or(no_range).or_else(|| days.find(no_day));
    first.map(|node| node.span)
}

/// The fields of the resources that their schema accepts as they stand. Many are read on several threads; of few it
/// isn't worth asking, and none is read.
fn read_ahead(
    profile: &'static Profile,
    kind: Kind,
    source: &Source,
    entries: &[Entry],
) -> Vec<Option<Fields>> {
    if entries.len() < MANY {
        return Vec::new();
    }
    let checker = Checker::declaration(profile, kind);
    let read = |entry: &Entry| {
        let is_whole = entry.value.get(source, "template").is_none();
        let is_accepted = is_whole && checker.accepts(source, &entry.value);
        is_accepted.then(|| declaration::fields(kind.shape(), source, &entry.value))
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let parts = entries.chunks(entries.len().div_ceil(threads));
    std::thread::scope(|scope| {
        let parts =
            parts.map(|part| scope.spawn(move || part.iter().map(read).collect::<Vec<_>>()));
        let parts: Vec<_> = parts.collect();
        let parts = parts.into_iter();
        parts
            .flat_map(|part| part.join().expect("checking doesn't panic"))
            .collect()
    })
}
