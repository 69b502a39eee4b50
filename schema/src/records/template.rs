//! Registered templates as a list brings them, saved replies and photos.

use switchboard_engine::channels::whatsapp::templates::Listed;
use switchboard_engine::ids::{
    BusinessId, ChannelId, GroupId, MediaId, PhotoId, ReplyId, TemplateId, UserId,
};
use switchboard_engine::time::Timestamp;

/// Everything one provider listed for one channel.
#[derive(Clone, Debug)]
pub struct TemplateSync {
    pub business_id: BusinessId,
    pub channel_id: ChannelId,
    pub listed: Vec<Listed>,
    /// One for each that is listed, in case it is new.
    pub fresh_ids: Vec<TemplateId>,
    /// When the list was asked for: webhooks that came later know better.
    pub began: Timestamp,
    pub at: Timestamp,
}

/// What a list changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Synced {
    pub created: usize,
    pub updated: usize,
    pub removed: usize,
}

/// A text a group keeps for later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedReply {
    pub id: ReplyId,
    pub business_id: BusinessId,
    /// `None` is every group's.
    pub group_id: Option<GroupId>,
    pub name: String,
    pub body: String,
    pub media: Vec<MediaId>,
}

/// A picture a group keeps to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    pub id: PhotoId,
    pub business_id: BusinessId,
    pub group_id: GroupId,
    pub media_id: MediaId,
    pub name: String,
    /// The order or invoice it shows.
    pub reference: Option<String>,
    pub created_by: UserId,
    pub created_at: Timestamp,
}
