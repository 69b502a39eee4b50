//! One transaction of the journal: the rows of a batch, table by table. Who begins and ends the transaction is the writer of the backend.

use super::super::{Conn, write};
use crate::batch::Batch;
use crate::error::{Constraint, StoreError};

/// Writes everything, or fails; then the caller rolls back.
pub(crate) async fn commit(conn: &mut Conn, batch: &Batch<'_>) -> Result<(), StoreError> {
    write(conn, &batch.contacts).await?;
    write(conn, &batch.identities).await?;
    write(conn, &batch.shown_marks).await?;
    write(conn, &batch.profile_names).await?;
    write(conn, &batch.conversations).await?;
    if write(conn, &batch.heads).await? != batch.heads.len() {
        return Err(StoreError::STALE);
    }
    write(conn, &batch.standings).await?;
    write(conn, &batch.no_routes).await?;
    write(conn, &batch.routes).await?;
    write(conn, &batch.no_assignees).await?;
    write(conn, &batch.assignees).await?;
    write(conn, &batch.windows).await?;
    write(conn, &batch.messages).await?;
    if write(conn, &batch.media).await? != batch.media.len() {
        return Err(StoreError::conflict(Constraint::MediaInUse));
    }
    write(conn, &batch.message_news).await?;
    write(conn, &batch.media_news).await?;
    write(conn, &batch.events).await?;
    write(conn, &batch.read_states).await?;
    write(conn, &batch.enqueued).await?;
    write(conn, &batch.dequeued).await?;
    Ok(())
}
