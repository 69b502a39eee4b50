//! Who answers: taking, giving, sharing and giving back.

use crate::Actors;
use crate::conversation::{Done, Wish};
use crate::roster::Colleague;
use crate::trouble::Trouble;
use switchboard_engine::conversation::{Conversation, Policy, Refusal, RemoveAssignee};
use switchboard_engine::ids::{ConversationId, UserId};
use switchboard_engine::user::{Member, Role};

impl Actors {
    pub async fn attend(&self, by: UserId, conversation: ConversationId) -> Result<Done, Trouble> {
        let user = self.user(by)?;
        self.directory.ask(conversation, Some(user.viewer()), Wish::Attend(user.member())).await
    }

    /// Makes these and only these its assignees, the first of them the owner.
    pub async fn assign(
        &self,
        by: UserId,
        conversation: ConversationId,
        to: &[UserId],
        expected_version: Option<i64>,
    ) -> Result<Done, Trouble> {
        self.assign_from(by, conversation, to, expected_version, false).await
    }

    /// `bulk`: out of a list, where taking from others needs a right of its own.
    pub(super) async fn assign_from(
        &self,
        by: UserId,
        conversation: ConversationId,
        to: &[UserId],
        expected_version: Option<i64>,
        bulk: bool,
    ) -> Result<Done, Trouble> {
        let user = self.user(by)?;
        let state = self.directory.look(conversation, Some(user.viewer())).await?;
        let to = to.iter().map(|id| self.candidate(&user, &state, *id)).collect::<Result<_, _>>()?;
        let policy = self.policy();
        let wish = Wish::Assign { by: user.member(), to, policy, expected_version, bulk };
        let done = self.directory.ask(conversation, Some(user.viewer()), wish).await?;
        self.mail_assigned(&user.member(), &state.assignees, &done).await;
        Ok(done)
    }

    pub async fn add_assignee(
        &self,
        by: UserId,
        conversation: ConversationId,
        who: UserId,
    ) -> Result<Done, Trouble> {
        let user = self.user(by)?;
        let state = self.directory.look(conversation, Some(user.viewer())).await?;
        let candidate = self.candidate(&user, &state, who)?;
        let wish = Wish::AddAssignee { by: user.member(), user: candidate, policy: self.policy() };
        let done = self.directory.ask(conversation, Some(user.viewer()), wish).await?;
        self.mail_assigned(&user.member(), &state.assignees, &done).await;
        Ok(done)
    }

    pub async fn remove_assignee(
        &self,
        by: UserId,
        conversation: ConversationId,
        who: UserId,
    ) -> Result<Done, Trouble> {
        let user = self.user(by)?;
        let wish = Wish::RemoveAssignee(RemoveAssignee { by: user.member(), user: who });
        self.directory.ask(conversation, Some(user.viewer()), wish).await
    }

    pub async fn unassign(&self, by: UserId, conversation: ConversationId) -> Result<Done, Trouble> {
        let user = self.user(by)?;
        self.directory.ask(conversation, Some(user.viewer()), Wish::Unassign(user.member())).await
    }

    pub(crate) fn policy(&self) -> Policy {
        Policy::from(&self.roster.get().settings())
    }

    /// Somebody a conversation may become the work of: an active member of its group, or an admin who takes it. A stranger and a user of another
    /// business are the same to the asker.
    fn candidate(
        &self,
        asker: &Colleague,
        state: &Conversation,
        id: UserId,
    ) -> Result<(Member, bool), Trouble> {
        let roster = self.roster.get();
        let known = roster.users.get(&id).filter(|other| other.business_id == asker.business_id);
        let Some(other) = known else { return Err(Refusal::NotMember { user: id }.into()) };
        let present = other.belongs_to(state.group_id) || (other.id == asker.id && asker.role == Role::Admin);
        let sees = other.viewer().sees(state.business_id, state.group_id, state.visible_to.as_deref());
        Ok((other.member(), other.active && present && sees))
    }

    /// People who may read a conversation: colleagues to mention, or whose place in it is changed.
    pub(super) fn readers(
        &self,
        asker: &Colleague,
        state: &Conversation,
        ids: &[UserId],
    ) -> Result<Vec<(Member, bool)>, Trouble> {
        let roster = self.roster.get();
        let reader = |id: &UserId| {
            let known = roster.users.get(id).filter(|other| other.business_id == asker.business_id);
            let other = known.ok_or(Trouble::Refused(Refusal::NotMember { user: *id }))?;
            let sees = other.viewer().sees(state.business_id, state.group_id, state.visible_to.as_deref());
            Ok((other.member(), other.active && sees))
        };
        ids.iter().map(reader).collect()
    }
}
