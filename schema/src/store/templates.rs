//! Registered templates and saved replies.

use super::{Store, run};
use crate::error::StoreError;
use crate::records::{SavedReply, Synced, TemplateSync};
use switchboard_engine::channels::TemplateNews;
use switchboard_engine::ids::{BusinessId, ChannelId, GroupId, MediaId, ReplyId, TemplateId};
use switchboard_engine::template::{Mapping, Template};
use switchboard_engine::time::Timestamp;

impl Store {
    /// Templates of these channels, by name and language.
    pub async fn templates(&self, channels: Vec<ChannelId>) -> Result<Vec<Template>, StoreError> {
        run!(self, read, |conn, queries| async move { queries::template::of_channels(conn, &channels).await })
    }

    pub async fn template(&self, id: TemplateId) -> Result<Option<Template>, StoreError> {
        run!(self, read, |conn, queries| queries::template::find(conn, id))
    }

    /// Takes over what a provider lists; what it no longer lists is marked as removed.
    pub async fn sync_templates(&self, sync: TemplateSync) -> Result<Synced, StoreError> {
        run!(self, write, |conn, queries| async move { queries::template::sync(conn, &sync).await })
    }

    /// Applies a webhook's news; answers the templates it concerns, as they are now.
    pub async fn template_news(
        &self,
        channels: Vec<ChannelId>,
        news: TemplateNews,
        at: Timestamp,
    ) -> Result<Vec<Template>, StoreError> {
        run!(
            self,
            write,
            |conn, queries| async move { queries::template::news(conn, &channels, &news, at).await }
        )
    }

    /// False when there is no such template.
    pub async fn set_template_mapping(
        &self,
        id: TemplateId,
        mapping: Mapping,
        invoice_only: bool,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| async move {
            queries::template::set_mapping(conn, id, &mapping, invoice_only, at).await
        })
    }

    /// A group's saved replies and those of every group, by name.
    pub async fn saved_replies(
        &self,
        business: BusinessId,
        group: GroupId,
    ) -> Result<Vec<SavedReply>, StoreError> {
        run!(self, read, |conn, queries| queries::saved_reply::of_group(conn, business, group))
    }

    pub async fn saved_reply(&self, id: ReplyId) -> Result<Option<SavedReply>, StoreError> {
        run!(self, read, |conn, queries| queries::saved_reply::find(conn, id))
    }

    /// [`crate::Constraint::ReplyName`] when the group has one of that name.
    pub async fn create_saved_reply(&self, reply: SavedReply, at: Timestamp) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| async move { queries::saved_reply::create(conn, &reply, at).await })
    }

    /// False when there is none.
    pub async fn update_saved_reply(&self, reply: SavedReply, at: Timestamp) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| async move { queries::saved_reply::update(conn, &reply, at).await })
    }

    pub async fn delete_saved_reply(&self, id: ReplyId) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::saved_reply::delete(conn, id))
    }

    /// Keeps uploads for a group's templates and saved replies: they wait for no message and are never cleared out.
    pub async fn keep_in_library(&self, media: Vec<MediaId>, group: GroupId) -> Result<usize, StoreError> {
        run!(
            self,
            write,
            |conn, queries| async move { queries::file::keep_in_library(conn, &media, group).await }
        )
    }

    /// Told of files that something showed until now: those that nothing shows any more are cleared out like uploads that nobody sent.
    pub async fn leave_library(&self, media: Vec<MediaId>, at: Timestamp) -> Result<usize, StoreError> {
        run!(self, write, |conn, queries| async move { queries::file::leave_library(conn, &media, at).await })
    }
}
