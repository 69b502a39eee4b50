//! Templates and saved replies, as the team and providers' callbacks meet them.

use crate::Actors;
use crate::connector::SyncTrouble;
use crate::core::Core;
use crate::fanout::Audience;
use crate::roster::{Colleague, Line, RosterHandle};
use crate::trouble::Trouble;
use serde::Serialize;
use std::sync::Arc;
use switchboard_engine::care_window::{CareWindow, WindowState};
use switchboard_engine::channel::ChannelKind;
use switchboard_engine::channels::{TemplateChange, TemplateNews};
use switchboard_engine::contact::Contact;
use switchboard_engine::conversation::{Conversation, Route};
use switchboard_engine::ids::{ChannelId, ContactId, ConversationId, GroupId, TemplateId, UserId};
use switchboard_engine::permission::Operation;
use switchboard_engine::template::{Facts, Hindrance, Quality, Template, TemplateStatus, language};
use switchboard_engine::time::Timestamp;
use switchboard_engine::wire::Ephemeral;
use switchboard_schema::{SavedReply, Synced};

/// What an agent can send in one conversation right now.
pub struct Sendable {
    pub conversation: Arc<Conversation>,
    /// Registered templates; grouped by name, the best language first.
    pub registered: Vec<Template>,
    /// Nothing while only templates may be sent.
    pub saved: Vec<SavedReply>,
    pub facts: Facts,
}

impl Actors {
    /// Whether somebody runs the templates of a group, beyond sending them.
    pub fn manages_templates(user: &Colleague, group: GroupId) -> bool {
        user.may(Operation::ManageTemplates, group).is_ok()
    }

    /// Every template of a group's WhatsApp channels.
    pub async fn templates_of(&self, group: GroupId) -> Result<Vec<Template>, Trouble> {
        Ok(self.core.store.templates(self.whatsapp_channels(group)).await?)
    }

    /// A template and the channel it is registered for.
    pub async fn template(&self, id: TemplateId) -> Result<(Template, Arc<Line>), Trouble> {
        let template = self.core.store.template(id).await?.ok_or(Trouble::NotFound)?;
        let line = self.roster.get().channels.get(&template.channel_id).cloned();
        Ok((template, line.ok_or(Trouble::NotFound)?))
    }

    /// Reads a channel's templates anew.
    pub async fn sync_templates(&self, channel: ChannelId) -> Result<Synced, SyncTrouble> {
        match self.core.lines.sync_templates(channel).await {
            Some(result) => result,
            None => Err(SyncTrouble::NoTemplates),
        }
    }

    /// What can be sent in a conversation. `q` looks into names and texts.
    pub async fn sendable(&self, by: UserId, to: ConversationId, q: &str) -> Result<Sendable, Trouble> {
        let user = self.user(by)?;
        let conversation = self.look(by, to).await?;
        let lines = crate::conversation::lines_of(&self.core, &conversation).await?;
        let channels: Vec<ChannelId> = lines
            .iter()
            .filter(|route| route.kind == ChannelKind::Whatsapp)
            .map(|route| route.channel_id)
            .collect();
        let q = q.trim().to_lowercase();
        let is_asked_for =
            |name: &str, text: &str| name.to_lowercase().contains(&q) || text.to_lowercase().contains(&q);
        let mut registered = self.core.store.templates(channels).await?;
        registered.retain(|one| one.is_sendable() && is_asked_for(&one.name, &one.parts().body));
        let roster = self.roster.get();
        let business = roster.business.as_ref();
        let own = business.and_then(|business| language::of_country(&business.country));
        language::order(&mut registered, None, own);
        let mut saved = Vec::new();
        if free_text_allowed(lines.first(), self.core.clock.now()) {
            saved = self.core.store.saved_replies(user.business_id, conversation.group_id).await?;
            saved.retain(|one| is_asked_for(&one.name, &one.body));
        }
        let facts = self.facts_for(&conversation, &user);
        Ok(Sendable { conversation, registered, saved, facts })
    }

    /// What could begin a conversation on a channel: registered templates, filled in for a contact if there is one already.
    pub async fn sendable_on(
        &self,
        by: UserId,
        channel: ChannelId,
        contact: Option<ContactId>,
        q: &str,
    ) -> Result<(Vec<Template>, Facts), Trouble> {
        let user = self.user(by)?;
        let roster = self.roster.get();
        let line = roster.channels.get(&channel).ok_or(Trouble::NotFound)?;
        if line.channel.business_id != user.business_id || !user.sees(line.channel.group_id) {
            return Err(Trouble::NotFound);
        }
        let contact = match contact {
            Some(id) => Some(self.visible_contact(&user, line.channel.group_id, id).await?),
            None => None,
        };
        let q = q.trim().to_lowercase();
        let mut registered = self.core.store.templates(vec![channel]).await?;
        registered.retain(|one| {
            one.is_sendable()
                && (one.name.to_lowercase().contains(&q) || one.parts().body.to_lowercase().contains(&q))
        });
        let business = roster.business.as_ref();
        language::order(&mut registered, None, business.and_then(|one| language::of_country(&one.country)));
        let name = business.map(|business| business.name.clone()).unwrap_or_default();
        let facts = match contact {
            Some(contact) => Facts::of(&contact, &name, &user.first_name),
            None => Facts { business_name: name, agent_first_name: user.first_name, ..Facts::default() },
        };
        Ok((registered, facts))
    }

    /// A contact this user may start a conversation with.
    async fn visible_contact(
        &self,
        user: &Colleague,
        group: GroupId,
        id: ContactId,
    ) -> Result<Contact, Trouble> {
        let store = &self.core.store;
        let contact = store.contact(user.business_id, id).await?.ok_or(Trouble::NotFound)?;
        let viewers = store.contact_viewers(id).await?;
        let listed = (!viewers.is_empty()).then_some(viewers.as_slice());
        if user.viewer().sees(user.business_id, group, listed) { Ok(contact) } else { Err(Trouble::NotFound) }
    }

    /// What placeholders and mappings can know in a conversation.
    pub fn facts_for(&self, conversation: &Conversation, user: &Colleague) -> Facts {
        let roster = self.roster.get();
        let business = roster.business.as_ref().map(|business| business.name.as_str());
        Facts::of(&conversation.contact, business.unwrap_or_default(), &user.first_name)
    }

    /// Applies a webhook's news about a template to the channels of its account. A template we do not know yet is read from the list.
    pub(crate) async fn template_news(&self, line: &Arc<Line>, news: TemplateNews) -> Result<(), Trouble> {
        let concerned = self.of_account(line, news.waba_id.as_deref());
        let channels: Vec<ChannelId> = concerned.iter().map(|line| line.channel.id).collect();
        if channels.is_empty() {
            return Ok(());
        }
        let read_again = news.change == TemplateChange::Other;
        let changed = self.core.store.template_news(channels, news, self.core.clock.now()).await?;
        for template in &changed {
            if let Some(line) = concerned.iter().find(|line| line.channel.id == template.channel_id) {
                tell(&self.core, &self.roster, line, Some(template));
            }
        }
        for line in concerned {
            let known = changed.iter().any(|template| template.channel_id == line.channel.id);
            if read_again || !known {
                self.core.lines.hint_templates(line.channel.id);
            }
        }
        Ok(())
    }

    /// Channels whose number belongs to this account. Who does not say so is meant when the callback came in on it.
    fn of_account(&self, line: &Arc<Line>, account: Option<&str>) -> Vec<Arc<Line>> {
        let roster = self.roster.get();
        let is_meant = |other: &&Arc<Line>| {
            let named = other.setting("waba_id");
            other.channel.kind == ChannelKind::Whatsapp
                && other.channel.business_id == line.channel.business_id
                && match named {
                    Some(named) => account.is_none_or(|account| account == named),
                    None => other.channel.id == line.channel.id,
                }
        };
        roster.channels.values().filter(is_meant).cloned().collect()
    }

    /// Tells the team that a template is another one now.
    pub fn tell_template(&self, line: &Line, template: &Template) {
        tell(&self.core, &self.roster, line, Some(template));
    }

    fn whatsapp_channels(&self, group: GroupId) -> Vec<ChannelId> {
        let roster = self.roster.get();
        let lines = roster
            .channels
            .values()
            .filter(|line| line.channel.group_id == group && line.channel.kind == ChannelKind::Whatsapp);
        lines.map(|line| line.channel.id).collect()
    }
}

/// Saved replies are free text: they need a channel without a window, or an open one.
fn free_text_allowed(line: Option<&Route>, now: Timestamp) -> bool {
    let window = |route: &Route| CareWindow::at(route.kind, route.last_inbound_at, now);
    line.is_none_or(|route| window(route).state != WindowState::Closed)
}

/// `template.updated`: details for those who run templates, a bare hint for those who only send them.
pub(crate) fn tell(core: &Core, roster: &RosterHandle, line: &Line, template: Option<&Template>) {
    #[derive(Serialize)]
    struct Details<'a> {
        group_id: GroupId,
        channel_id: ChannelId,
        #[serde(skip_serializing_if = "Option::is_none")]
        template: Option<Shown<'a>>,
    }
    #[derive(Serialize)]
    struct Shown<'a> {
        id: TemplateId,
        name: &'a str,
        language: &'a str,
        category: &'a str,
        status: TemplateStatus,
        quality: Quality,
        sendable: bool,
        reason: Option<&'static str>,
    }
    #[derive(Serialize)]
    struct Hint {
        group_id: GroupId,
    }
    let (group_id, channel_id) = (line.channel.group_id, line.channel.id);
    let shown = template.map(|one| {
        let reason = one.hindrance().map(Hindrance::as_str);
        Shown {
            id: one.id,
            name: &one.name,
            language: &one.language,
            category: &one.category,
            status: one.status,
            quality: one.quality,
            sendable: reason.is_none(),
            reason,
        }
    });
    let details = frame(&Details { group_id, channel_id, template: shown });
    let hint = frame(&Hint { group_id });
    let roster = roster.get();
    for user in roster.users.values().filter(|user| user.active && user.sees(group_id)) {
        let text = if Actors::manages_templates(user, group_id) { &details } else { &hint };
        core.fanout.whisper(Audience::User(user.id), text);
    }
}

/// Our own shapes have string keys only and always serialise.
fn frame(d: &impl Serialize) -> String {
    let frame = Ephemeral { t: "template.updated", req: None, conversation_id: None, d };
    serde_json::to_string(&frame).unwrap_or_default()
}
