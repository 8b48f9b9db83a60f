//! *Tests* of the prose renderer: its layout, its width, and hostile text.

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
