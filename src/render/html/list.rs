//! The *list* of operations: deletes first, then by cause, and of one cause by action. A template and those who
//! have it are one card.

use super::{Page, card, is_delete};
use crate::{
    model::Kind,
    plan::{Action, Cause, Plan, Summary},
    render::{
        labels,
        section::{Item, Section, sections},
    },
};
use std::io::{self, Write};

/// The number of cards that a browser skips together while they are out of sight.
const TOGETHER: usize = 50;

/// Writes all operations.
pub(super) fn write<'p>(
    page: &mut Page<'p>,
    plan: &'p Plan,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut all = sections(page.heading, plan);
    all.sort_by_key(|section| !matches!(section.cause, Some(Cause::Conflict | Cause::Drift)));
    let mut deletes = Vec::new();
    for section in &mut all {
        let items = std::mem::take(&mut section.items);
        let (gone, rest) = items
            .into_iter()
            .partition(|item: &Item<'_>| is_delete(item.first()));
        deletes.extend::<Vec<Item<'_>>>(gone);
        section.items = rest;
    }
    let deletes = Section {
        cause: None,
        items: deletes,
    };
    section(page, &deletes, "Deletes", "deletes", out)?;
    for one in &all {
        let title = one.cause.map_or("Operations", labels::cause_heading);
        let class = one.cause.map_or("change", labels::cause);
        section(page, one, title, class, out)?;
    }
    Ok(())
}

fn section<'p>(
    page: &mut Page<'p>,
    section: &Section<'p>,
    title: &str,
    class: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    if section.items.is_empty() {
        return Ok(());
    }
    let operations = section.items.iter().flat_map(|item| &item.operations);
    let counts = labels::summary(Summary::of(operations.copied()));
    writeln!(
        out,
        "<section class=\"list {class}\">\n<h2>{title} <small>{counts}</small></h2>"
    )?;
    let cards = cards(&section.items);
    let is_long = cards.len() > TOGETHER;
    for together in cards.chunks(TOGETHER) {
        let class = if is_long { "cards chunk" } else { "cards" };
        writeln!(out, "<div class=\"{class}\">")?;
        for card in together {
            match &**card {
                [item] => card::write(page, item, out)?,
                items => card::write_template(page, items, out)?,
            }
        }
        writeln!(out, "</div>")?;
    }
    writeln!(out, "</section>")
}

/// The cards: each is one item, or a template with the groups of its users.
fn cards<'i, 'p>(items: &'i [Item<'p>]) -> Vec<Vec<&'i Item<'p>>> {
    let own = |item: &Item<'p>| {
        let first = item.first();
        (first.address.kind == Kind::Templates).then_some(&*first.address.key)
    };
    let template = |item: &Item<'p>| item.template.or_else(|| own(item));
    let mut cards: Vec<Vec<&Item<'p>>> = Vec::new();
    let mut of_template: Vec<(&str, usize)> = Vec::new();
    for item in items {
        if let Some(name) = template(item) {
            let known = of_template.iter().find(|(known, _)| *known == name);
            if let Some((_, at)) = known {
                let card = &mut cards[*at];
                // The template itself is above its users.
                let place = if item.template.is_none() {
                    0
                } else {
                    card.len()
                };
                card.insert(place, item);
                continue;
            }
            of_template.push((name, cards.len()));
        }
        cards.push(vec![item]);
    }
    cards.sort_by_key(|card| rank(card[0]));
    cards
}

/// The order of actions, what is rare and matters first.
fn rank(item: &Item<'_>) -> u8 {
    match item.first().action {
        Action::Delete => 0,
        Action::Deactivate => 1,
        Action::Rename => 2,
        Action::Reactivate => 3,
        Action::Create => 4,
        Action::Update if item.template.is_some() => 5,
        Action::Update => 6,
    }
}
