//! The *HTML* renderer writes a plan as a self-contained page: it loads nothing, works without scripts, and
//! can be kept as a build artifact.
//!
//! The content security policy allows only the embedded style sheet and script, by their digests, so text
//! that escapes its element can't run anything.

use super::{
    difference::{self, Difference, Piece},
    document::Heading,
    escape::html,
    labels,
    section::{Item, sections},
};
use crate::{
    model::Change,
    plan::{Action, Cause, Plan, guard::Level},
};
use sha2::{Digest as _, Sha256};
use std::io::{self, Write};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The maximum number of operations that are expanded initially.
const EXPANDED: usize = 40;

/// The maximum width of two values side by side.
const SIDE_BY_SIDE: usize = 120;

/// Writes a plan.
///
/// # Errors
/// The writer fails.
pub fn plan(heading: &Heading, plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    head(heading, plan, out)?;
    findings(plan, out)?;
    out.write_all(SEARCH.as_bytes())?;
    let open = if plan.operations.len() <= EXPANDED {
        " open"
    } else {
        ""
    };
    for section in sections(heading, plan) {
        let title = section.cause.map_or("Operations", labels::cause_heading);
        let counts = labels::summary(section.summary());
        writeln!(
            out,
            "<section class=\"cause-of\">\n<h2>{title} <small>{counts}</small></h2>"
        )?;
        for item in &section.items {
            operation(item, open, out)?;
        }
        writeln!(out, "</section>")?;
    }
    let foot = html(&labels::footer(plan).join(" · "));
    writeln!(out, "</main>\n<footer><p>{foot}</p></footer>")?;
    writeln!(out, "<script>{SCRIPT}</script>\n</body>\n</html>")
}

/// The search form, hidden without scripts.
const SEARCH: &str = r#"<form hidden role="search">
<input type="search" aria-label="Find operations" placeholder="Find operations" autocomplete="off">
<button type="button" name="open">Expand all</button>
<button type="button" name="close">Collapse all</button>
<output aria-live="polite"></output>
</form>
"#;

fn head(heading: &Heading, plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    );
    let workspace = html(&heading.workspace);
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{workspace}: {}</title>\n<style>{STYLE}</style>\n</head>\n<body>",
        labels::summary(plan.summary())
    )?;
    let portal = html(&heading.portal);
    writeln!(out, "<header>\n<h1>{workspace}</h1>\n<p>on {portal}")?;
    for (name, commit) in labels::commits(&heading.revision) {
        writeln!(
            out,
            " · {name} <code>{}</code>",
            html(labels::short(commit))
        )?;
    }
    writeln!(out, "</p>")?;
    if heading.dirty {
        writeln!(out, "<p><strong>{}</strong></p>", labels::DIRTY)?;
    }
    if heading.revision.head.is_none() {
        writeln!(out, "<p>{}</p>", html(&labels::no_history(heading)))?;
    }
    writeln!(out, "<ul class=\"counts\">")?;
    for (count, action) in labels::counts(plan.summary()) {
        if count > 0 {
            let (verb, sign) = (labels::verb(action), labels::sign(action));
            let count = labels::thousands(count);
            writeln!(out, "<li class=\"{verb}\">{sign} {count} to {verb}</li>")?;
        }
    }
    if plan.operations.is_empty() {
        writeln!(out, "<li>Nothing to do</li>")?;
    }
    writeln!(out, "</ul>\n</header>\n<main>")
}

fn findings(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    if plan.findings.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>Findings</h2>\n<ul class=\"findings\">")?;
    for finding in &plan.findings {
        let level = labels::level(finding.level);
        writeln!(
            out,
            "<li class=\"{level}\"><strong>{level}</strong> <code>{}</code> {}",
            finding.rule,
            html(&finding.message)
        )?;
        if let Some(because) = &finding.waived {
            writeln!(out, "<p>waived: {}</p>", html(because))?;
        } else if finding.level == Level::Block {
            if let Some(waiver) = labels::waiver(finding) {
                let waiver = html(&waiver);
                writeln!(
                    out,
                    "<p>allow it in callsheet.yaml: <code>{waiver}</code></p>"
                )?;
            }
            writeln!(out, "<p>{}</p>", html(finding.help()))?;
        }
        writeln!(out, "</li>")?;
    }
    writeln!(out, "</ul>")
}

fn operation(item: &Item<'_>, open: &str, out: &mut dyn Write) -> io::Result<()> {
    let action = item.first().action;
    let (verb, sign) = (labels::verb(action), labels::sign(action));
    let title = html(&item.title());
    let notes = html(&item.notes().join(" · "));
    writeln!(
        out,
        "<details{open}>\n<summary><b class=\"{verb}\">{sign} {verb}</b> <code>{title}</code> \
         <small>{notes}</small></summary>\n<div>"
    )?;
    if item.template.is_some() {
        let users = item.operations.iter().map(|one| &*one.address.key);
        let users = html(&users.collect::<Vec<&str>>().join(", "));
        writeln!(out, "<p>{users}</p>")?;
    }
    let changes: Vec<(&Change, Option<Cause>)> = item.changes().collect();
    if changes.is_empty() {
        let kind = item.first().address.kind.singular();
        match action {
            Action::Delete => writeln!(out, "<p>The whole {kind} is deleted.</p>")?,
            _ => writeln!(out, "<p>Only the key changes.</p>")?,
        }
    } else {
        writeln!(
            out,
            "<table>\n<thead><tr><th scope=\"col\">Field</th><th scope=\"col\">Before</th>\
             <th scope=\"col\">After</th></tr></thead>\n<tbody>"
        )?;
        for (change, cause) in changes {
            field(change, cause, out)?;
        }
        writeln!(out, "</tbody>\n</table>")?;
    }
    if item.omitted() > 0 {
        let more = labels::counted(item.omitted(), "more field");
        writeln!(out, "<p>… and {more}, as the template has them</p>")?;
    }
    writeln!(out, "</div>\n</details>")
}

fn field(change: &Change, cause: Option<Cause>, out: &mut dyn Write) -> io::Result<()> {
    let path = html(&change.path.join("."));
    write!(out, "<tr><th scope=\"row\"><code>{path}</code>")?;
    if let Some(cause) = cause {
        write!(
            out,
            " <span class=\"cause\">({})</span>",
            labels::cause(cause)
        )?;
    }
    write!(out, "</th>")?;
    match difference::of(change, SIDE_BY_SIDE) {
        Difference::Short(before, after) => {
            let cell = |tag: &str, is_there: bool, text: &str| {
                if is_there {
                    format!("<td><{tag}>{}</{tag}></td>", html(text))
                } else {
                    "<td><span class=\"none\">(none)</span></td>".to_owned()
                }
            };
            let before = cell("del", change.before.is_some(), &before);
            let after = cell("ins", change.after.is_some(), &after);
            writeln!(out, "{before}{after}</tr>")
        }
        Difference::Long(pieces) => {
            write!(out, "<td colspan=\"2\">")?;
            for (piece, text) in &pieces {
                let text = html(text);
                match piece {
                    Piece::Removed => write!(out, "<del>{text}</del><br>")?,
                    Piece::Added => write!(out, "<ins>{text}</ins><br>")?,
                    Piece::Unchanged => write!(out, "<code>{text}</code><br>")?,
                }
            }
            writeln!(out, "</td></tr>")
        }
    }
}

/// A digest in the format of a content security policy.
fn digest(text: &str) -> String {
    format!("sha256-{}", base64(&Sha256::digest(text)))
}

/// Base64 encoding of a digest.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = (bits >> (18 - 6 * at)) & 63;
            text.push(if at as usize > three.len() {
                '='
            } else {
                char::from(DIGITS[digit as usize])
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{
        super::{escape, planned, samples::written},
        *,
    };

    #[test]
    fn digests_are_spelt_as_browsers_spell_them() {
        let spelt = ["", "f", "fo", "foo", "foob"].map(|text| base64(text.as_bytes()));
        assert_eq!(spelt, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
    }

    #[test]
    fn hostile_text_stays_text() {
        let (heading, hostile) = planned::hostile();
        let shown = written(|out| plan(&heading, &hostile, out));
        assert_eq!(shown.matches("<script").count(), 1);
        assert!(!shown.contains("<img") && !shown.contains("##["));
        for line in shown.lines() {
            assert!(
                !line.starts_with("::") && !line.chars().any(escape::is_unsafe),
                "{line:?}"
            );
        }
    }
}
