//! Files.

use super::{Store, run};
use crate::error::StoreError;
use crate::records::{FileRecord, NewUpload, PendingFile, StoredBytes};
use switchboard_engine::ids::MediaId;
use switchboard_engine::time::Timestamp;

impl Store {
    /// Records an upload whose bytes are stored; a message sent later takes it.
    pub async fn create_upload(&self, upload: NewUpload) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::file::create_upload(conn, &upload))
    }

    /// A file, its message and its conversation.
    pub async fn file(&self, id: MediaId) -> Result<Option<FileRecord>, StoreError> {
        run!(self, read, |conn, queries| queries::file::find(conn, id))
    }

    /// Records where fetched bytes are. That the file is ready is then said by its conversation, with `FileArrived`.
    pub async fn set_file_stored(&self, id: MediaId, bytes: StoredBytes) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::file::set_stored(conn, id, &bytes))
    }

    /// Files still at their providers, oldest first: to be fetched again after a restart.
    pub async fn pending_files(&self, limit: usize) -> Result<Vec<PendingFile>, StoreError> {
        run!(self, read, |conn, queries| queries::file::pending(conn, limit))
    }

    /// Forgets uploads from before `before` that no message took; answers the storage keys of their bytes.
    pub async fn forget_uploads(&self, before: Timestamp) -> Result<Vec<String>, StoreError> {
        run!(self, write, |conn, queries| queries::file::forget_uploads(conn, before))
    }
}
