//! A *list* reads all pages of a collection and verifies that the result is complete.
//!
//! Only a complete listing justifies a delete, so a lost page, a duplicate row or a concurrent change must
//! be detected.

use super::super::{Error, http::plain};
use futures::{StreamExt as _, future::BoxFuture, stream::FuturesOrdered};
use std::collections::BTreeSet;

/// The maximum number of attempts to get a consistent list.
const TRIES: u32 = 3;
/// The number of consecutive empty pages after which a list counts as endless.
const MAX_EMPTY_PAGES: u32 = 100;

/// The rows of a page with their IDs.
pub type PartRows<R> = Vec<(Box<str>, R)>;

/// One page, whose rows may still be parsed while the next page is requested.
pub struct Part<R> {
    /// The rows with their IDs.
    pub rows: BoxFuture<'static, Result<PartRows<R>, Error>>,
    /// Where the next page begins; `None` on the last page.
    pub next: Option<String>,
    /// The number of rows in the whole collection, if the portal tells it.
    pub total: Option<u64>,
    /// The reason why rows may be missing.
    pub doubt: Option<String>,
}

/// The pages of a collection.
pub trait Pages: Sync {
    /// A row.
    type Row: Send;
    /// All rows.
    type Rows: Default + Send;

    /// Requests one page; `None` if the portal doesn't have the collection. Without a cursor the list
    /// starts again.
    fn page(
        &self,
        cursor: Option<&str>,
    ) -> impl Future<Output = Result<Option<Part<Self::Row>>, Error>> + Send;

    /// The cursor of a page, counted from 0, if it follows from the number of all rows and the cursor of the second
    /// page: then pages are requested side by side. Opaque cursors are known one by one.
    fn nth(&self, page: u64, total: u64, second: &str) -> Option<String> {
        let _unused = (page, total, second);
        None
    }

    /// Adds a row with its ID.
    ///
    /// # Errors
    /// The row shows that the list is inconsistent; the text says how.
    fn add(&self, rows: &mut Self::Rows, id: Box<str>, row: Self::Row) -> Result<(), String>;

    /// The collection in messages.
    fn what(&self) -> String;
}

/// All rows of a collection.
pub struct Listed<R> {
    /// The rows.
    pub rows: R,
    /// The number of rows.
    pub count: usize,
    /// The reason why rows may be missing.
    pub doubt: Option<String>,
}

impl<R> Listed<R> {
    /// The minimum number of requests for the list.
    pub fn min_pages(&self, page_size: usize) -> u64 {
        self.count.div_ceil(page_size).max(1) as u64
    }
}

/// Lists a collection until the result is consistent. Returns `None` if the portal doesn't have it.
/// `report` receives the number of additional rows, and the total if it is known.
///
/// # Errors
/// A page can't be read.
pub async fn all<P: Pages>(
    pages: &P,
    report: &(dyn Fn(usize, Option<u64>) + Sync),
) -> Result<Option<Listed<P::Rows>>, Error> {
    let mut reported = 0;
    for tries_left in (0..TRIES).rev() {
        // A repeated listing doesn't report the same rows again.
        let mut report = |seen: usize, total| {
            if seen > reported {
                report(seen - reported, total);
                reported = seen;
            }
        };
        let Some(listed) = once(pages, tries_left == 0, &mut report).await? else {
            return Ok(None);
        };
        if listed.doubt.is_none() || tries_left == 0 {
            return Ok(Some(listed));
        }
        tracing::debug!(list = pages.what(), reason = listed.doubt, "listing again");
    }
    unreachable!("the last try returns")
}

/// Lists a collection once, requesting pages while the previous one is parsed. Only a page without a
/// next one is the last, not a short or empty page. Stops at the first inconsistency, except on the last
/// try.
async fn once<P: Pages>(
    pages: &P,
    is_last_try: bool,
    report: &mut (dyn FnMut(usize, Option<u64>) + Send),
) -> Result<Option<Listed<P::Rows>>, Error> {
    let Some(mut page) = pages.page(None).await? else {
        return Ok(None);
    };
    let mut listed = Listed {
        rows: P::Rows::default(),
        count: 0,
        doubt: None,
    };
    let total = page.total;
    // A portal that tells the total knows which page is the last.
    let max_empty = if total.is_some() { 0 } else { MAX_EMPTY_PAGES };
    let mut ids = BTreeSet::new();
    let mut cursors = BTreeSet::new();
    let mut empty_pages = 0;
    let mut ahead = Ahead::new(pages, &page);
    loop {
        let Part { rows, next, .. } = page;
        listed.doubt = listed.doubt.or(page.doubt);
        if page.total != total {
            listed.mark_incomplete("it changed during the read");
        }
        let next = match next {
            Some(cursor) if !cursors.insert(cursor.clone()) => {
                listed.mark_incomplete("its pages form a cycle");
                None
            }
            Some(cursor) if listed.doubt.is_none() || is_last_try => Some(cursor),
            _ => None,
        };
        let (rows, following) = match &next {
            None => (rows.await?, None),
            Some(cursor) => {
                let (rows, page) = tokio::join!(rows, ahead.page(cursor));
                let missing = || Error::Unreadable {
                    what: format!("the list of {}", pages.what()),
                    reason: "one of its pages is missing".to_owned(),
                };
                (rows?, Some(page?.ok_or_else(missing)?))
            }
        };
        empty_pages = if rows.is_empty() { empty_pages + 1 } else { 0 };
        for (id, row) in rows {
            listed.count += 1;
            if !ids.insert(id.clone()) {
                listed.mark_incomplete(&format!("the ID {} is listed twice", plain(&id)));
            } else if let Err(reason) = pages.add(&mut listed.rows, id, row) {
                listed.mark_incomplete(&reason);
            }
        }
        report(ids.len(), total);
        // A faulty portal must not cause an endless loop.
        let too_many = total.is_some_and(|total| listed.count as u64 > total);
        match following {
            Some(_) if empty_pages > max_empty || too_many => {
                listed.mark_incomplete("its pages don't end");
                break;
            }
            Some(following) => page = following,
            None => break,
        }
    }
    listed.count = ids.len();
    if let Some(total) = total.filter(|total| *total != ids.len() as u64) {
        listed.mark_incomplete(&format!("{} of {total} objects were listed", ids.len()));
    }
    Ok(Some(listed))
}

/// How many pages are requested ahead. The client limits how many requests are really in progress.
const AHEAD: usize = 16;

/// The pages that are requested before the previous ones have come.
struct Ahead<'p, P: Pages> {
    pages: &'p P,
    /// The number of all rows and the cursor of the second page, as long as the other cursors follow from them.
    known: Option<(u64, String)>,
    /// The number of pages that were requested.
    count: u64,
    /// Those that weren't taken yet, in order.
    requested: FuturesOrdered<BoxFuture<'p, (String, PageResult<P::Row>)>>,
}

type PageResult<R> = Result<Option<Part<R>>, Error>;

impl<'p, P: Pages> Ahead<'p, P> {
    fn new(pages: &'p P, first: &Part<P::Row>) -> Self {
        let mut ahead = Self {
            pages,
            known: first.total.zip(first.next.clone()),
            count: 1,
            requested: FuturesOrdered::new(),
        };
        ahead.request();
        ahead
    }

    /// Requests the next pages that are known.
    fn request(&mut self) {
        let pages = self.pages;
        while self.requested.len() < AHEAD
            && let Some((total, second)) = &self.known
            && let Some(cursor) = pages.nth(self.count, *total, second)
        {
            self.count += 1;
            self.requested.push_back(Box::pin(async move {
                let page = pages.page(Some(&cursor)).await;
                (cursor, page)
            }));
        }
    }

    /// The page at a cursor. If the pages aren't where they were expected, those ahead are given up.
    async fn page(&mut self, cursor: &str) -> PageResult<P::Row> {
        let next = self.requested.next().await;
        match next.filter(|(at, _)| at == cursor) {
            Some((_, page)) => {
                self.request();
                page
            }
            None => {
                self.known = None;
                self.requested.clear();
                self.pages.page(Some(cursor)).await
            }
        }
    }
}

impl<R> Listed<R> {
    fn mark_incomplete(&mut self, reason: &str) {
        self.doubt.get_or_insert_with(|| reason.to_owned());
    }
}
