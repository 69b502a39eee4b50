//! Contacts.

use super::{Store, run};
use crate::error::StoreError;
use switchboard_engine::contact::{Contact, Identity};
use switchboard_engine::ids::{BusinessId, ContactId};

impl Store {
    /// A contact of this business.
    pub async fn contact(&self, business: BusinessId, id: ContactId) -> Result<Option<Contact>, StoreError> {
        run!(self, read, |conn, queries| queries::contact::by_id(conn, business, id))
    }

    /// The contact recognised by the best (first) known of these marks, with the marks nobody has yet. `phone` and `email` of the contact
    /// already show the new ones.
    pub async fn find_contact(
        &self,
        business: BusinessId,
        marks: Vec<Identity>,
    ) -> Result<Option<(Contact, Vec<Identity>)>, StoreError> {
        run!(self, read, |conn, queries| queries::contact::find(conn, business, marks))
    }
}
