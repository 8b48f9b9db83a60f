//! *Markdown* is a plan as a comment on a pull request.
//!
//! A forge limits how long a comment may be, so a plan is told within a budget. What deletes and what
//! blocks is told before all else; then what comes into being, then what changes. Whatever is left out
//! is counted where it would have stood. Every text from a file or a portal stands in a code span,
//! where neither Markdown nor HTML, mentions nor references mean anything.

use super::{
    difference::{self, Difference},
    document::Heading,
    safe,
    section::{Item, Section, sections},
    words,
};
use crate::plan::{Action, Finding, Operation, Plan, Summary, guard::Level};
use std::{
    fmt::Write as _,
    io::{self, Write},
};

/// How many bytes GitHub takes. It counts characters, of which there are never more than bytes.
pub const BUDGET: usize = 65_536;

/// A smaller budget has no room for what must always be said.
pub const LEAST: usize = 4_096;

/// How many bytes of one text are told.
const TEXT: usize = 200;

/// How many fields of a new resource, users of a template and lines of a long value are told.
const SHOWN: usize = 8;

/// How wide two values may be to stand side by side.
const SIDE_BY_SIDE: usize = 100;

/// How many bytes are kept for each section: its heading, and what is left out of it.
const PER_SECTION: usize = 480;

/// How many bytes are kept for what is said of deletes and findings that don't fit.
const LOUD: usize = 800;

/// Writes a plan in at most `budget` bytes; a budget below [`LEAST`] counts as that.
///
/// # Errors
/// The writer fails.
pub fn plan(heading: &Heading, plan: &Plan, budget: usize, out: &mut dyn Write) -> io::Result<()> {
    let sections = sections(heading, plan);
    let head = head(heading, plan);
    let foot = format!("\n{}\n", words::foot(plan).join(" · "));
    let fixed = head.len() + foot.len() + LOUD + PER_SECTION * sections.len();
    let mut room = budget.max(LEAST).saturating_sub(fixed);

    let findings = |blocks: bool| {
        let some = plan.findings.iter();
        some.filter(move |finding| (finding.level == Level::Block) == blocks)
            .map(finding)
    };
    let deletes = plan
        .operations
        .iter()
        .filter(|one| one.action == Action::Delete);
    let lists = [
        List::of("What blocks", "blocking finding", findings(true), &mut room),
        List::of("Deletes", "delete", deletes.map(delete), &mut room),
        List::of("Findings", "finding", findings(false), &mut room),
    ];
    let mut told: Vec<Vec<Told<'_>>> = sections.iter().map(Told::all).collect();
    fit(&mut told, &mut room);

    let mut text = head;
    let lost: Vec<String> = lists
        .iter()
        .filter(|list| list.lost > 0)
        .map(|list| words::counted(list.lost, list.one))
        .collect();
    if !lost.is_empty() {
        _ = writeln!(
            text,
            "> [!CAUTION]\n> **Not everything that deletes or blocks fits here: {} left out. Read the JSON plan before anything is merged.**\n",
            lost.join(", ")
        );
    }
    for list in lists {
        list.write(&mut text);
    }
    let is_short = plan.operations.len() <= SHOWN;
    for (section, items) in sections.iter().zip(&told) {
        section_into(section, items, is_short, &mut text);
    }
    text.push_str(&foot);
    out.write_all(text.as_bytes())
}

fn head(heading: &Heading, plan: &Plan) -> String {
    let mut text = format!("<!-- callsheet:{} -->\n", marker(&heading.workspace));
    _ = writeln!(text, "### Callsheet: {}\n", words::summary(plan.summary()));
    let (workspace, portal) = (short(&heading.workspace, 80), short(&heading.portal, 80));
    _ = write!(
        text,
        "{} on {}",
        safe::code(&workspace),
        safe::code(&portal)
    );
    for (name, commit) in words::commits(&heading.revision) {
        _ = write!(text, " · {name} {}", safe::code(&short(commit, 40)));
    }
    if heading.is_dirty {
        _ = write!(text, " · **{}**", words::DIRTY);
    }
    if heading.revision.head.is_none() {
        _ = write!(text, "\n\n_{}_", words::NO_HISTORY);
    }
    text.push_str("\n\n");
    text
}

/// The workspace's name as the hidden marker holds it: nothing in it can end the comment.
fn marker(workspace: &str) -> String {
    let mut text = String::new();
    for byte in workspace.bytes().take(60) {
        if byte.is_ascii_alphanumeric()
            || matches!(byte, b'.' | b'_')
            || (byte == b'-' && !text.ends_with('-'))
        {
            text.push(char::from(byte));
        } else {
            _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// Lines that are told one by one, as many as fit.
struct List {
    title: &'static str,
    one: &'static str,
    lines: Vec<String>,
    lost: usize,
}

impl List {
    fn of(
        title: &'static str,
        one: &'static str,
        all: impl Iterator<Item = String>,
        room: &mut usize,
    ) -> Self {
        let mut lines = Vec::new();
        let mut lost = 0;
        for line in all {
            if lost == 0 && line.len() <= *room {
                *room -= line.len();
                lines.push(line);
            } else {
                lost += 1;
            }
        }
        Self {
            title,
            one,
            lines,
            lost,
        }
    }

    fn write(&self, text: &mut String) {
        if self.lines.is_empty() && self.lost == 0 {
            return;
        }
        _ = writeln!(text, "#### {}\n", self.title);
        self.lines.iter().for_each(|line| text.push_str(line));
        if self.lost > 0 {
            let lost = words::thousands(self.lost);
            _ = writeln!(text, "- … and {lost} more; the JSON plan has them all");
        }
        text.push('\n');
    }
}

fn finding(finding: &Finding) -> String {
    let message = safe::code(&short(&finding.message, TEXT * 2));
    let mut text = format!(
        "- **{}** `{}` {message}\n",
        words::level(finding.level),
        finding.rule
    );
    if let Some(because) = &finding.waived {
        _ = writeln!(text, "  - waived: {}", safe::code(&short(because, TEXT)));
    } else if finding.level == Level::Block {
        if let Some(waiver) = words::waiver(finding) {
            let waiver = safe::code(&short(&waiver, TEXT));
            _ = writeln!(text, "  - allow it in `callsheet.yaml`: {waiver}");
        }
        _ = writeln!(text, "  - {}", finding.rule.remedy());
    }
    text
}

fn delete(operation: &Operation) -> String {
    let address = operation.address.to_string();
    let mut text = format!("- **delete** {}", safe::code(&short(&address, TEXT)));
    if let Some(commit) = &operation.commit {
        let commit = words::commit(Action::Delete, commit);
        _ = write!(text, " · {}", safe::code(&short(&commit, TEXT)));
    }
    text.push('\n');
    text
}

/// An item as it can be told: not at all, in one line, or with its fields.
struct Told<'p> {
    item: &'p Item<'p>,
    brief: String,
    full: String,
    level: usize,
}

impl<'p> Told<'p> {
    fn all(section: &'p Section<'p>) -> Vec<Self> {
        let items = section.items.iter();
        items
            .filter(|item| item.first().action != Action::Delete)
            .map(|item| {
                let title = title(item);
                let count = item.first().changes.len();
                let fields = match item.template {
                    None if count > 0 => format!(" · {}", words::counted(count, "field")),
                    _ => String::new(),
                };
                Self {
                    item,
                    brief: format!("{title}{fields}\n"),
                    full: format!("{title}\n{}", details(item)),
                    level: 0,
                }
            })
            .collect()
    }

    fn text(&self) -> &str {
        match self.level {
            0 => "",
            1 => &self.brief,
            _ => &self.full,
        }
    }
}

/// Tells as much as there is room for: the details of updates go first, then updates, then the details
/// of what comes into being. In each step the first that doesn't fit ends it.
fn fit(told: &mut [Vec<Told<'_>>], room: &mut usize) {
    for (is_update, level) in [(false, 1), (false, 2), (true, 1), (true, 2)] {
        let all = told.iter_mut().flatten();
        for one in all.filter(|one| (one.item.first().action == Action::Update) == is_update) {
            let now = one.text().len();
            let then = if level == 1 { &one.brief } else { &one.full };
            if one.level + 1 != level || then.len() > now + *room {
                break;
            }
            *room = (*room + now).saturating_sub(then.len());
            one.level = level;
        }
    }
}

fn section_into(section: &Section<'_>, items: &[Told<'_>], is_open: bool, text: &mut String) {
    if items.is_empty() {
        return;
    }
    let title = section.cause.map_or("Operations", words::because);
    let counts = words::summary(section.summary());
    let open = if is_open { " open" } else { "" };
    _ = writeln!(
        text,
        "<details{open}>\n<summary><b>{title}</b>: {counts}</summary>\n"
    );
    items.iter().for_each(|one| text.push_str(one.text()));
    let lost = items.iter().filter(|one| one.level == 0);
    let lost = Summary::of(lost.flat_map(|one| one.item.operations.iter().copied()));
    let lost: Vec<String> = words::counts(lost)
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, action)| words::counted(count, &format!("more {}", words::verb(action))))
        .collect();
    if !lost.is_empty() {
        let lost = lost.join(", ");
        _ = writeln!(text, "- … and {lost}; the JSON plan has them all");
    }
    text.push_str("\n</details>\n\n");
}

fn title(item: &Item<'_>) -> String {
    let verb = words::verb(item.first().action);
    let mut text = format!("- **{verb}** {}", safe::code(&short(&item.title(), TEXT)));
    for note in item.notes() {
        _ = write!(text, " · {}", safe::code(&short(&note, TEXT)));
    }
    text
}

fn details(item: &Item<'_>) -> String {
    let is_create = item.first().action == Action::Create;
    let mut text = String::new();
    if item.template.is_some() {
        let users = item.operations.iter().take(SHOWN);
        let users = users.map(|user| safe::code(&short(&user.address.key, TEXT)));
        let users: Vec<String> = users.collect();
        _ = write!(text, "  - of {}", users.join(", "));
        if let Some(more @ 1..) = item.operations.len().checked_sub(SHOWN) {
            _ = write!(text, " … and {} more", words::thousands(more));
        }
        text.push('\n');
    }
    let limit = if is_create { SHOWN } else { SHOWN * 4 };
    let told: Vec<_> = item.changes().collect();
    for (change, cause) in told.iter().take(limit) {
        let path = safe::code(&short(&change.path.join("."), TEXT));
        let cause = cause.map_or_else(String::new, |one| format!(" _({})_", words::cause(one)));
        let code = |value: &str| safe::code(&short(value, TEXT));
        match difference::of(change, SIDE_BY_SIDE) {
            _ if is_create => {
                let after = code(&words::value(change.after.as_ref()));
                _ = writeln!(text, "  - {path}: {after}");
            }
            Difference::Short(before, after) => {
                _ = writeln!(
                    text,
                    "  - {path}: {} → {}{cause}",
                    code(&before),
                    code(&after)
                );
            }
            Difference::Long(pieces) => {
                _ = writeln!(text, "  - {path}:{cause}");
                for (piece, line) in pieces.iter().take(SHOWN * 2) {
                    _ = writeln!(text, "    - `{}` {}", piece.sign(), code(line));
                }
                if let Some(more @ 1..) = pieces.len().checked_sub(SHOWN * 2) {
                    _ = writeln!(text, "    - … and {}", words::counted(more, "more line"));
                }
            }
        }
    }
    let more = told.len().saturating_sub(limit) + item.untold();
    if more > 0 {
        _ = writeln!(text, "  - … and {}", words::counted(more, "more field"));
    }
    text
}

/// At most `limit` bytes of a text, with the cut shown.
fn short(text: &str, limit: usize) -> String {
    let shown = safe::line(text);
    if shown.len() <= limit {
        return shown;
    }
    let end = shown.floor_char_boundary(limit.saturating_sub(3));
    format!("{}…", &shown[..end])
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            planned::{self, operation, with},
            samples::written,
        },
        *,
    };
    use crate::{model::Value, plan::Cause};
    use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};

    #[test]
    fn a_plan_is_told_in_order_of_what_it_risks() {
        let (heading, ordinary) = planned::ordinary();
        insta::assert_snapshot!(written(|out| plan(&heading, &ordinary, BUDGET, out)));
    }

    #[test]
    fn hostile_text_stays_in_code_spans() {
        let (heading, hostile) = planned::hostile();
        let shown = written(|out| plan(&heading, &hostile, BUDGET, out));
        insta::assert_snapshot!(shown);
        for line in shown.lines() {
            assert!(!line.starts_with("::") && !line.starts_with('|'), "{line}");
            let outside = outside_of_code(line);
            for bad in ["<script", "<img", "@octocat", "#1", "](", "|", "##["] {
                assert!(!outside.contains(bad), "{bad} in {outside}");
            }
            assert!(!line.chars().any(safe::acts), "{line:?}");
        }
        assert_eq!(
            shown.matches("-->").count() - shown.matches("&amp;-->").count(),
            1
        );
    }

    /// A line without its code spans, which are found as CommonMark finds them.
    fn outside_of_code(line: &str) -> String {
        let mut outside = String::new();
        let mut rest = line;
        while let Some(start) = rest.find('`') {
            outside.push_str(&rest[..start]);
            let fence = rest[start..].chars().take_while(|c| *c == '`').count();
            let inner = &rest[start + fence..];
            let mut at = 0;
            let end = loop {
                let from = at + inner[at..].find('`').expect("every span ends");
                let run = inner[from..].chars().take_while(|c| *c == '`').count();
                at = from + run;
                if run == fence {
                    break at;
                }
            };
            rest = &inner[end..];
        }
        outside + rest
    }

    /// The number that stands before `words`, or nothing.
    fn number(text: &str, words: &str) -> usize {
        let before = text
            .split(words)
            .next()
            .filter(|before| before.len() < text.len());
        let digits = before.and_then(|before| before.rsplit([' ', '(']).next());
        digits.map_or(0, |digits| digits.replace(',', "").parse().unwrap())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn the_budget_is_kept_and_no_delete_is_lost_in_silence(
            creates in 0_usize..3_000,
            updates in 0_usize..20_000,
            deletes in 0_usize..3_000,
            budget in 1_usize..100_000,
            name in "[a-z`|é]{1,40}",
        ) {
            let mut of = Plan::default();
            for (count, action) in [
                (creates, Action::Create),
                (updates, Action::Update),
                (deletes, Action::Delete),
            ] {
                for at in 0..count {
                    let mut one = operation(action, Cause::Change, &format!("{name}{at}"));
                    if action != Action::Delete {
                        one = with(one, "last_name", None, Some(Value::text(&name)));
                    }
                    of.operations.push(one);
                }
            }
            let (heading, _) = planned::ordinary();
            let shown = written(|out| plan(&heading, &of, budget, out));
            prop_assert!(shown.len() <= budget.max(LEAST), "{} of {budget}", shown.len());
            let count = |verb: &str| shown.matches(&format!("\n- **{verb}** ")).count();
            let lost = number(&shown, " delete left out").max(number(&shown, " deletes left out"));
            prop_assert_eq!(count("delete") + lost, deletes);
            let more = |verb: &str| {
                number(&shown, &format!(" more {verb};"))
                    .max(number(&shown, &format!(" more {verb}s;")))
                    .max(number(&shown, &format!(" more {verb},")))
                    .max(number(&shown, &format!(" more {verb}s,")))
            };
            prop_assert_eq!(count("create") + more("create"), creates);
            prop_assert_eq!(count("update") + more("update"), updates);
        }
    }
}
