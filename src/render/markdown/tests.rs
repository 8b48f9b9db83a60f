//! *Tests* of the Markdown renderer: its order, its budget, and hostile text.

use super::{
    super::{
        planned::{self, operation, with},
        samples::written,
    },
    *,
};
use crate::{
    model::{Address, FindingRule, Kind, Value},
    plan::Finding,
    render::escape,
};
use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};

#[test]
fn a_plan_is_sorted_by_risk() {
    let (heading, ordinary) = planned::ordinary();
    insta::assert_snapshot!(written(|out| plan(&heading, &ordinary, BUDGET, out)));
}

#[test]
fn a_small_budget_counts_omitted_items() {
    let (heading, _) = planned::ordinary();
    let mut of = Plan::default();
    for at in 0..1_200 {
        let key = format!("user{at}");
        of.operations
            .push(operation(Action::Delete, Cause::Change, &key));
        of.operations
            .push(operation(Action::Update, Cause::Drift, &key));
    }
    insta::assert_snapshot!(written(|out| plan(&heading, &of, MIN_BUDGET, out)));
}

#[test]
fn hostile_text_stays_in_code_spans() {
    let (heading, hostile) = planned::hostile();
    let shown = written(|out| plan(&heading, &hostile, BUDGET, out));
    insta::assert_snapshot!(shown);
    let mut is_fenced = false;
    for line in shown.lines() {
        let is_fence = line.trim_start().starts_with("```");
        is_fenced ^= is_fence;
        if is_fenced || is_fence {
            assert!(line.starts_with("  "), "{line}");
            continue;
        }
        assert!(!line.starts_with("::") && !line.starts_with('|'), "{line}");
        let outside = outside_of_code(line);
        for bad in ["<script", "<img", "@octocat", "#1", "](", "|", "##["] {
            assert!(!outside.contains(bad), "{bad} in {outside}");
        }
        assert!(!line.chars().any(escape::is_unsafe), "{line:?}");
    }
    assert_eq!(
        shown.matches("-->").count() - shown.matches("&amp;-->").count(),
        1
    );
}

#[test]
fn equal_findings_are_one_entry_and_privileges_are_listed() {
    let mut of = Plan::default();
    let message = |key: &str, field: &str| {
        format!("users/{key}: both the files and the portal changed {field}")
    };
    let (_, ordinary) = planned::ordinary();
    for at in 0..12 {
        let key = format!("user{at}");
        let field = if at == 3 { "title, last_name" } else { "title" };
        for (rule, message) in [
            (FindingRule::Conflict, message(&key, field)),
            (
                FindingRule::Protected,
                format!("users/{key} is protected, and would be deleted"),
            ),
        ] {
            of.findings.push(Finding {
                rule,
                address: Some(Address::new(Kind::Users, key.clone())),
                message,
                ..ordinary.findings[0].clone()
            });
        }
    }
    let text = |text: &str| Some(Value::text(text));
    let admin = |cause, key| {
        let one = operation(Action::Update, cause, key);
        with(one, "scope", text("administrator"), text("basic_user"))
    };
    of.operations = vec![
        planned::leaver(),
        admin(Cause::Drift, "mallory"),
        admin(Cause::Change, "pia"),
    ];
    let shown = written(|out| plan(&planned::linked(), &of, BUDGET, out));
    insta::assert_snapshot!(shown);
}

/// A line without its code spans, by the rules of CommonMark.
pub(super) fn outside_of_code(line: &str) -> String {
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

/// The number before `words`, or 0.
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
    fn the_budget_is_kept_and_omitted_deletes_are_counted(
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
        prop_assert!(shown.len() <= budget.max(MIN_BUDGET), "{} of {budget}", shown.len());
        let count = |verb: &str| shown.matches(&format!("\n- **{verb}** ")).count();
        let omitted = number(&shown, " delete omitted").max(number(&shown, " deletes omitted"));
        prop_assert_eq!(count("delete") + omitted, deletes);
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

#[test]
fn a_marker_names_one_folder_and_never_ends_its_comment() {
    assert_eq!(marker("eu/phones"), "<!-- callsheet:eu/phones -->");
    assert_eq!(marker("./eu/phones/"), marker("eu/phones"));
    assert_eq!(marker(""), "<!-- callsheet:. -->");
    assert_eq!(marker("a--> <b>"), "<!-- callsheet:a-%2D%3E%20%3Cb%3E -->");
    let (one, other) = ("é".repeat(99) + "1", "é".repeat(99) + "2");
    assert_ne!(marker(&one), marker(&other));
    assert!(marker(&one).len() < 320);
}
