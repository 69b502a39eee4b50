//! The team writes first: to a known contact or to a bare number. Nothing is stored before the first message, and a contact who has an open
//! conversation in the group gets it there.

use super::Draft;
use crate::Actors;
use crate::conversation::Done;
use crate::roster::{Colleague, Line};
use crate::trouble::Trouble;
use std::sync::Arc;
use switchboard_engine::channel::ChannelKind;
use switchboard_engine::contact::{Contact, Identity, IdentityKind};
use switchboard_engine::conversation::{Conversation, Refusal, check_client_id};
use switchboard_engine::ids::{ChannelId, ContactId, GroupId, UserId};
use switchboard_engine::permission::{Denied, Operation};
use switchboard_engine::phone;
use switchboard_schema::MarkOwner;

/// Exactly one person.
#[derive(Clone, Debug)]
pub enum Recipient {
    Contact(ContactId),
    /// As somebody typed it; without country code it belongs to the business's country.
    Phone(String),
}

#[derive(Clone, Debug)]
pub struct Start {
    pub group: GroupId,
    pub channel: ChannelId,
    pub to: Recipient,
    pub draft: Draft,
}

/// Whom a start would reach, and where.
#[derive(Clone, Debug)]
pub struct Prospect {
    /// `None`: nobody the business knows; the first message makes a contact.
    pub contact: Option<Contact>,
    /// E.164.
    pub phone: Option<String>,
    /// Their open conversation in the group, if the asker may see it.
    pub conversation: Option<Arc<Conversation>>,
    /// It is there, but not for the asker.
    hidden: bool,
}

impl Actors {
    /// Looks who that is; stores nothing.
    pub async fn find_recipient(
        &self,
        by: UserId,
        group: GroupId,
        to: &Recipient,
    ) -> Result<Prospect, Trouble> {
        let user = self.user(by)?;
        self.may_write(&user, group)?;
        self.prospect(&user, group, to).await
    }

    /// Sends the first message, or the next one of an open conversation.
    pub async fn start_conversation(&self, by: UserId, start: Start) -> Result<Done, Trouble> {
        check_client_id(&start.draft.client_id)?;
        let user = self.user(by)?;
        self.may_write(&user, start.group)?;
        let line = self.line_of(&user, start.group, start.channel)?;
        let prospect = self.prospect(&user, start.group, &start.to).await?;
        if prospect.hidden {
            return Err(Refusal::OpenConversationExists { id: None }.into());
        }
        if let Some(open) = prospect.conversation {
            return self.send_message(by, open.id, start.draft).await;
        }
        let kind = line.channel.kind;
        let Some(phone) = prospect.phone else {
            return Err(invalid("contact_id", "has no phone number to write to").into());
        };
        let address = match kind {
            ChannelKind::Webchat => {
                let detail = "is a widget: only a visitor can begin there. Choose WhatsApp or SMS";
                return Err(invalid("channel_id", detail).into());
            }
            ChannelKind::Whatsapp => phone.trim_start_matches('+').to_owned(),
            ChannelKind::Sms => phone.clone(),
        };
        let mark = Identity::new(IdentityKind::Phone, phone).ok_or_else(|| invalid("phone", "is empty"))?;
        let draft = self.with_files(&user, start.group, start.draft).await?;
        let wish = self.reply(&user, draft, true);
        self.intake.begin(&line.channel, &mark, address, Some(user.viewer()), wish).await
    }

    /// A group that is not theirs does not exist for them.
    fn may_write(&self, user: &Colleague, group: GroupId) -> Result<(), Trouble> {
        let roster = self.roster.get();
        let known = roster.group(user.business_id, group).filter(|_| user.sees(group));
        let Some(known) = known else { return Err(Trouble::NotFound) };
        if known.archived {
            return Err(invalid("group_id", "is archived: restore it, or choose another group").into());
        }
        user.may(Operation::SendMessage, group).map_err(|denied| match denied {
            Denied::Hidden => Trouble::NotFound,
            Denied::Forbidden | Denied::NotAssignee => Refusal::Forbidden.into(),
        })
    }

    fn line_of(&self, user: &Colleague, group: GroupId, id: ChannelId) -> Result<Arc<Line>, Trouble> {
        let roster = self.roster.get();
        let of_group = |line: &&Arc<Line>| {
            line.channel.group_id == group && line.channel.business_id == user.business_id
        };
        let line = roster.channels.get(&id).filter(of_group).cloned();
        line.ok_or_else(|| invalid("channel_id", "is no channel of this group").into())
    }

    async fn prospect(&self, user: &Colleague, group: GroupId, to: &Recipient) -> Result<Prospect, Trouble> {
        let store = &self.core.store;
        let (contact, phone) = match to {
            Recipient::Contact(id) => {
                let known = store.contact_with_marks(user.business_id, *id).await?;
                let (contact, marks) =
                    known.ok_or_else(|| invalid("contact_id", "is no contact of yours"))?;
                let phone = marks.iter().find(|mark| mark.kind() == IdentityKind::Phone);
                let phone = phone.map(|mark| mark.value().to_owned());
                (Some(contact), phone)
            }
            Recipient::Phone(text) => {
                let number = self.number(text)?;
                let contact = self.contact_of(user, &number).await?;
                (contact, Some(number))
            }
        };
        let open = match &contact {
            Some(contact) => store.open_conversation_of(group, contact.id).await?,
            None => None,
        };
        let (conversation, hidden) = match open {
            None => (None, false),
            Some(id) => match self.directory.look(id, Some(user.viewer())).await {
                Ok(open) => (Some(open), false),
                Err(Trouble::NotFound) => (None, true),
                Err(trouble) => return Err(trouble),
            },
        };
        Ok(Prospect { contact, phone, conversation, hidden })
    }

    /// As the one canonical form.
    fn number(&self, text: &str) -> Result<String, Trouble> {
        let roster = self.roster.get();
        let country = roster.business.as_ref().map_or("", |business| business.country.as_str());
        let parsed = phone::parse(text, country).map_err(|problem| invalid("phone", &problem.to_string()))?;
        let number = parsed.number.into_string();
        if roster.channels.values().any(|line| is_number_of(line, &number)) {
            return Err(invalid("phone", "is a number of your own, connected as a channel").into());
        }
        Ok(number)
    }

    async fn contact_of(&self, user: &Colleague, number: &str) -> Result<Option<Contact>, Trouble> {
        let mark = Identity::new(IdentityKind::Phone, number).ok_or_else(|| invalid("phone", "is empty"))?;
        let store = &self.core.store;
        match store.owner_of_mark(user.business_id, mark).await? {
            None => Ok(None),
            Some(MarkOwner::User(_)) => {
                Err(Refusal::IdentifierInUse { kind: "phone", owner_kind: "user" }.into())
            }
            Some(MarkOwner::Contact(id)) => {
                Ok(store.contact_with_marks(user.business_id, id).await?.map(|(contact, _)| contact))
            }
        }
    }
}

/// Whether customers see this number when the line writes to them. On WhatsApp its address is an id, not a number.
fn is_number_of(line: &Line, number: &str) -> bool {
    let same = |one: &str| {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        digits(one) == digits(number)
    };
    line.phone.as_deref().is_some_and(same)
        || line.channel.kind == ChannelKind::Sms && same(&line.channel.address)
}

fn invalid(field: &'static str, detail: &str) -> Refusal {
    Refusal::Invalid { field, detail: detail.to_owned() }
}
