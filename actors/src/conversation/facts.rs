//! What a command needs to know before the rules can judge it, read by the conversation itself so that nothing changes in between.

use super::announcing::{self, AnnounceWish};
use super::repeats::said_before;
use super::{Outcome, gate};
use crate::beginning::awakening;
use crate::core::Core;
use crate::trouble::Trouble;
use std::sync::Arc;
use switchboard_engine::conversation::{
    Acknowledge, AddAssignee, Advance, Assign, Attachment, Attend, Beginning, Birth, Candidate, Change,
    Close, Command, Conversation, ConversationStatus, Delete, EventKind, FileArrived, MEMORY, Mark, Note,
    Outbound, Pending, Policy, Read, ReadFor, ReadState, Receive, Reconsider, Refusal, Release,
    RemoveAssignee, Reopen, Reply, Restore, Retry, Reveal, SetConsent, Snooze, Unassign, Unsnooze,
};
use switchboard_engine::ids::{ChannelId, MediaId, MessageId, UserId};
use switchboard_engine::message::{MediaState, Message};
use switchboard_engine::permission::Operation;
use switchboard_engine::receipt::{Receipt, Status};
use switchboard_engine::template::{Ask, Facts, Filled};
use switchboard_engine::time::Timestamp;
use switchboard_engine::user::Member;
use switchboard_engine::wire::TemplateAsk;
use switchboard_schema::Uploader;

/// How far behind what a conversation has in mind a receipt still reaches, in numbers of its log.
const FORGOTTEN: i64 = 2_000;

/// A template to send, with what its mapping may ask for.
#[derive(Clone, Debug)]
pub struct TemplateWish {
    pub ask: TemplateAsk,
    pub business_name: String,
    pub agent_first_name: String,
}

/// A message to the customer.
#[derive(Clone, Debug)]
pub struct ReplyWish {
    pub message_id: MessageId,
    pub by: Member,
    pub client_id: String,
    pub text: String,
    pub media_ids: Vec<MediaId>,
    /// `None`: where the customer wrote last.
    pub channel_id: Option<ChannelId>,
    /// Instead of a text.
    pub template: Option<Box<TemplateWish>>,
    /// Whether answering takes what nobody has.
    pub attends: bool,
    /// The newest `seq` the sender has seen.
    pub expected_seq: Option<i64>,
    /// Whether it may be the first message of all.
    pub starts: bool,
}

/// A command as asked from outside, before its facts are known.
#[derive(Clone, Debug)]
pub enum Wish {
    Receive(Box<Receive>),
    Reply(Box<ReplyWish>),
    Announce(Box<AnnounceWish>),
    Note {
        message_id: MessageId,
        by: Member,
        client_id: String,
        text: String,
        /// Each with whether they are active and may see the conversation.
        mentions: Vec<(Member, bool)>,
    },
    Advance {
        message_id: MessageId,
        receipt: Receipt,
        provider_message_id: Option<String>,
    },
    /// A visitor's browser has everything of its channel up to a number.
    Acknowledge {
        channel_id: ChannelId,
        upto: i64,
        status: Status,
    },
    FileArrived(FileArrived),
    Attend(Member),
    /// Each with whether they are active and may see the group.
    Assign {
        by: Member,
        to: Vec<(Member, bool)>,
        policy: Policy,
        expected_version: Option<i64>,
        bulk: bool,
    },
    AddAssignee {
        by: Member,
        user: (Member, bool),
        policy: Policy,
    },
    RemoveAssignee(RemoveAssignee),
    Unassign(Member),
    Release(Release),
    Reveal,
    Close {
        by: Member,
        note: Option<String>,
        pending: Option<Pending>,
    },
    Reopen(Member),
    /// The flag: the business allows it.
    Delete(Member, bool),
    Restore(Member, bool),
    Snooze(Member, Timestamp),
    Unsnooze(Member),
    Wake,
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
    /// `None` marks unread. Quietly: whoever asks tells the user's tabs.
    Read {
        by: Member,
        upto: Option<i64>,
        quietly: bool,
    },
    ReadFor {
        by: Member,
        reader: (Member, bool),
        upto: Option<i64>,
        confirm: bool,
    },
}

impl Wish {
    /// Metric label.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Receive(_) => "receive",
            Self::Reply(_) => "reply",
            Self::Announce(_) => "announce",
            Self::Advance { .. } => "advance",
            Self::Acknowledge { .. } => "acknowledge",
            Self::FileArrived(_) => "file_arrived",
            Self::Attend(_) => "attend",
            Self::Assign { .. } => "assign",
            Self::Unassign(_) => "unassign",
            Self::Release(_) => "release",
            Self::Reveal => "reveal",
            Self::Note { .. } => "note",
            Self::AddAssignee { .. } => "add_assignee",
            Self::RemoveAssignee(_) => "remove_assignee",
            Self::Close { .. } => "close",
            Self::Reopen(_) => "reopen",
            Self::Delete(..) => "delete",
            Self::Restore(..) => "restore",
            Self::Snooze(..) => "snooze",
            Self::Unsnooze(_) => "unsnooze",
            Self::Wake => "wake",
            Self::Read { .. } => "read",
            Self::ReadFor { .. } => "read_for",
            Self::Cancel { .. } => "cancel",
            Self::Retry { .. } => "retry",
            Self::Reconsider { .. } => "reconsider",
            Self::SetConsent(_) => "set_consent",
        }
    }

    /// What may be the first thing of all in a conversation that waits in memory.
    pub(super) fn may_begin(&self) -> bool {
        match self {
            Self::Receive(_) | Self::Announce(_) => true,
            Self::Reply(reply) => reply.starts,
            _ => false,
        }
    }

    /// What reaches a deleted conversation: news of the outside, and who would bring it back.
    pub(super) fn reaches_deleted(&self) -> bool {
        matches!(self, Self::Restore(..) | Self::Delete(..))
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
            receive.beginning = Beginning { birth, awakening: awakening(core, state).await? };
            Command::Receive(receive)
        }
        Wish::Reply(wish) => reply(core, state, birth, *wish).await?,
        Wish::Announce(wish) => announcing::gather(core, state, birth, *wish).await?,
        Wish::Note { message_id, by, client_id, text, mentions } => {
            let mentions = candidates(core, state, mentions).await?;
            Command::Note(Box::new(Note { message_id, by, client_id, text, mentions }))
        }
        Wish::Advance { message_id, receipt, provider_message_id } => {
            let message = outbound(core, state, message_id).await?;
            Command::Advance(Advance { message, receipt, provider_message_id })
        }
        Wish::Acknowledge { channel_id, upto, status } => {
            let older = forgotten(core, state, channel_id).await?;
            Command::Acknowledge(Acknowledge { channel_id, upto, status, older })
        }
        Wish::FileArrived(arrived) => Command::FileArrived(arrived),
        Wish::Attend(by) => Command::Attend(Attend { by }),
        Wish::Assign { by, to, policy, expected_version, bulk } => {
            let to = candidates(core, state, to).await?;
            Command::Assign(Assign { by, to, policy, expected_version, bulk })
        }
        Wish::AddAssignee { by, user, policy } => {
            let candidate = candidate(core, state, user).await?;
            Command::AddAssignee(AddAssignee { by, candidate, policy })
        }
        Wish::RemoveAssignee(remove) => Command::RemoveAssignee(remove),
        Wish::Release(release) => Command::Release(release),
        Wish::Reveal => Command::Reveal(Reveal),
        Wish::Unassign(by) => Command::Unassign(Unassign { by }),
        Wish::Close { by, note, pending } => {
            let takes_back = pending == Some(Pending::Cancel)
                && state.status == ConversationStatus::Open
                && state.require(Operation::Close, &by).is_ok();
            let queued = unsent(core, state, takes_back).await?;
            Command::Close(Close { by, note, pending, queued })
        }
        Wish::Reopen(by) => {
            require_group(core, state)?;
            Command::Reopen(Reopen { by })
        }
        Wish::Delete(by, allowed) => delete(core, state, by, allowed).await?,
        Wish::Restore(by, allowed) => {
            if state.life.closed_at.is_none() {
                require_group(core, state)?;
            }
            Command::Restore(Restore { by, allowed })
        }
        Wish::Snooze(by, until) => Command::Snooze(Snooze { by, until }),
        Wish::Unsnooze(by) => Command::Unsnooze(Unsnooze { by }),
        Wish::Wake => Command::Wake,
        Wish::Read { by, upto, quietly: _ } => {
            let current = core.store.read_state(state.id, by.id).await?;
            Command::Read(Read { by, mark: mark(core, state, upto).await?, current })
        }
        Wish::ReadFor { by, reader, upto, confirm } => {
            let (reader, mark) = (candidate(core, state, reader).await?, mark(core, state, upto).await?);
            Command::ReadFor(ReadFor { by, reader, mark, confirm })
        }
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

/// Nothing is opened in a group that was archived.
fn require_group(core: &Core, state: &Conversation) -> Result<(), Trouble> {
    let roster = core.roster.get();
    let archived = roster.groups.iter().any(|group| group.id == state.group_id && group.archived);
    if archived { Err(Refusal::GroupArchived.into()) } else { Ok(()) }
}

async fn reply(
    core: &Core,
    state: &Conversation,
    birth: Option<Birth>,
    wish: ReplyWish,
) -> Result<Command, Trouble> {
    let ReplyWish { message_id, by, client_id, attends, .. } = wish;
    let newer = newer(core, state, &by, wish.expected_seq).await?;
    let (text, template) = match wish.template {
        Some(asked) => filled(core, state, &client_id, wish.channel_id, *asked).await?,
        None => (wish.text, None),
    };
    let files = wish.media_ids.len();
    let attachments = match attachments(core, &by, wish.media_ids).await {
        // A repeat: the files belong to the message that the first try made.
        Err(Trouble::Refused(_)) if said_before(core, state, &client_id).await? => Vec::new(),
        files => files?,
    };
    let channel = template.as_ref().and_then(|template| template.channel_id).or(wish.channel_id);
    let (route, around) = gate::line(core, state, channel).await?;
    let awakening = if wish.starts { awakening(core, state).await? } else { None };
    let hidden = |list: &Arc<[UserId]>| !list.contains(&by.id);
    if awakening.as_ref().is_some_and(|begins| begins.visible_to.as_ref().is_some_and(hidden)) {
        return Err(Trouble::NotFound);
    }
    let reply = Reply {
        message_id,
        by,
        client_id,
        text,
        attachments,
        files,
        attends,
        newer,
        beginning: Beginning { birth, awakening },
        template,
        route,
        around,
    };
    Ok(Command::Reply(Box::new(reply)))
}

/// What went out on a channel before all that the conversation has in mind, and was not read yet.
async fn forgotten(core: &Core, state: &Conversation, channel: ChannelId) -> Result<Vec<Outbound>, Trouble> {
    match state.recent_outbound.front() {
        Some(oldest) if state.recent_outbound.len() == MEMORY => {
            Ok(core.store.unread_outbound(state.id, channel, oldest.seq - FORGOTTEN..oldest.seq).await?)
        }
        _ => Ok(Vec::new()),
    }
}

/// A message the conversation has in mind, or the database has.
async fn outbound(core: &Core, state: &Conversation, id: MessageId) -> Result<Outbound, Trouble> {
    match state.recent_outbound.iter().find(|sent| sent.id == id) {
        Some(message) => Ok(message.clone()),
        None => Ok(core.store.outbound(id).await?.ok_or(Trouble::NotFound)?.1),
    }
}

async fn delete(core: &Core, state: &Conversation, by: Member, allowed: bool) -> Result<Command, Trouble> {
    let takes_back = allowed
        && state.status != ConversationStatus::Deleted
        && state.require(Operation::DeleteConversation, &by).is_ok();
    let queued = unsent(core, state, takes_back).await?;
    Ok(Command::Delete(Delete { by, allowed, queued }))
}

/// The template as it is now, filled in; it goes out where it is registered and nowhere else. One that was said before is the same again, whatever became of the template since.
pub(super) async fn filled(
    core: &Core,
    state: &Conversation,
    client_id: &str,
    channel: Option<ChannelId>,
    wish: TemplateWish,
) -> Result<(String, Option<Box<Filled>>), Trouble> {
    let unknown = || Refusal::Invalid {
        field: "template.id",
        detail: "is not a template of a WhatsApp channel this contact can be reached on".to_owned(),
    };
    let template = core.store.template(wish.ask.id).await?.ok_or_else(unknown)?;
    if gate::line_to(core, state, template.channel_id).await?.is_none() {
        return Err(unknown().into());
    }
    if channel.is_some_and(|channel| channel != template.channel_id) {
        let detail =
            format!("is not {}, where this template is registered; leave it out", template.channel_id);
        return Err(Refusal::Invalid { field: "channel_id", detail }.into());
    }
    let TemplateAsk { vars, reference, .. } = wish.ask;
    let facts = Facts::of(&state.contact, &wish.business_name, &wish.agent_first_name);
    let filled = match template.fill(&Ask { vars, reference }, &facts) {
        Ok(filled) => filled,
        Err(refusal) => {
            let before = core.store.message_by_client_id(state.id, client_id.to_owned()).await?;
            let same = before.as_ref().and_then(Filled::of_message).filter(|one| one.id == template.id);
            same.ok_or(refusal)?
        }
    };
    Ok((filled.text.clone(), Some(Box::new(filled))))
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

async fn candidates(
    core: &Core,
    state: &Conversation,
    to: Vec<(Member, bool)>,
) -> Result<Vec<Candidate>, Trouble> {
    let mut candidates = Vec::with_capacity(to.len());
    for user in to {
        candidates.push(candidate(core, state, user).await?);
    }
    Ok(candidates)
}

async fn candidate(
    core: &Core,
    state: &Conversation,
    (user, eligible): (Member, bool),
) -> Result<Candidate, Trouble> {
    let read = core.store.read_state(state.id, user.id).await?;
    // Asked once more: they may have gone since the caller looked.
    let present = core.roster.get().users.get(&user.id).is_none_or(|one| one.is_present_in(state.group_id));
    Ok(Candidate { user, eligible: eligible && present, read })
}

/// Messages that nobody has begun to send; taken out of the connector's reach when they shall be taken back.
async fn unsent(core: &Core, state: &Conversation, takes_back: bool) -> Result<Vec<MessageId>, Trouble> {
    // Most conversations have none, and then there is nothing to ask.
    if state.recent_outbound.iter().all(|sent| sent.status != Status::Queued) {
        return Ok(Vec::new());
    }
    let store = &core.store;
    Ok(if takes_back { store.withdraw(state.id, None).await? } else { store.queued_of(state.id).await? })
}

/// Whether messages were withdrawn for this command, which only its commit may cancel.
pub(super) fn took_back(command: &Command) -> bool {
    match command {
        Command::Close(close) => close.pending == Some(Pending::Cancel) && !close.queued.is_empty(),
        Command::Delete(delete) => !delete.queued.is_empty(),
        Command::Cancel(cancel) => cancel.taken_back,
        _ => false,
    }
}

/// How many messages of others came after the newest the sender has seen.
async fn newer(
    core: &Core,
    state: &Conversation,
    by: &Member,
    expected_seq: Option<i64>,
) -> Result<i64, Trouble> {
    match expected_seq {
        Some(seen) if seen < state.last_seq => Ok(core.store.newer_of_others(state.id, seen, by.id).await?),
        _ => Ok(0),
    }
}

async fn mark(core: &Core, state: &Conversation, upto: Option<i64>) -> Result<Mark, Trouble> {
    Ok(match upto {
        None => Mark::Unread,
        Some(seq) if seq >= state.last_inbound_seq => Mark::Upto { seq, inbound: state.inbound_count },
        Some(seq) => Mark::Upto { seq, inbound: core.store.inbound_count_upto(state.id, seq).await? },
    })
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
