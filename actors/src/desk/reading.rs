//! What a user has read, and what an admin says somebody else has.

use crate::Actors;
use crate::conversation::Wish;
use crate::trouble::Trouble;
use switchboard_engine::conversation::ReadState;
use switchboard_engine::ids::{ConversationId, UserId};

impl Actors {
    /// Marks read up to a number, or with `None` unread.
    pub async fn read(
        &self,
        by: UserId,
        conversation: ConversationId,
        upto: Option<i64>,
    ) -> Result<ReadState, Trouble> {
        Ok(self.read_as(by, conversation, upto, false).await?.0)
    }

    /// The state, and whether it is another than before. Quietly: the user's tabs are not told.
    pub(super) async fn read_as(
        &self,
        by: UserId,
        conversation: ConversationId,
        upto: Option<i64>,
        quietly: bool,
    ) -> Result<(ReadState, bool), Trouble> {
        let user = self.user(by)?;
        let wish = Wish::Read { by: user.member(), upto, quietly };
        let done = self.directory.ask(conversation, Some(user.viewer()), wish).await?;
        match done.reads.first() {
            Some((_, state)) => Ok((*state, true)),
            None => Ok((self.core.store.read_state(conversation, by).await?, false)),
        }
    }

    /// Changes what is unread for somebody else; refused until `confirm` says that this is meant.
    pub async fn read_for(
        &self,
        by: UserId,
        conversation: ConversationId,
        reader: UserId,
        upto: Option<i64>,
        confirm: bool,
    ) -> Result<ReadState, Trouble> {
        let user = self.user(by)?;
        let state = self.directory.look(conversation, Some(user.viewer())).await?;
        let reader = self.readers(&user, &state, &[reader])?.pop().ok_or(Trouble::NotFound)?;
        let id = reader.0.id;
        let wish = Wish::ReadFor { by: user.member(), reader, upto, confirm };
        let done = self.directory.ask(conversation, Some(user.viewer()), wish).await?;
        match done.reads.first() {
            Some((_, state)) => Ok(*state),
            None => Ok(self.core.store.read_state(conversation, id).await?),
        }
    }
}
