//! *Words* are texts from files and portals as HTML, in which nothing is markup; and links.

use super::Page;
use crate::{
    model::{Address, Kind},
    render::{document::Heading, escape::html, labels},
};
use std::fmt::Write as _;

/// A message. What is between backticks, and addresses of resources, are code; resources that are on the page are
/// links.
pub(super) fn prose(text: &str, page: Option<&Page<'_>>) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let is_paired = parts.len() % 2 == 1;
    let mut prose = String::new();
    for (at, part) in parts.iter().enumerate() {
        match at % 2 {
            1 if is_paired || at + 1 < parts.len() => {
                _ = write!(prose, "<code>{}</code>", html(part));
            }
            1 => {
                prose.push('`');
                plain_into(part, page, &mut prose);
            }
            _ => plain_into(part, page, &mut prose),
        }
    }
    prose
}

fn plain_into(text: &str, page: Option<&Page<'_>>, prose: &mut String) {
    for word in text.split_inclusive(' ') {
        let core = word.trim_end_matches([' ', ',', ':', ';', ')', '.']);
        let address = core.split_once('/').and_then(|(kind, key)| {
            let kind = kind.parse::<Kind>().ok().filter(|_| !key.is_empty())?;
            Some(Address::new(kind, key))
        });
        match address {
            Some(address) => {
                prose.push_str(&resource(&address, page));
                prose.push_str(&html(&word[core.len()..]));
            }
            None => prose.push_str(&html(word)),
        }
    }
}

/// An address, as a link to its operation if there is one.
pub(super) fn resource(address: &Address, page: Option<&Page<'_>>) -> String {
    let text = html(&address.to_string());
    match page.filter(|page| page.names.contains_key(address)) {
        Some(_) => format!("<a href=\"#{}\"><code>{text}</code></a>", anchor(address)),
        None => format!("<code>{text}</code>"),
    }
}

/// The id of an operation on the page: the address, with what an id or a link can't contain encoded.
pub(super) fn anchor(address: &Address) -> String {
    let mut id = String::new();
    for byte in address.to_string().bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/+@".contains(&byte) {
            id.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            _ = write!(id, "%{byte:02X}");
        }
    }
    id
}

/// An abbreviated commit, as a link where the forge is known.
pub(super) fn commit(heading: &Heading, id: &str) -> String {
    let text = format!("<code>{}</code>", html(labels::short(id)));
    let links = heading.links.as_ref();
    linked(&text, links.and_then(|links| links.commit(id)))
}

/// Escaped text as a link, if there is an address.
pub(super) fn linked(text: &str, address: Option<String>) -> String {
    match address {
        Some(address) => format!("<a href=\"{}\">{text}</a>", html(&address)),
        None => text.to_owned(),
    }
}
