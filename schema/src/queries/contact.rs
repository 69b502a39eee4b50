//! Finding people by their marks.

use super::super::Conn;
use crate::error::StoreError;
use crate::rows::contact::ContactRow;
use crate::tables::{contact, identity};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use switchboard_engine::contact::{Contact, Identity, IdentityKind};
use switchboard_engine::ids::{BusinessId, ContactId};

pub(crate) async fn by_id(
    conn: &mut Conn,
    business: BusinessId,
    id: ContactId,
) -> Result<Option<Contact>, StoreError> {
    let row: Option<ContactRow> = contact::table
        .find(id.0)
        .filter(contact::business_id.eq(business.0))
        .select(ContactRow::as_select())
        .first(conn)
        .await
        .optional()?;
    row.map(Contact::try_from).transpose()
}

/// The contact the best known mark belongs to, and the marks nobody has yet.
pub(crate) async fn find(
    conn: &mut Conn,
    business: BusinessId,
    marks: Vec<Identity>,
) -> Result<Option<(Contact, Vec<Identity>)>, StoreError> {
    let values: Vec<&str> = marks.iter().map(Identity::value).collect();
    let known: Vec<(String, String, String, i64)> = identity::table
        .filter(identity::business_id.eq(business.0).and(identity::value.eq_any(values)))
        .select((identity::kind, identity::value, identity::owner_kind, identity::owner_id))
        .load(conn)
        .await?;
    let owner = |mark: &Identity| {
        known.iter().find(|(kind, value, ..)| kind == mark.kind().as_str() && value == mark.value())
    };
    let found = marks.iter().filter_map(owner).find(|(_, _, kind, _)| kind == "contact");
    let Some((.., id)) = found else {
        return Ok(None);
    };
    let row = contact::table.find(*id).select(ContactRow::as_select()).first(conn).await?;
    let mut contact = Contact::try_from(row)?;
    let new: Vec<Identity> = marks.iter().filter(|mark| owner(mark).is_none()).cloned().collect();
    let first = |kind| new.iter().find(|mark| mark.kind() == kind).map(|mark| mark.value().to_owned());
    contact.phone = contact.phone.or_else(|| first(IdentityKind::Phone));
    contact.email = contact.email.or_else(|| first(IdentityKind::Email));
    Ok(Some((contact, new)))
}
