//! Photos of a group's library.

use super::{Store, run};
use crate::error::StoreError;
use crate::records::Photo;
use switchboard_engine::ids::{GroupId, PhotoId};
use switchboard_engine::message::Media;

impl Store {
    /// A group's photos with their files, by name.
    pub async fn photos(&self, group: GroupId) -> Result<Vec<(Photo, Media)>, StoreError> {
        run!(self, read, |conn, queries| queries::photo::of_group(conn, group))
    }

    pub async fn photo(&self, id: PhotoId) -> Result<Option<Photo>, StoreError> {
        run!(self, read, |conn, queries| queries::photo::find(conn, id))
    }

    /// Its file is kept with [`Store::keep_in_library`].
    pub async fn create_photo(&self, photo: Photo) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| async move { queries::photo::create(conn, &photo).await })
    }

    /// False when there is none.
    pub async fn delete_photo(&self, id: PhotoId) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::photo::delete(conn, id))
    }
}
