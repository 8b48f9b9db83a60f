//! A *change* of Acme: a user is one document, and so is a department, which contains its members by their IDs.

use super::{dialect::AcmeDialect, table::Collection};
use crate::{
    model::Kind,
    portal::{
        Error, Written,
        rest::{
            Entry, Fingerprint, Groups, Index, Membership, Writer,
            doc::{self, Doc},
        },
    },
};
use serde_json::json;

/// Where Acme keeps groups and their members.
pub(super) static MEMBERS: Membership<AcmeDialect> = Membership {
    of: Collection::Departments,
    name: "name",
    members: "members",
    groups: |groups| groups,
    with_key: Groups::first_with_key,
    entry: |_, _| json!({}),
};

impl Index<Collection> for Groups {
    fn set(&mut self, of: Collection, id: &str, entry: &Entry, is_there: bool) {
        if of == Collection::Departments {
            let name = entry.text(MEMBERS.name).unwrap_or_default();
            let members = entry.doc().get(MEMBERS.members);
            Self::set(self, id, name, members, is_there);
        }
    }
}

/// Applies one change.
pub(super) async fn change(writer: Writer<'_, AcmeDialect>) -> Result<Written, Error> {
    if writer.write.address.kind == Kind::Groups {
        return writer.group(&MEMBERS, Doc::new()).await;
    }
    let key = &writer.write.address.key;
    let login = writer.target_text("username").unwrap_or(key);
    let fill = |user: &mut Doc| {
        doc::set(user, "login", login);
        writer.fill("", Collection::Users, user, false)
    };
    let by = Fingerprint::by("login", login);
    let users = Collection::Users;
    writer.member(&MEMBERS, users, Doc::new(), &by, &fill).await
}
