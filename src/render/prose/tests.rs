//! *Tests* of the prose renderer: its layout, its width, and hostile text.

use crate::portal::Check;

use super::{
    super::{planned, samples::written},
    *,
};

#[test]
fn a_plan_with_history_is_grouped_by_cause() {
    let look = Look {
        width: 100,
        ..Look::default()
    };
    let (heading, ordinary) = planned::ordinary();
    insta::assert_snapshot!(written(|out| plan(&heading, &ordinary, &look, out)));
}

#[test]
fn a_plan_without_history_has_no_headings() {
    let (mut heading, ordinary) = planned::ordinary();
    heading.revision = super::super::document::Revision::default();
    heading.dirty = false;
    insta::assert_snapshot!(written(|out| plan(
        &heading,
        &ordinary,
        &Look::default(),
        out
    )));
}

#[test]
fn lines_keep_to_the_width_and_are_escaped() {
    for (heading, of) in [planned::ordinary(), planned::hostile()] {
        for width in [40, 80, 120] {
            let look = Look {
                width,
                ..Look::default()
            };
            let shown = written(|out| plan(&heading, &of, &look, out));
            for line in shown.lines() {
                assert!(!line.chars().any(escape::is_unsafe), "{line:?}");
                assert!(!line.starts_with("::") && !line.contains("##["), "{line}");
                let is_finding = line.contains("  in-use  ") || line.starts_with("       ");
                let is_one_word = !line.trim().contains(' ');
                assert!(
                    line.width() <= width || is_finding || is_one_word,
                    "{width}: {line}"
                );
            }
        }
    }
}

#[test]
fn many_findings_of_one_rule_are_one_entry() {
    let (heading, mut ordinary) = planned::ordinary();
    let template = ordinary.findings[0].clone();
    ordinary.findings = (0..143)
        .map(|at| Finding {
            rule: crate::model::FindingRule::RenumberImpact,
            level: Level::Warn,
            address: Some(Address::new(crate::model::Kind::Users, format!("u{at}"))),
            message: format!("the extension of users/u{at} changes"),
            waived: None,
            ..template.clone()
        })
        .collect();
    let shown = written(|out| plan(&heading, &ordinary, &Look::default(), out));
    assert_eq!(shown.matches("renumber-impact").count(), 1, "{shown}");
    assert!(
        shown.contains("142 more: users/u1, users/u2, users/u3, …"),
        "{shown}"
    );
}

#[test]
fn what_an_interruption_left_is_summed_up() {
    use crate::apply::OperationResult;
    let (_, ordinary) = planned::ordinary();
    let first = ordinary.operations[0].clone();
    let of = Plan {
        operations: vec![first; 40],
        ..Plan::default()
    };
    let result = |outcome, error: Option<&str>| OperationResult {
        outcome,
        error: error.map(str::to_owned),
        written: None,
    };
    let mut results = vec![
        result(Outcome::Done, None),
        result(Outcome::Failed, Some("no")),
    ];
    let left = result(Outcome::NotAttempted, Some("interrupted before it began"));
    results.resize_with(40, || left.clone());
    let result = Applied {
        results,
        interrupted: true,
        checks: vec![Check::failed("reload", "no answer".to_owned())],
    };
    let shown = written(|out| applied(&of, &result, &Look::default(), out));
    assert_eq!(shown.lines().count(), 4, "{shown}");
    assert!(shown.contains("warning: reload: no answer"), "{shown}");
    assert!(shown.contains("38 operations"), "{shown}");
    assert!(
        shown.contains("interrupted: 1 of 40 done, 1 failed, 38 not attempted"),
        "{shown}"
    );
}
