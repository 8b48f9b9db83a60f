//! A *finding* on the page, or several that are alike, with links to the operations that they are about.

use super::{Page, words};
use crate::{
    plan::Finding,
    render::{alike::Alike, escape::html, labels},
};
use std::io::{self, Write};

/// The number of resources that aren't folded.
const UNFOLDED: usize = 24;

/// Writes findings that are alike as one card.
pub(super) fn write(
    page: &Page<'_>,
    at: usize,
    alike: &Alike<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let first = alike.first();
    let (level, rule) = (labels::level(first.level), first.rule);
    let count = match alike.findings.len() {
        1 => String::new(),
        count => format!(" <small>×{}</small>", labels::thousands(count)),
    };
    writeln!(
        out,
        "<article id=\"finding-{at}\" class=\"{level}\">\n<h3><b>{level}</b> <code>{rule}</code>{count}</h3>"
    )?;
    if let [one] = &*alike.findings {
        writeln!(out, "<p>{}</p>", words::prose(&one.message, Some(page)))?;
    } else {
        for (message, findings) in alike.by_message() {
            let message = capitalized(message.trim_end_matches(':'));
            let message = words::prose(&message, Some(page));
            write!(out, "<p>{message}</p>\n<p class=\"people\">")?;
            let names: Vec<String> = findings.iter().map(|one| name(page, one)).collect();
            let shown = &names[..names.len().min(UNFOLDED)];
            writeln!(out, "{}</p>", shown.join(", "))?;
            if names.len() > shown.len() {
                let more = labels::thousands(names.len() - shown.len());
                let rest = names[shown.len()..].join(", ");
                writeln!(
                    out,
                    "<details class=\"more\"><summary>{more} more</summary><p class=\"people\">{rest}</p></details>"
                )?;
            }
        }
    }
    if let Some(because) = &first.waived {
        writeln!(out, "<p class=\"soft\">Waived: {}</p>", html(because))?;
    }
    if let Some(help) = alike.help() {
        writeln!(out, "<p class=\"soft\">{}</p>", words::prose(help, None))?;
    }
    if let Some(waiver) = alike.waiver() {
        writeln!(
            out,
            "<p class=\"soft\">Or allow it in <code>callsheet.yaml</code>:</p>\n<p class=\"line\"><code>{}</code></p>",
            html(&waiver)
        )?;
    }
    writeln!(out, "</article>")
}

/// Who a finding is about, as a link to the operation.
fn name(page: &Page<'_>, finding: &Finding) -> String {
    let Some(address) = &finding.address else {
        return String::new();
    };
    match page.names.get(address) {
        Some(Some(name)) => format!("<a href=\"#{}\">{}</a>", words::anchor(address), html(name)),
        _ => words::resource(address, Some(page)),
    }
}

/// A text that begins with a capital letter.
fn capitalized(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(rest).collect()
    })
}
