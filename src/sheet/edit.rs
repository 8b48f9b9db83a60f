//! The *edits* of a file that give a resource other values where it is declared. Comments, layout and quotes stay.

use super::{
    flow::{flow, in_style, key},
    overlay::{canonical, difference},
};
use crate::{
    model::{Fields, ListOrder, Shape, Value},
    source::{Source, Span},
    yaml::{Entry, Node, NodeKind},
};

/// One replacement in a file.
#[derive(Clone, Debug)]
pub(super) struct Edit {
    pub(super) span: Span,
    pub(super) text: String,
}

/// Why a value can't be edited: its file is written in a way that only people can change.
#[derive(Clone, Debug)]
pub(super) struct CantEdit(pub(super) String);

/// A text with edits, which don't overlap.
pub(super) fn applied(source: &Source, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let text = source.text();
    let mut after =
        String::with_capacity(text.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut at = 0;
    for edit in edits {
        after.push_str(text.get(at..edit.span.start as usize).unwrap_or(""));
        after.push_str(&edit.text);
        at = at.max(edit.span.end as usize);
    }
    after.push_str(text.get(at..).unwrap_or(""));
    after
}

/// Edits one file.
pub(super) struct Editor<'e> {
    pub(super) source: &'e Source,
    /// How its lines end.
    pub(super) line_break: &'static str,
    pub(super) edits: Vec<Edit>,
}

impl Editor<'_> {
    /// Gives a resource, or a record in it, the values that differ.
    pub(super) fn set(
        &mut self,
        shape: &Shape,
        node: &Node,
        differing: &Fields,
    ) -> Result<(), CantEdit> {
        let NodeKind::Map(entries) = &node.kind else {
            return Err(CantEdit("it is not a mapping".to_owned()));
        };
        let mut new = Vec::new();
        for (name, value) in differing.iter() {
            let own = entries
                .iter()
                .find(|entry| entry.key.of(self.source) == &**name);
            let inner = match shape.strict() {
                Shape::Map { item, .. } => Some(&**item),
                shape => shape.field_of_any_type(name).map(|field| &field.shape),
            };
            match (own, inner) {
                (Some(entry), Some(inner)) => self.replace(inner, &entry.value, value)?,
                (None, _) => new.push((name, value)),
                (Some(_), None) => return Err(CantEdit(format!("`{name}` is no field"))),
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = shape
            .all_fields()
            .into_iter()
            .map(|field| &*field.name)
            .collect();
        let order = |name: &str| names.iter().position(|known| *known == name);
        for (name, value) in new {
            let line = format!("{}: {}", key(name), flow(value));
            self.insert(node, entries, &line, &|other| order(other) < order(name));
        }
        Ok(())
    }

    /// Adds an entry to a mapping, after one that comes before it.
    fn insert(
        &mut self,
        node: &Node,
        entries: &[Entry],
        line: &str,
        precedes: &dyn Fn(&str) -> bool,
    ) {
        let text = self.source.text();
        let start = node.span.start as usize;
        if text[start..].starts_with('{') {
            let (at, text) = match entries.last() {
                Some(last) => (last.value.span.end.max(last.span.end), format!(", {line}")),
                None => (node.span.start + 1, format!(" {line} ")),
            };
            return self.push(Span::new(at, at), text);
        }
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let indent = " ".repeat(text[line_start..start].chars().count());
        let line_break = self.line_break;
        let before = entries
            .iter()
            .rev()
            .find(|entry| precedes(entry.key.of(self.source)) && self.is_on_one_line(entry));
        match before {
            Some(entry) => {
                let at = self.line_end(entry.value.span.end);
                self.push(Span::new(at, at), format!("{line_break}{indent}{line}"));
            }
            None => {
                let at = node.span.start;
                self.push(Span::new(at, at), format!("{line}{line_break}{indent}"));
            }
        }
    }

    /// Edits at one place keep their order.
    fn push(&mut self, span: Span, text: String) {
        let same = self
            .edits
            .iter_mut()
            .find(|edit| edit.span == span && span.start == span.end);
        match same {
            Some(edit) => edit.text.push_str(&text),
            None => self.edits.push(Edit { span, text }),
        }
    }

    /// Whether an entry is on one line, with nothing but a comment behind it.
    fn is_on_one_line(&self, entry: &Entry) -> bool {
        let raw = self
            .source
            .slice(Span::new(entry.span.start, entry.value.span.end));
        let end = entry.value.span.end;
        let rest = self.source.slice(Span::new(end, self.line_end(end))).trim();
        let is_block = self.source.slice(entry.value.span).starts_with(['|', '>']);
        !raw.contains('\n')
            && !is_block
            && entry.value.span.start > entry.span.start
            && (rest.is_empty() || rest.starts_with('#'))
    }

    /// The end of a line, before its line break.
    fn line_end(&self, at: u32) -> u32 {
        let rest = &self.source.text()[at as usize..];
        let length = rest.find('\n').unwrap_or(rest.len());
        let length = rest[..length].trim_end_matches('\r').len();
        at + u32::try_from(length).unwrap_or(0)
    }

    /// Replaces a value.
    fn replace(&mut self, shape: &Shape, node: &Node, value: &Value) -> Result<(), CantEdit> {
        match (shape.strict(), &node.kind, value) {
            (
                shape @ (Shape::Record(_) | Shape::Map { .. }),
                NodeKind::Map(_),
                Value::Map(fields),
            ) => self.set(shape, node, fields),
            (Shape::List { item, order }, NodeKind::List(elements), Value::List(new)) => {
                self.list(item, order, elements, node, new)
            }
            (_, NodeKind::Scalar(_), value) => {
                let old = self.source.slice(node.span);
                if old.starts_with(['|', '>']) {
                    return Err(CantEdit("a text over several lines is replaced".to_owned()));
                }
                let space = match self.source.text()[..node.span.start as usize].ends_with(':') {
                    true => " ",
                    false => "",
                };
                let text = format!("{space}{}", in_style(old, value));
                self.push(node.span, text);
                Ok(())
            }
            (_, _, value) if !self.source.slice(node.span).contains(['\n', '#']) => {
                self.push(node.span, flow(value));
                Ok(())
            }
            _ => Err(CantEdit(
                "the value is written over several lines".to_owned(),
            )),
        }
    }

    /// Edits the elements of a list: those that stay stay where they are.
    fn list(
        &mut self,
        item: &Shape,
        order: &ListOrder,
        elements: &[Node],
        node: &Node,
        new: &[Value],
    ) -> Result<(), CantEdit> {
        let read = |element: &Node| {
            let text = element.text(self.source).map(|text| match item.strict() {
                Shape::Text(Some(format)) => Value::Text((format.canonical)(text).into()),
                _ => Value::text(text),
            });
            text.or_else(|| {
                let fields = crate::declaration::fields(item.strict(), self.source, element);
                Some(canonical(item, &Value::Map(fields)))
            })
        };
        let old: Vec<Option<Value>> = elements.iter().map(read).collect();
        let pairs = pairs(order, &old, new);
        let is_flow = self.source.slice(node.span).starts_with('[');
        let stays = |at: usize| pairs.iter().any(|(element, _)| *element == Some(at));
        let is_simple = is_flow
            && !self.source.slice(node.span).contains(['\n', '#'])
            && new.iter().all(|one| matches!(one, Value::Text(_)));
        if is_simple || elements.is_empty() {
            self.push(node.span, flow(&Value::List(new.into())));
            return Ok(());
        }
        for at in (0..elements.len()).filter(|at| !stays(*at)) {
            self.remove(&elements[at], is_flow)?;
        }
        for (element, value) in pairs {
            match element {
                Some(at) if old[at].as_ref() == Some(value) => {}
                Some(at) => match (&old[at], value) {
                    (Some(Value::Map(before)), Value::Map(after)) => {
                        let differing = difference(item.strict(), before, after, &|_, _| false);
                        self.set(item.strict(), &elements[at], &differing)?;
                    }
                    _ => self.replace(item, &elements[at], value)?,
                },
                None => self.append(elements, is_flow, value)?,
            }
        }
        Ok(())
    }

    /// Removes an element that has lines of its own.
    fn remove(&mut self, element: &Node, is_flow: bool) -> Result<(), CantEdit> {
        let (start, end) = (element.span.start as usize, element.span.end);
        let text = self.source.text();
        let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
        if is_flow || text[line..start].trim() != "-" {
            return Err(CantEdit("an element is removed from a list".to_owned()));
        }
        let stop = self.line_end(end) as usize;
        let stop = text[stop..]
            .find('\n')
            .map_or(text.len(), |at| stop + at + 1);
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.push(Span::new(byte(line), byte(stop)), String::new());
        Ok(())
    }

    fn append(&mut self, elements: &[Node], is_flow: bool, value: &Value) -> Result<(), CantEdit> {
        let Some(last) = elements.last() else {
            return Err(CantEdit("the list is empty".to_owned()));
        };
        if is_flow {
            let end = last.span.end;
            self.push(Span::new(end, end), format!(", {}", flow(value)));
            return Ok(());
        }
        let text = self.source.text();
        let start = elements[0].span.start as usize;
        let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let before = &text[line..start];
        let Some(dash) = before.rfind('-') else {
            return Err(CantEdit("the list is written in an unusual way".to_owned()));
        };
        let indent = " ".repeat(before[..dash].chars().count());
        let line_break = self.line_break;
        let end = self.line_end(last.span.end);
        self.push(
            Span::new(end, end),
            format!("{line_break}{indent}- {}", flow(value)),
        );
        Ok(())
    }
}

/// The element that each new value replaces, if any: the one with its key, or with its value, or at its place.
fn pairs<'n>(
    order: &ListOrder,
    old: &[Option<Value>],
    new: &'n [Value],
) -> Vec<(Option<usize>, &'n Value)> {
    if let ListOrder::Ordered | ListOrder::Distinct = order {
        let at = |index: usize| (index < old.len()).then_some(index);
        return new
            .iter()
            .enumerate()
            .map(|(index, value)| (at(index), value))
            .collect();
    }
    let key = |value: &Value| match order {
        ListOrder::Keyed(key) => value.as_map().and_then(|one| one.get(key)).cloned(),
        _ => Some(value.clone()),
    };
    let mut pairs: Vec<(Option<usize>, &Value)> = Vec::new();
    for value in new {
        let same = old
            .iter()
            .position(|one| one.as_ref().and_then(key) == key(value));
        pairs.push((same, value));
    }
    if let ListOrder::Keyed(_) = order {
        let taken: Vec<usize> = pairs.iter().filter_map(|(at, _)| *at).collect();
        let mut free = (0..old.len()).filter(|at| !taken.contains(at));
        for (at, _) in pairs.iter_mut().filter(|(at, _)| at.is_none()) {
            *at = free.next();
        }
    }
    pairs
}
