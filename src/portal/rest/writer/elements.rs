//! The *elements* of a list that a portal keeps as documents within another one: the phones of a user, the agents
//! of a queue.

use super::{
    super::{dialect::Dialect, doc::Doc, fingerprint::Fingerprint},
    Writer,
};
use crate::portal::Error;
use std::collections::BTreeMap;

/// A new document for an element, beside those with some IDs.
type New<'n> = dyn Fn(&str, &[String]) -> Result<Doc, Error> + Sync + 'n;

/// How the elements of a list are documents.
pub struct Elements<'e, C> {
    /// The documents.
    pub of: C,
    /// The field of a document that tells the elements apart.
    pub field: &'static str,
    /// The element that a document is, by its own ID; `None` for a document that is kept.
    pub element: &'e (dyn Fn(&str, &Doc) -> Option<String> + Sync),
    /// A new document for an element, beside those with these IDs.
    pub new: &'e New<'e>,
    /// Writes an element to its document, new or old.
    pub fill: &'e (dyn Fn(&str, &mut Doc) + Sync),
}

impl<D: Dialect> Writer<'_, D> {
    /// Deletes all documents of a type within another one.
    ///
    /// # Errors
    /// A document can't be deleted.
    pub async fn delete_within(self, of: D::Of, outer: &str) -> Result<(), Error> {
        for id in self.ids_within(of, outer).await? {
            self.delete(of, &format!("{outer}/{id}")).await?;
        }
        Ok(())
    }

    /// Removes, changes and adds the documents within another one, until they are the elements of a list.
    ///
    /// # Errors
    /// A document can't be written.
    pub async fn elements(
        self,
        outer: &str,
        wanted: impl IntoIterator<Item = String> + Send,
        how: &Elements<'_, D::Of>,
    ) -> Result<(), Error> {
        let mut ids = self.ids_within(how.of, outer).await?;
        let mut actual: BTreeMap<String, String> = {
            let cache = self.store.cache();
            let inner = cache.within(how.of, outer);
            let known = inner
                .filter_map(|(id, entry)| Some(((how.element)(id, entry.doc())?, id.to_owned())));
            known.collect()
        };
        let (mut kept, mut added) = (Vec::new(), Vec::new());
        for element in wanted {
            match actual.remove(&element) {
                Some(id) => kept.push((element, id)),
                None => added.push(element),
            }
        }
        for id in actual.into_values() {
            self.delete(how.of, &format!("{outer}/{id}")).await?;
        }
        for (element, id) in kept {
            let fill = |doc: &mut Doc| {
                (how.fill)(&element, doc);
                Ok(())
            };
            self.edit(how.of, &format!("{outer}/{id}"), &fill).await?;
        }
        for element in added {
            let mut new = (how.new)(&element, &ids)?;
            (how.fill)(&element, &mut new);
            ids.extend(self.store.dialect.chosen_id(how.of, &new));
            let by = Fingerprint::by(how.field, &element).within(outer);
            self.create(how.of, new, &by).await?;
        }
        Ok(())
    }
}
