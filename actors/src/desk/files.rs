//! Files of customers that could not be had from the provider, tried again.

use crate::Actors;
use crate::conversation::Wish;
use crate::trouble::Trouble;
use switchboard_engine::conversation::{FileArrived, Refusal, Request};
use switchboard_engine::ids::UserId;
use switchboard_engine::message::{Media, MediaState};
use switchboard_schema::FileRecord;

impl Actors {
    /// Has the provider asked for a file once more; one that is there, or on its way, is left as it is.
    pub async fn fetch_again(&self, by: UserId, file: FileRecord) -> Result<Media, Trouble> {
        let (message_id, conversation) = file.message.ok_or(Trouble::NotFound)?;
        self.look(by, conversation).await?;
        if file.media.state != MediaState::Unavailable {
            return Ok(file.media);
        }
        let message = self.core.store.message(message_id).await?.ok_or(Trouble::NotFound)?;
        let channel_id = message.channel_id;
        if self.core.lines.connector(channel_id).is_none() || self.core.lines.is_off(channel_id) {
            return Err(Refusal::ChannelNotConnected.into());
        }
        let media = Media { state: MediaState::Pending, ..file.media };
        let wish = Wish::FileArrived(FileArrived { message_id, media: media.clone() });
        self.directory.ask(conversation, None, wish).await?;
        self.core.lines.hand_on(conversation, &[Request::FetchMedia { message_id, channel_id }]);
        Ok(media)
    }
}
