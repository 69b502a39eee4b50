//! Users of the team, where something happens to one of them: a new role, a conversation that becomes theirs, their leaving.

use crate::Actors;
use crate::conversation::{Done, Wish};
use crate::mailer::Letter;
use crate::roster::Colleague;
use crate::trouble::Trouble;
use serde_json::json;
use switchboard_engine::conversation::{Actor, Assignee, Conversation, Release, UnassignReason};
use switchboard_engine::ids::{GroupId, UserId};
use switchboard_engine::user::Member;

impl Actors {
    /// Tells every tab of a user that their name or role is another one: the page shows what they may do from here on.
    pub fn tell_user_updated(&self, user: UserId) {
        let Ok(Colleague { id, first_name, last_name, email, role, .. }) = self.user(user) else { return };
        let row =
            json!({"id": id, "first_name": first_name, "last_name": last_name, "email": email, "role": role});
        self.tell_user(user, "user.updated", &json!({"user": row}));
    }

    /// Takes somebody who is gone out of their open conversations and gives each to `heir` where nobody else answers and they are in the
    /// group; answers how many those were.
    pub async fn free_work_of(
        &self,
        gone: UserId,
        by: &Actor,
        heir: Option<UserId>,
    ) -> Result<usize, Trouble> {
        let work = self.core.store.open_work_of(gone, None).await?;
        for id in &work {
            let release = Release { user: gone, by: by.clone(), reason: UnassignReason::Deactivated };
            let done = self.directory.ask(*id, None, Wish::Release(release)).await?;
            if let Some(heir) = heir {
                self.hand_over(&done.conversation, by, heir).await?;
            }
        }
        Ok(work.len())
    }

    /// Takes somebody out of their open conversations in groups they no longer see; answers how many those were.
    pub async fn free_work_elsewhere(&self, of: UserId, by: &Actor) -> Result<usize, Trouble> {
        let Ok(user) = self.user(of) else { return Ok(0) };
        let unseen: Vec<GroupId> = self
            .roster
            .get()
            .groups
            .iter()
            .map(|group| group.id)
            .filter(|group| !user.sees(*group))
            .collect();
        let mut freed = 0;
        for group in unseen {
            freed += self.release(of, Some(group), by.clone(), UnassignReason::LeftGroup).await?;
        }
        Ok(freed)
    }

    async fn hand_over(&self, state: &Conversation, by: &Actor, heir: UserId) -> Result<(), Trouble> {
        let (by, heir) = (self.user(by.id)?, self.user(heir)?);
        let fits = heir.belongs_to(state.group_id)
            && heir.viewer().sees(state.business_id, state.group_id, state.visible_to.as_deref());
        if !fits || !state.assignees.is_empty() {
            return Ok(());
        }
        let (by_member, to) = (by.member(), vec![(heir.member(), true)]);
        let policy = self.policy();
        let wish = Wish::Assign { by: by_member, to, policy, expected_version: None, bulk: false };
        let done = self.directory.ask(state.id, None, wish).await?;
        self.mail_assigned(&by.member(), &[], &done).await;
        Ok(())
    }

    /// A mail to everybody who was given this conversation by somebody else and wants one. It is an extra: when it cannot be queued the
    /// assignment stands, and the log says so.
    pub(crate) async fn mail_assigned(&self, by: &Member, before: &[Assignee], done: &Done) {
        let news = done.conversation.assignees.iter().map(|assignee| assignee.user_id);
        let news = news.filter(|id| *id != by.id && before.iter().all(|known| known.user_id != *id));
        let news: Vec<UserId> = if done.changed { news.collect() } else { Vec::new() };
        if news.is_empty() {
            return;
        }
        match self.core.store.who_wants_assignment_mail(news).await {
            Ok(wanted) => {
                for id in wanted {
                    self.write_assigned(by, &done.conversation, id).await;
                }
            }
            Err(error) => tracing::warn!(%error, "who wants a mail about an assignment could not be read"),
        }
    }

    /// Says which conversation, not what the customer wrote or who they are: mail is read in other places than Switchboard.
    async fn write_assigned(&self, by: &Member, conversation: &Conversation, to: UserId) {
        let Ok(user) = self.user(to) else { return };
        let number = conversation.number;
        let letter = Letter {
            to: user.email.clone(),
            to_name: user.name(),
            subject: format!("Conversation #{number} is yours"),
            text: format!(
                "Hello {},\n\n{} assigned conversation #{number} to you.",
                user.first_name, by.name
            ),
            action: ("Open it".to_owned(), format!("{}/inbox/mine/{}", self.public_url, conversation.id)),
            foot: "You get this mail because you switched it on in your profile.".to_owned(),
        };
        let mail = self.mailer.seal("assigned", Some(to), &letter);
        match self.core.store.queue_mail(mail, self.core.clock.now()).await {
            Ok(()) => self.mailer.wake(),
            Err(error) => tracing::warn!(%error, "a mail about an assignment could not be queued"),
        }
    }
}
