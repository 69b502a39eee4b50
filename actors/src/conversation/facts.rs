//! What a command needs to know before the rules can judge it, read by the conversation itself so that nothing changes in between.

use super::{Outcome, gate};
use crate::core::Core;
use crate::trouble::Trouble;
use std::sync::Arc;
use switchboard_engine::conversation::{
    Acknowledge, Advance, Assign, Attachment, Attend, Birth, Candidate, Change, Close, Command, Conversation,
    EventKind, FileArrived, Mark, Read, ReadState, Receive, Reconsider, Refusal, Release, Reopen, Reply,
    Retry, Reveal, SetConsent, Unassign,
};
use switchboard_engine::ids::{ChannelId, MediaId, MessageId, UserId};
use switchboard_engine::message::{MediaState, Message};
use switchboard_engine::receipt::Receipt;
use switchboard_engine::user::Member;
use switchboard_schema::Uploader;

/// A command as asked from outside, before its facts are known.
#[derive(Clone, Debug)]
pub enum Wish {
    Receive(Box<Receive>),
    Reply {
        message_id: MessageId,
        by: Member,
        client_id: String,
        text: String,
        media_ids: Vec<MediaId>,
        /// `None`: where the customer wrote last.
        channel_id: Option<ChannelId>,
    },
    Advance {
        message_id: MessageId,
        receipt: Receipt,
        provider_message_id: Option<String>,
    },
    Acknowledge(Acknowledge),
    FileArrived(FileArrived),
    Attend(Member),
    /// Each with whether they are active and may see the group.
    Assign {
        by: Member,
        to: Vec<(Member, bool)>,
    },
    Unassign(Member),
    Release(Release),
    Reveal,
    Close(Member),
    Reopen(Member),
    /// Takes back a message that has not left.
    Cancel {
        by: Member,
        message_id: MessageId,
    },
    /// Sends a message again that failed.
    Retry {
        by: Member,
        message_id: MessageId,
        /// The person knows that it may arrive twice.
        confirmed: bool,
    },
    /// A message that waited is about to leave, or its wait may have another end.
    Reconsider {
        message_id: MessageId,
    },
    SetConsent(SetConsent),
    /// `None` marks unread.
    Read {
        by: Member,
        upto: Option<i64>,
    },
}

impl Wish {
    /// Metric label.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Receive(_) => "receive",
            Self::Reply { .. } => "reply",
            Self::Advance { .. } => "advance",
            Self::Acknowledge(_) => "acknowledge",
            Self::FileArrived(_) => "file_arrived",
            Self::Attend(_) => "attend",
            Self::Assign { .. } => "assign",
            Self::Unassign(_) => "unassign",
            Self::Release(_) => "release",
            Self::Reveal => "reveal",
            Self::Close(_) => "close",
            Self::Reopen(_) => "reopen",
            Self::Read { .. } => "read",
            Self::Cancel { .. } => "cancel",
            Self::Retry { .. } => "retry",
            Self::Reconsider { .. } => "reconsider",
            Self::SetConsent(_) => "set_consent",
        }
    }
}

pub(super) async fn gather(
    core: &Core,
    state: &Arc<Conversation>,
    birth: Option<Birth>,
    wish: Wish,
) -> Result<Command, Trouble> {
    Ok(match wish {
        Wish::Receive(mut receive) => {
            receive.birth = birth;
            Command::Receive(receive)
        }
        Wish::Reply { message_id, by, client_id, text, media_ids, channel_id } => {
            let attachments = match attachments(core, &by, media_ids).await {
                // A repeat: the files belong to the message that the first try made.
                Err(Trouble::Refused(_)) if said_before(core, state, &client_id).await? => Vec::new(),
                files => files?,
            };
            let (route, around) = gate::line(core, state, channel_id).await?;
            let reply = Reply { message_id, by, client_id, text, attachments, route, around };
            Command::Reply(Box::new(reply))
        }
        Wish::Advance { message_id, receipt, provider_message_id } => {
            let remembered = state.recent_outbound.iter().find(|sent| sent.id == message_id).cloned();
            let message = match remembered {
                Some(message) => message,
                None => core.store.outbound(message_id).await?.ok_or(Trouble::NotFound)?.1,
            };
            Command::Advance(Advance { message, receipt, provider_message_id })
        }
        Wish::Acknowledge(acknowledge) => Command::Acknowledge(acknowledge),
        Wish::FileArrived(arrived) => Command::FileArrived(arrived),
        Wish::Attend(by) => Command::Attend(Attend { by }),
        Wish::Assign { by, to } => Command::Assign(Assign { by, to: candidates(core, state, to).await? }),
        Wish::Release(release) => Command::Release(release),
        Wish::Reveal => Command::Reveal(Reveal),
        Wish::Unassign(by) => Command::Unassign(Unassign { by }),
        Wish::Close(by) => Command::Close(Close { by }),
        Wish::Reopen(by) => Command::Reopen(Reopen { by }),
        Wish::Read { by, upto } => read(core, state, by, upto).await?,
        Wish::Cancel { by, message_id } => gate::cancel(core, state, by, message_id).await?,
        Wish::Retry { by, message_id, confirmed } => {
            let waiting = gate::waiting(core, state, message_id).await?;
            Command::Retry(Box::new(Retry { by, waiting, confirmed }))
        }
        Wish::Reconsider { message_id } => {
            let waiting = gate::still_waiting(core, state, message_id).await?;
            Command::Reconsider(Box::new(Reconsider { waiting }))
        }
        Wish::SetConsent(set) => Command::SetConsent(set),
    })
}

/// Files must be the sender's own, stored, and not part of another message.
async fn attachments(core: &Core, by: &Member, ids: Vec<MediaId>) -> Result<Vec<Attachment>, Trouble> {
    let mut attachments = Vec::with_capacity(ids.len());
    for id in ids {
        let missing = || Refusal::Invalid {
            field: "media_ids",
            detail: format!("file {id} is not among your uploads, or is already part of a message"),
        };
        let file = core.store.file(id).await?.ok_or_else(missing)?;
        let own = file.uploader == Some(Uploader::User(by.id));
        if file.message.is_some() || !own || file.media.state != MediaState::Ready {
            return Err(missing().into());
        }
        attachments.push(Attachment { media: file.media });
    }
    Ok(attachments)
}

/// Whether a message with this client id exists already.
async fn said_before(core: &Core, state: &Conversation, client_id: &str) -> Result<bool, Trouble> {
    Ok(core.store.message_by_client_id(state.id, client_id.to_owned()).await?.is_some())
}

async fn candidates(
    core: &Core,
    state: &Conversation,
    to: Vec<(Member, bool)>,
) -> Result<Vec<Candidate>, Trouble> {
    let mut candidates = Vec::with_capacity(to.len());
    for (user, eligible) in to {
        let read = core.store.read_state(state.id, user.id).await?;
        candidates.push(Candidate { user, eligible, read });
    }
    Ok(candidates)
}

async fn read(core: &Core, state: &Conversation, by: Member, upto: Option<i64>) -> Result<Command, Trouble> {
    let current = core.store.read_state(state.id, by.id).await?;
    let mark = match upto {
        None => Mark::Unread,
        Some(seq) if seq >= state.last_inbound_seq => Mark::Upto { seq, inbound: state.inbound_count },
        Some(seq) => Mark::Upto { seq, inbound: core.store.inbound_count_upto(state.id, seq).await? },
    };
    Ok(Command::Read(Read { by, mark, current }))
}

/// A repeated send gets the answer the first one got; the same id with another text is a mistake of the sender.
pub(super) async fn first_answer(
    core: &Core,
    state: &Conversation,
    command: &Command,
) -> Result<Option<Box<Message>>, Trouble> {
    let (client_id, text) = match command {
        Command::Reply(reply) => (&reply.client_id, &reply.text),
        Command::Receive(receive) => match &receive.client_id {
            Some(client_id) => (client_id, &receive.content.text),
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    let message = core.store.message_by_client_id(state.id, client_id.clone()).await?;
    match message {
        Some(message) if message.text != *text => Err(Refusal::ClientIdReused.into()),
        message => Ok(message.map(Box::new)),
    }
}

pub(super) fn reads_of(outcome: &Outcome) -> Vec<(UserId, ReadState)> {
    let read = |change: &Change| match change {
        Change::SetRead { user_id, state } => Some((*user_id, *state)),
        _ => None,
    };
    outcome.changes.iter().filter_map(read).collect()
}

pub(super) fn message_of(outcome: &Outcome) -> Option<Box<Message>> {
    outcome.events.iter().find_map(|event| match &event.kind {
        EventKind::Message(message) => Some(message.clone()),
        _ => None,
    })
}
