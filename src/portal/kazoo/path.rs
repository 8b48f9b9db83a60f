//! A *path* addresses a document or a collection in Crossbar. A list entry is addressed within its list, so
//! its ID in the cache is prefixed with the ID of the list.

use super::cache::Collection;

/// Identifies a document by its collection and its ID in the cache.
pub(super) type DocRef = (Collection, Box<str>);

/// The path of a collection; for entries, of the list's entries.
pub(super) fn of_collection(collection: Collection, list: &str) -> Vec<&str> {
    match collection {
        Collection::Entries => vec![Collection::Lists.name(), list, collection.name()],
        _ => vec![collection.name()],
    }
}

/// The path of a document.
pub(super) fn of_document(collection: Collection, id: &str) -> Vec<&str> {
    let mut path = of_collection(collection, id.split_once('/').map_or("", |(list, _)| list));
    path.push(own_id(collection, id));
    path
}

/// The ID of a document in the cache.
pub(super) fn cache_id(collection: Collection, list: &str, own_id: &str) -> String {
    match collection {
        Collection::Entries => format!("{list}/{own_id}"),
        _ => own_id.to_owned(),
    }
}

/// The document's own ID.
pub(super) fn own_id(collection: Collection, id: &str) -> &str {
    match collection {
        Collection::Entries => id.split_once('/').map_or(id, |(_, own)| own),
        _ => id,
    }
}

#[cfg(test)]
mod tests {
    use super::{Collection, cache_id, of_collection, of_document, own_id};

    #[test]
    fn the_path_of_an_entry_contains_its_list() {
        assert_eq!(
            of_collection(Collection::Entries, "l"),
            ["lists", "l", "entries"]
        );
        let id = cache_id(Collection::Entries, "l", "e");
        let path = of_document(Collection::Entries, &id);
        assert_eq!(path, ["lists", "l", "entries", "e"]);
        assert_eq!(own_id(Collection::Entries, &id), "e");
    }

    #[test]
    fn the_path_of_another_document_contains_its_collection() {
        assert_eq!(of_collection(Collection::Users, ""), ["users"]);
        assert_eq!(cache_id(Collection::Users, "", "a/b"), "a/b");
        assert_eq!(of_document(Collection::Users, "a/b"), ["users", "a/b"]);
    }
}
