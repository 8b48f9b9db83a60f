//! A *page* is a part of a collection, in the form of the document's own example.

use super::{Asked, Manners, Paging};
use serde_json::{Value as Json, json};

/// The rows that a request asks for, wrapped as in the example.
pub(super) fn of(rows: Vec<Json>, asked: &Asked, manners: &Manners, mut example: Json) -> Json {
    let number = |name: &str| asked.parameter(name)?.parse::<usize>().ok();
    let total = rows.len();
    let (skip, take) = match manners.paging {
        Paging::None => (0, total),
        Paging::Page { page, size } => {
            let size = number(size).unwrap_or(manners.page_size);
            ((number(page).unwrap_or(1).max(1) - 1) * size, size)
        }
        Paging::Offset { start, limit } => (
            number(start).unwrap_or(0),
            number(limit).unwrap_or(manners.page_size),
        ),
        Paging::Cursor { cursor, limit, .. } => (
            number(cursor).unwrap_or(0),
            number(limit).unwrap_or(manners.page_size),
        ),
    };
    let take = take.max(1);
    let rows: Vec<Json> = rows.into_iter().skip(skip).take(take).collect();
    let Json::Object(wrapper) = &mut example else {
        return rows.into();
    };
    for (name, value) in wrapper.iter_mut() {
        match (&value, &**name) {
            (Json::Array(_), name) if name != "links" => *value = json!(rows),
            (Json::Number(_), "total_pages") => *value = json!(total.div_ceil(take)),
            (Json::Number(_), "page" | "current_page") => *value = json!(skip / take + 1),
            (Json::Number(_), name) if name.starts_with("total") => *value = json!(total),
            _ => {}
        }
    }
    if let Paging::Cursor { next, .. } = manners.paging {
        let is_last = skip + take >= total;
        let next_cursor = (!is_last).then(|| (skip + take).to_string());
        wrapper.insert(next.to_owned(), json!(next_cursor));
    }
    example
}
