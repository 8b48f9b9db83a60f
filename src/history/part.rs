//! A *part* is what one file of one commit says of the resources that are asked for. Nothing is checked:
//! what was committed once may be wrong, and still tells what was meant.

use crate::{
    declaration, desired,
    diagnostic::Report,
    lifecycle,
    model::{Address, Capabilities, Fields, Kind, Lifecycle},
    profile::Profile,
    schema::Checker,
    source::Source,
    template,
    yaml::{self, Entry},
};
use aho_corasick::AhoCorasick;
use sha2::{Digest as _, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// From this many words on, looking for them costs as much as reading the file.
const MANY_WORDS: usize = 2000;

/// Which resources are asked for.
pub(super) struct Interest {
    /// Their addresses.
    pub(super) addresses: BTreeSet<Address>,
    /// Objects, by the keys that the portal knows them by.
    pub(super) objects: BTreeSet<Address>,
    /// What the portal knows resources by.
    capabilities: Capabilities,
    /// Finds a file in which one of the keys may stand; nothing where there are too many.
    words: Option<AhoCorasick>,
}

impl Interest {
    pub(super) fn new(
        addresses: BTreeSet<Address>,
        objects: BTreeSet<Address>,
        capabilities: &Capabilities,
    ) -> Self {
        let keys: BTreeSet<&str> = addresses
            .iter()
            .chain(&objects)
            .map(|one| &*one.key)
            .collect();
        let words = (keys.len() <= MANY_WORDS)
            .then(|| AhoCorasick::new(&keys).ok())
            .flatten();
        Self {
            addresses,
            objects,
            capabilities: capabilities.clone(),
            words,
        }
    }

    fn may_stand_in(&self, text: &str) -> bool {
        // An escape in a quoted key, and a name that a template makes, hide what is looked for.
        text.contains('\\')
            || self.makes_keys(text)
            || self.words.as_ref().is_none_or(|words| words.is_match(text))
    }

    /// Whether a file may declare a template that makes what the portal knows users by.
    fn makes_keys(&self, text: &str) -> bool {
        let identity = self.capabilities.identity(Kind::Users);
        text.contains("templates")
            && text.contains("${")
            && identity.field().is_some_and(|field| text.contains(field))
    }
}

/// What one file says.
#[derive(Default)]
pub(super) struct Part {
    source: Option<Arc<Source>>,
    resources: Vec<(Kind, Entry)>,
    /// Whether there are templates, which are read once they are needed.
    has_templates: bool,
}

/// A resource as one commit declares it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Content {
    /// The key that the portal knows it by.
    pub(super) portal_key: Box<str>,
    /// Its fields, templates expanded.
    pub(super) fields: Fields,
    /// The key that it had before.
    pub(super) previously: Option<Box<str>>,
    /// When the person starts and leaves.
    lifecycle: Option<Box<Lifecycle>>,
}

impl Part {
    /// The resources of a file that are asked for.
    pub(super) fn of(text: String, interest: &Interest) -> Self {
        let has_templates = text.contains("templates");
        if !interest.may_stand_in(&text) {
            return Self {
                source: has_templates.then(|| Source::new("", text)),
                resources: Vec::new(),
                has_templates,
            };
        }
        let by_template = has_templates && interest.makes_keys(&text);
        let source = Source::new("", text);
        let root = yaml::parse(&source, &mut Report::default());
        let mut resources = Vec::new();
        for entry in root.entries() {
            let Ok(kind) = entry.key.of(&source).parse::<Kind>() else {
                continue;
            };
            for resource in entry.value.entries() {
                if is_asked_for(kind, &source, resource, interest, by_template) {
                    resources.push((kind, resource.clone()));
                }
            }
        }
        let is_needed = has_templates || !resources.is_empty();
        Self {
            source: is_needed.then_some(source),
            resources,
            has_templates,
        }
    }

    /// How many bytes of text it holds.
    pub(super) fn size(&self) -> usize {
        self.source.as_ref().map_or(0, |source| source.text().len())
    }

    /// Whether one of its resources is built from a template.
    fn needs_templates(&self) -> bool {
        self.source.as_ref().is_some_and(|source| {
            let mut resources = self.resources.iter();
            resources.any(|(_, entry)| entry.value.get(source, "template").is_some())
        })
    }

    fn templates(&self, found: &mut BTreeMap<Box<str>, template::Declared>) {
        let Some(source) = self.source.as_ref().filter(|_| self.has_templates) else {
            return;
        };
        let root = yaml::parse(source, &mut Report::default());
        let declared = root
            .entries()
            .iter()
            .filter(|entry| entry.key.of(source) == Kind::Templates.name());
        for entry in declared.flat_map(|entry| entry.value.entries()) {
            let mut report = Report::default();
            let checker = Checker::declaration(Profile::named("sandbox"), Kind::Templates);
            let is_sound = checker.check(source, entry.span, &entry.value, &mut report);
            found
                .entry(entry.key.of(source).into())
                .or_insert_with(|| template::Declared {
                    source: Arc::clone(source),
                    key: entry.span,
                    body: entry.value.clone(),
                    is_valid: is_sound,
                });
        }
    }
}

fn is_asked_for(
    kind: Kind,
    source: &Source,
    resource: &Entry,
    interest: &Interest,
    by_template: bool,
) -> bool {
    let text = |name| {
        let entry = resource.value.get(source, name);
        entry.and_then(|entry| entry.value.text(source))
    };
    let is_known = |key: &str| {
        let address = Address::new(kind, key);
        interest.addresses.contains(&address) || interest.objects.contains(&address)
    };
    is_known(resource.key.of(source))
        || text("previously").is_some_and(is_known)
        || interest
            .capabilities
            .identity(kind)
            .field()
            .is_some_and(|field| {
                text(field).is_some_and(is_known)
                    || kind == Kind::Users && by_template && text("template").is_some()
            })
}

/// Contents that were read already, by a digest of their text and of their template's.
pub(super) type Contents = BTreeMap<[u8; 32], std::rc::Rc<Content>>;

/// What several files of one commit say together.
pub(super) fn assembled(
    parts: &[std::rc::Rc<Part>],
    contents: &mut Contents,
    interest: &Interest,
) -> BTreeMap<Address, std::rc::Rc<Content>> {
    let mut templates = BTreeMap::new();
    if parts.iter().any(|part| part.needs_templates()) {
        parts.iter().for_each(|part| part.templates(&mut templates));
    }
    let mut found = BTreeMap::new();
    for part in parts {
        let Some(source) = &part.source else { continue };
        for (kind, entry) in &part.resources {
            let named = entry.value.get(source, "template");
            let template = named
                .filter(|_| *kind == Kind::Users)
                .and_then(|named| templates.get(named.value.text(source)?));
            let digest = digest(*kind, source, entry, template);
            let content = contents.entry(digest).or_insert_with(|| {
                std::rc::Rc::new(content(*kind, source, entry, template, interest))
            });
            let address = Address::new(*kind, entry.key.of(source));
            found
                .entry(address)
                .or_insert_with(|| std::rc::Rc::clone(content));
        }
    }
    found
}

fn digest(
    kind: Kind,
    source: &Source,
    entry: &Entry,
    template: Option<&template::Declared>,
) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(kind.name());
    digest.update([0]);
    digest.update(entry.key.of(source));
    digest.update([0]);
    digest.update(source.slice(entry.value.span));
    if let Some(template) = template {
        digest.update([0]);
        digest.update(template.source.slice(template.body.span));
    }
    digest.finalize().into()
}

fn content(
    kind: Kind,
    source: &Arc<Source>,
    entry: &Entry,
    template: Option<&template::Declared>,
    interest: &Interest,
) -> Content {
    let expanded = template
        .filter(|template| template.is_valid)
        .map(|template| {
            let expanded = template::Expanded::default();
            template::expand(source, entry, template, &expanded, &mut Report::default())
        });
    let body = expanded.as_ref().unwrap_or(&entry.value);
    let fields = desired::with_username(
        interest.capabilities.identity(Kind::Users),
        kind,
        entry.key.of(source),
        declaration::fields(kind.shape(), source, body),
    );
    let address = Address::new(kind, entry.key.of(source));
    let portal_key = interest.capabilities.portal_key(&address, &fields).into();
    let previously = entry.value.get(source, "previously");
    let lifecycle = match kind {
        Kind::Users => lifecycle::read(source, &entry.value, &mut Report::default()),
        _ => None,
    };
    Content {
        portal_key,
        lifecycle,
        fields,
        previously: previously
            .and_then(|entry| entry.value.text(source))
            .map(Into::into),
    }
}
