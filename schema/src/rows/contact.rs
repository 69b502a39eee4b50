//! Contacts and the marks by which they are recognised.

use super::{clean, word};
use crate::error::StoreError;
use crate::statement::statement;
use crate::tables::contact;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use std::borrow::Cow;
use switchboard_engine::contact::{Contact, ContactKind, Identity};
use switchboard_engine::ids::{BusinessId, ContactId};
use switchboard_engine::time::Timestamp;

statement! {
    insert "contact" NewContact['a] {
        id: i64 => BigInt,
        business_id: i64 => BigInt,
        kind: &'a str => Text,
        display_name: Cow<'a, str> => Text,
        name_is_placeholder: bool => Bool,
        profile_name: Option<Cow<'a, str>> => Nullable<Text>,
        phone: Option<&'a str> => Nullable<Text>,
        email: Option<&'a str> => Nullable<Text>,
        status: &'a str => Text,
        created_at: i64 => BigInt,
        updated_at: i64 => BigInt,
    } ""
}

statement! {
    insert "identity" NewIdentity['a] {
        business_id: i64 => BigInt,
        kind: &'a str => Text,
        value: &'a str => Text,
        owner_kind: &'a str => Text,
        owner_id: i64 => BigInt,
        created_at: i64 => BigInt,
    } ""
}

statement! {
    /// A contact recognised by a new number or address shows it, if it had none to show.
    with b ShownMark['a] {
        id: i64 => BigInt,
        phone: Option<&'a str> => Nullable<Text>,
        email: Option<&'a str> => Nullable<Text>,
    } "UPDATE contact SET phone = COALESCE(contact.phone, b.phone), email = COALESCE(contact.email, b.email) \
       FROM b WHERE contact.id = b.id"
}

statement! {
    update "contact" ProfileName['a] { profile_name: Option<Cow<'a, str>> => Nullable<Text> } where { id = "id": i64 => BigInt }
}

/// What the engine needs of a contact.
#[derive(Queryable, Selectable)]
#[diesel(table_name = contact)]
pub(crate) struct ContactRow {
    id: i64,
    kind: String,
    display_name: String,
    name_is_placeholder: bool,
    profile_name: Option<String>,
    phone: Option<String>,
    email: Option<String>,
}

impl TryFrom<ContactRow> for Contact {
    type Error = StoreError;

    fn try_from(row: ContactRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: ContactId(row.id),
            kind: word("contact.kind", &row.kind, ContactKind::parse)?,
            name: row.display_name,
            name_is_placeholder: row.name_is_placeholder,
            profile_name: row.profile_name,
            phone: row.phone,
            email: row.email,
        })
    }
}

impl<'a> NewContact<'a> {
    pub(crate) fn of(business: BusinessId, contact: &'a Contact, at: Timestamp) -> Self {
        Self {
            id: contact.id.0,
            business_id: business.0,
            kind: contact.kind.as_str(),
            display_name: clean(&contact.name),
            name_is_placeholder: contact.name_is_placeholder,
            profile_name: contact.profile_name.as_deref().map(clean),
            phone: contact.phone.as_deref(),
            email: contact.email.as_deref(),
            status: "active",
            created_at: at.0,
            updated_at: at.0,
        }
    }
}

impl<'a> NewIdentity<'a> {
    pub(crate) fn of(business: BusinessId, owner: ContactId, identity: &'a Identity, at: Timestamp) -> Self {
        Self {
            business_id: business.0,
            kind: identity.kind().as_str(),
            value: identity.value(),
            owner_kind: "contact",
            owner_id: owner.0,
            created_at: at.0,
        }
    }
}
