//! *Tests* of the prose renderer: its layout, its width, and hostile text.

use crate::portal::Check;

use super::{
    super::{planned, samples::written},
    *,
};
use crate::model::{Address, Value};

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
fn a_summary_shortens_what_is_new_and_never_hides_what_gives_access() {
    let (heading, mut of) = planned::ordinary();
    of.operations.truncate(1);
    let eve = &mut of.operations[0];
    eve.changes
        .retain(|change| change.path.join(".") != "scope");
    eve.causes.truncate(eve.changes.len());
    for at in 0..9 {
        *eve = planned::with(
            eve.clone(),
            &format!("field{at}"),
            None,
            Some(Value::Bool(true)),
        );
    }
    let text = |text: &str| Some(Value::text(text));
    *eve = planned::with(eve.clone(), "scope", None, text("administrator"));
    *eve = planned::with(
        eve.clone(),
        "forwarding.destinations",
        None,
        text("+14155550199"),
    );
    let look = |detail| Look {
        detail,
        width: 100,
        ..Look::default()
    };
    let shown = |detail| written(|out| plan(&heading, &of, &look(detail), out));
    insta::assert_snapshot!(shown(Detail::Summary));
    assert_eq!(shown(Detail::Fields).matches("  field").count(), 9);
    assert_eq!(shown(Detail::Fields), shown(Detail::All));
}

#[test]
fn groups_name_their_people_and_deletes_say_who_it_is() {
    let (heading, mut of) = planned::ordinary();
    let one = of.operations[1].clone();
    for at in 0..20 {
        let mut one = one.clone();
        one.address.key = format!("user{at:02}").into();
        of.operations.push(one);
    }
    of.operations.push(planned::leaver());
    let look = |detail| Look {
        detail,
        width: 80,
        ..Look::default()
    };
    let shown = |detail| written(|out| plan(&heading, &of, &look(detail), out));
    let text = shown(Detail::Fields);
    assert!(
        text.contains("      alice, carol, dave, user00, user01"),
        "{text}"
    );
    assert!(text.contains(" and 11 more\n"), "{text}");
    assert!(
        text.contains("      Ada Chen · 1040 · basic_user · 3 voicemails\n"),
        "{text}"
    );
    assert!(
        text.ends_with("\nblocked by 1 finding: 1 in-use\n"),
        "{text}"
    );
    assert!(shown(Detail::All).contains("user19"));
    assert!(!shown(Detail::Summary).contains("user00"));
}

#[test]
fn values_are_colored_and_a_pipe_is_never_wrapped() {
    let (heading, of) = planned::ordinary();
    let look = Look {
        color: true,
        width: usize::MAX,
        ..Look::default()
    };
    let shown = written(|out| plan(&heading, &of, &look, out));
    assert!(
        shown.contains("\u{1b}[31mfalse\u{1b}[0m → \u{1b}[32mtrue\u{1b}[0m"),
        "{shown:?}"
    );
    let foot = "1 to create, 5 to update, 1 to deactivate, 1 to delete · 12 unmanaged users left alone · 7 requests (minimum 7)";
    assert!(shown.contains(foot), "{shown}");
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
        shown.contains("142 more: users/u1, users/u2, ") && shown.contains(" and 130 more"),
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
    // Above it is who was changed.
    let (people, shown) = shown.split_once("\n\n").unwrap();
    assert!(
        people.contains("KEY") && people.ends_with("eve"),
        "{people}"
    );
    assert_eq!(shown.lines().count(), 4, "{shown}");
    assert!(shown.contains("warning: reload: no answer"), "{shown}");
    assert!(shown.contains("38 operations"), "{shown}");
    assert!(
        shown.contains("interrupted: 1 of 40 done, 1 failed, 38 not attempted"),
        "{shown}"
    );
}
