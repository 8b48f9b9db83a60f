//! The *dialect* of Acme: pages by offset, changes as differences, versions as entity tags.

use super::table::{Collection, TABLE};
use crate::portal::{
    http::{Answer, Client},
    rest::{
        Dialect, Document, Fingerprint, Groups, Page, Table,
        dialect::{rows, with_id},
    },
};

/// The dialect.
pub(super) struct AcmeDialect;

impl Dialect for AcmeDialect {
    type Of = Collection;
    type Index = Groups;
    type Link = Client;

    const NAME: &'static str = "Acme";

    fn table(&self) -> &'static Table<Collection> {
        &TABLE
    }

    fn page_size(&self) -> usize {
        200
    }

    fn page_query(&self, _: Collection, cursor: Option<&str>) -> Vec<(&'static str, String)> {
        let offset = cursor.unwrap_or("0").to_owned();
        vec![("offset", offset), ("limit", self.page_size().to_string())]
    }

    fn page(&self, _: Collection, cursor: Option<&str>, answer: &Answer) -> Result<Page, String> {
        let mut json = answer.json()?;
        let rows = rows(json["items"].take(), "id")?;
        let offset = cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
        let next = offset + rows.len() as u64;
        let total = json["total"].as_u64().ok_or("it has no `total`")?;
        Ok(Page {
            next: (total > next && !rows.is_empty()).then(|| next.to_string()),
            total: Some(total),
            rows,
            doubt: None,
        })
    }

    fn document(&self, _: Collection, answer: &Answer) -> Result<(String, Document), String> {
        let (id, doc) = with_id(answer.json()?, "id")?;
        let version = answer.etag.clone();
        Ok((id, Document { doc, version }))
    }

    fn filter(&self, _: Collection, by: &Fingerprint) -> Option<Vec<(String, String)>> {
        Some(vec![(by.field.clone(), by.value.clone())])
    }
}
