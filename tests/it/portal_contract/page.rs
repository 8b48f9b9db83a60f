//! *Pages*: lists around the boundaries of pages are read completely with one request per page.

use super::{run::Workspace, subject::Subject};
use crate::running;
use callsheet::model::Kind;

fn names(from: usize, to: usize) -> Vec<String> {
    (from..to).map(|at| format!("p{at:04}")).collect()
}

#[test]
fn lists_are_complete_around_page_boundaries() {
    for subject in Subject::own() {
        if !subject.server.has_pages() {
            continue;
        }
        let page = subject.server.page_size();
        let workspace = Workspace::default();
        let there = |live: &callsheet::model::Live| live.of_kind(Kind::Users).count();
        let read = || {
            running::runtime().block_on(async { workspace.read(&*subject.portal()).await.unwrap() })
        };
        // Even an empty list is a page of some portals.
        if there(&read()) == 0 {
            subject.server.seed_users(&names(0, 1));
        }
        let first = read();
        let own = there(&first);
        let mut made = own;
        for count in [page - 1, page, page + 1, 2 * page + 1] {
            subject.server.seed_users(&names(made, count));
            made = count;
            let live = read();
            assert_eq!(there(&live), count, "{}", subject.name);
            assert_eq!(live.listings[&Kind::Users].doubt(), None);
            assert_eq!(
                live.requests.made, live.requests.minimum,
                "{}",
                subject.name
            );
            let more = count.div_ceil(page) - own.div_ceil(page);
            assert_eq!(
                live.requests.made,
                first.requests.made + more as u64,
                "{} {count}",
                subject.name
            );
        }
    }
}
