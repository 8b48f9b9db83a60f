//! The *mapping* table: the portal's field for each field of the model, in the hand-written page
//! about that portal.

use super::flat;
use crate::{
    config::PortalKind,
    model::Kind,
    portal::{self, FieldMapping},
};
use std::fmt::Write as _;

/// The markers around the generated part of a page.
const BEGIN: &str = "<!-- generated: mapping -->";
const END: &str = "<!-- end -->";

/// A page with its table updated; unchanged if it has no markers.
#[must_use]
pub fn filled(page: &str, kind: PortalKind) -> String {
    let place = page.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    match place {
        Some((before, after)) => format!("{before}{BEGIN}\n{}{END}{after}", tables(kind)),
        None => page.to_owned(),
    }
}

/// A table for each kind.
fn tables(kind: PortalKind) -> String {
    let rows = (portal::adapter(kind).mapping)();
    let mut text = String::new();
    for kind in Kind::ALL {
        let own: Vec<&FieldMapping> = rows.iter().filter(|row| row.kind == kind).collect();
        if own.is_empty() {
            continue;
        }
        // Writing to a string can't fail.
        _ = write!(
            text,
            "\n### {kind}\n\n| field | document | portal field | representation |\n|---|---|---|---|\n"
        );
        for row in own {
            let FieldMapping {
                kind: _,
                field,
                document,
                portal_field,
                representation,
            } = row;
            _ = writeln!(
                text,
                "| `{field}` | {document} | `{portal_field}` | {} |",
                flat(representation)
            );
        }
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, END, filled};
    use crate::{
        config::{PortalConfig, PortalKind},
        model::Kind,
        portal::{adapter, capabilities},
        reference::portals::{Holds, holds, is_in, paths},
    };

    /// Whether a row speaks for a field: its own, that of every type, or that of a field that it is in.
    fn speaks_for(row: &str, path: &str) -> bool {
        let of_any_type = row.strip_prefix("*.");
        let path = match (of_any_type, path.split_once('.')) {
            (Some(_), Some((_, own))) => own,
            _ => path,
        };
        let row = of_any_type.unwrap_or(row);
        is_in(path, row)
    }

    #[test]
    fn every_supported_field_has_a_row_and_every_row_a_field() {
        for kind in [PortalKind::Kazoo, PortalKind::Scim] {
            assert_eq!(wrong_rows(kind), [""; 0], "{kind}");
        }
    }

    fn wrong_rows(portal: PortalKind) -> Vec<String> {
        let supported = capabilities(&PortalConfig::new(portal));
        let rows = (adapter(portal).mapping)();
        let mut wrong = Vec::new();
        for kind in Kind::ALL {
            let own: Vec<&str> = rows
                .iter()
                .filter(|row| row.kind == kind)
                .map(|row| row.field)
                .collect();
            let paths = paths(kind);
            for path in &paths {
                let is_held = matches!(holds(&supported, kind, path), Holds::All | Holds::Only(_));
                // A record or a type is supported if its fields are.
                let is_whole = paths
                    .iter()
                    .any(|other| other.starts_with(&format!("{path}.")));
                let has_row = own.iter().any(|row| speaks_for(row, path));
                if is_held && !is_whole && !has_row {
                    wrong.push(format!("{kind}: `{path}` has no row"));
                }
                if !is_held && own.contains(&path.as_str()) {
                    wrong.push(format!(
                        "{kind}: `{path}` has a row but is listed as unsupported"
                    ));
                }
            }
            for row in own {
                let is_tag = row == "*.kind";
                if !is_tag && !paths.iter().any(|path| speaks_for(row, path)) {
                    wrong.push(format!("{kind}: the row `{row}` names no field"));
                }
            }
        }
        wrong
    }

    #[test]
    fn the_tables_in_the_pages_about_portals_are_up_to_date() {
        for (page, kind) in [
            (
                include_str!("../../docs/portals/kazoo.md"),
                PortalKind::Kazoo,
            ),
            (include_str!("../../docs/portals/scim.md"), PortalKind::Scim),
        ] {
            assert!(
                page.contains(BEGIN) && page.contains(END),
                "no place for it"
            );
            assert!(filled(page, kind) == page, "run `callsheet schema --write`");
        }
        assert_eq!(filled("prose\n", PortalKind::Kazoo), "prose\n");
    }
}
