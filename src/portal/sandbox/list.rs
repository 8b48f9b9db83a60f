//! A *list* is every object of one kind, page after page, and whether that is really all of them.
//!
//! Only a complete listing can justify a delete, so a page that was lost, a row that came twice or a
//! change in between must be noticed, not survived.

use super::{
    super::{
        Error, Progress,
        http::{Client, Request, plain},
    },
    wire::{self, Head, Row},
};
use crate::model::{Kind, Listing, LiveObject};
use reqwest::Method;
use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

/// How many objects are asked for at once: the most that the sandbox gives.
pub(super) const PAGE: u64 = 1000;
const LIMIT: &str = "1000";
/// How often a kind is listed until it adds up.
const TRIES: u32 = 3;

/// A page whose objects are still to be read.
pub(super) struct Page {
    head: Head,
    body: Vec<u8>,
}

impl Page {
    /// How many objects of each kind there are.
    pub(super) fn totals(&self) -> BTreeMap<String, u64> {
        self.head.totals.clone()
    }
}

/// Evidence for one page.
pub(super) async fn page(client: &Client, kind: Kind, cursor: Option<&str>) -> Result<Page, Error> {
    let mut query = vec![("limit", LIMIT)];
    query.extend(cursor.map(|cursor| ("cursor", cursor)));
    let path = ["v1", kind.name()];
    let request = Request {
        query: &query,
        ..Request::new(Method::GET, &path)
    };
    let body = client.read(&request).await?;
    let body = body.ok_or_else(|| unreadable(kind, "the portal doesn't know them (404)"))?;
    let head = serde_json::from_slice(&body);
    let head = head.map_err(|error| unreadable(kind, &misread(&error)))?;
    Ok(Page { head, body })
}

/// Lists a kind, from its first page on if that is there already, until it adds up.
pub(super) async fn whole(
    client: &Client,
    kind: Kind,
    mut first: Option<Page>,
    progress: &dyn Progress,
) -> Result<Listing, Error> {
    let mut told = 0;
    for tries_left in (0..TRIES).rev() {
        let first = match first.take() {
            Some(first) => first,
            None => page(client, kind, None).await?,
        };
        let total = first.head.total;
        // What is listed again isn't seen again.
        let mut see = |seen: usize| {
            let seen = seen.try_into().unwrap_or(u64::MAX);
            if seen > told {
                progress.seen(kind, seen - told, Some(total));
                told = seen;
            }
        };
        let listing = once(client, kind, first, tries_left == 0, &mut see).await?;
        if listing.incomplete.is_none() || tries_left == 0 {
            return Ok(listing);
        }
        tracing::debug!(%kind, reason = listing.incomplete, "listed again");
    }
    unreachable!("the last try returns")
}

/// Lists a kind once. The next page is asked for while one is being read. Unless this is the last
/// try, it stops at the first doubt.
async fn once(
    client: &Client,
    kind: Kind,
    first: Page,
    is_last_try: bool,
    see: &mut (dyn FnMut(usize) + Send),
) -> Result<Listing, Error> {
    let (total, revision) = (first.head.total, first.head.revision);
    let mut seen = Seen::default();
    let mut cursors = BTreeSet::new();
    let mut page = first;
    loop {
        let Page { head, body } = page;
        let of_kind = head.totals.get(kind.name());
        if head.revision != revision || head.total != total || of_kind.is_some_and(|n| *n != total)
        {
            seen.doubt("it changed while it was read");
        }
        let reading = tokio::task::spawn_blocking(move || wire::rows(kind, &body));
        let next = match head.next {
            Some(cursor) if cursors.contains(&cursor) => {
                seen.doubt("its pages go round in circles");
                None
            }
            Some(cursor) if seen.doubt.is_none() || is_last_try => Some(cursor),
            _ => None,
        };
        let (rows, following) = match &next {
            None => (reading.await, None),
            Some(cursor) => {
                let (rows, page) = tokio::join!(reading, self::page(client, kind, Some(cursor)));
                (rows, Some(page?))
            }
        };
        let rows = rows
            .expect("reading JSON doesn't panic")
            .map_err(|error| unreadable(kind, &misread(&error)))?;
        let came = rows.len();
        seen.add(rows);
        see(seen.objects.len());
        // An honest portal has no page without objects before the last, and no more of them than it
        // says; a dishonest one mustn't keep us here for ever.
        let too_many = u64::try_from(seen.rows).map_or(true, |rows| rows > total);
        match following {
            Some(_) if came == 0 || too_many => {
                seen.doubt("its pages don't end");
                break;
            }
            Some(following) => page = following,
            None => break,
        }
        cursors.extend(next);
    }
    Ok(seen.listing(total))
}

/// What came so far, and the first reason to doubt it.
#[derive(Default)]
struct Seen {
    objects: BTreeMap<Box<str>, LiveObject>,
    ids: BTreeSet<Box<str>>,
    rows: usize,
    doubt: Option<String>,
}

impl Seen {
    fn doubt(&mut self, reason: impl Into<String>) {
        self.doubt.get_or_insert_with(|| reason.into());
    }

    fn add(&mut self, rows: Vec<Row>) {
        self.rows += rows.len();
        for (key, object) in rows {
            if !self.ids.insert(object.id.clone()) {
                self.doubt(format!("the id {} came twice", plain(&object.id)));
                continue;
            }
            match self.objects.entry(key) {
                Entry::Vacant(place) => {
                    place.insert(object);
                }
                Entry::Occupied(taken) => {
                    let reason = format!("`{}` came twice", plain(taken.key()));
                    self.doubt(reason);
                }
            }
        }
    }

    fn listing(self, total: u64) -> Listing {
        let came = self.objects.len();
        let adds_up = u64::try_from(came) == Ok(total);
        let counts = (!adds_up).then(|| format!("{came} of {total} objects came back"));
        Listing {
            objects: self.objects,
            incomplete: self.doubt.or(counts),
        }
    }
}

/// Why JSON can't be read, without the value that it stumbled over: that may be a secret.
fn misread(error: &serde_json::Error) -> String {
    let error = error.to_string();
    let (found, expected) = match error.rfind(", expected") {
        Some(at) => error.split_at(at),
        None => return error,
    };
    match found.find(['"', '`']) {
        Some(at) => format!("{}…{expected}", &found[..at]),
        None => error,
    }
}

fn unreadable(kind: Kind, reason: &str) -> Error {
    Error::Unreadable {
        what: format!("GET /v1/{kind}"),
        reason: plain(reason),
    }
}
