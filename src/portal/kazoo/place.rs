//! A *place* is where a document is: its type and its id. An entry is found within its list, so the id that
//! we know it by has the list's before it.

use super::tenant::Collection;

/// Which document.
pub(super) type Place = (Collection, Box<str>);

/// Where documents of a type are listed and made; entries in a list.
pub(super) fn all(collection: Collection, list: &str) -> Vec<&str> {
    match collection {
        Collection::Entries => vec![Collection::Lists.name(), list, collection.name()],
        _ => vec![collection.name()],
    }
}

/// Where one document is.
pub(super) fn one(collection: Collection, id: &str) -> Vec<&str> {
    let mut path = all(collection, id.split_once('/').map_or("", |(list, _)| list));
    path.push(own(collection, id));
    path
}

/// The id that we know a document by.
pub(super) fn id(collection: Collection, list: &str, own: &str) -> String {
    match collection {
        Collection::Entries => format!("{list}/{own}"),
        _ => own.to_owned(),
    }
}

/// The id that the document has itself.
pub(super) fn own(collection: Collection, id: &str) -> &str {
    match collection {
        Collection::Entries => id.split_once('/').map_or(id, |(_, own)| own),
        _ => id,
    }
}

#[cfg(test)]
mod tests {
    use super::{Collection, all, id, one, own};

    #[test]
    fn an_entry_is_within_its_list() {
        assert_eq!(all(Collection::Entries, "l"), ["lists", "l", "entries"]);
        let known = id(Collection::Entries, "l", "e");
        let path = one(Collection::Entries, &known);
        assert_eq!(path, ["lists", "l", "entries", "e"]);
        assert_eq!(own(Collection::Entries, &known), "e");
    }

    #[test]
    fn whatever_else_is_in_its_collection() {
        assert_eq!(all(Collection::Users, ""), ["users"]);
        assert_eq!(id(Collection::Users, "", "a/b"), "a/b");
        assert_eq!(one(Collection::Users, "a/b"), ["users", "a/b"]);
    }
}
