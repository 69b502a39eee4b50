//! What the gate of sending asks, gathered in the conversation's own turn; and what its answers lead to besides rows.

use crate::core::Core;
use crate::fanout::Audience;
use crate::trouble::Trouble;
use std::sync::Arc;
use switchboard_engine::care_window::{CareWindow, WindowState};
use switchboard_engine::channel::ChannelKind;
use switchboard_engine::consent::Standing;
use switchboard_engine::conversation::{
    Cancel, Change, Command, Conversation, Outbound, Refusal, Route, Waiting,
};
use switchboard_engine::ids::{ChannelId, MessageId};
use switchboard_engine::message::{Message, MessageKind, Sender};
use switchboard_engine::permission::Operation;
use switchboard_engine::receipt::Status;
use switchboard_engine::sending::{Circumstances, LineHealth, Purpose};
use switchboard_engine::time::Timestamp;
use switchboard_engine::user::Member;
use switchboard_engine::wire::Ephemeral;

/// The line a message goes out on, and what the gate asks about it. `None` for both where there is no line at all: the rules say so.
pub(super) async fn line(
    core: &Core,
    state: &Conversation,
    channel: Option<ChannelId>,
) -> Result<(Option<Route>, Circumstances), Trouble> {
    let route = match channel {
        None => match state.reply_route() {
            Some(route) => Some(fresh(core, route).await?),
            None => None,
        },
        Some(channel) => Some(line_to(core, state, channel).await?.ok_or_else(|| {
            Refusal::Invalid {
                field: "channel_id",
                detail:
                    "is not a channel this person can be reached on; leave it out to answer where they wrote"
                        .to_owned(),
            }
        })?),
    };
    let around = match &route {
        Some(route) => around(core, state, route).await?,
        None => Circumstances::default(),
    };
    Ok((route, around))
}

/// The way to a contact over a channel: where they wrote, else by their number on a channel of the same group.
pub async fn line_to(
    core: &Core,
    state: &Conversation,
    channel: ChannelId,
) -> Result<Option<Route>, Trouble> {
    if let Some(route) = state.route_of(channel) {
        return Ok(Some(fresh(core, route).await?));
    }
    let roster = core.roster.get();
    let line = roster.channels.get(&channel).filter(|line| line.channel.group_id == state.group_id);
    let (Some(line), Some(phone)) = (line, state.contact.phone.as_deref()) else { return Ok(None) };
    let address = match line.channel.kind {
        ChannelKind::Webchat => return Ok(None),
        ChannelKind::Whatsapp => phone.trim_start_matches('+').to_owned(),
        ChannelKind::Sms => phone.to_owned(),
    };
    let last_inbound_at = core.store.care_window(channel, address.clone()).await?;
    let (kind, name) = (line.channel.kind, line.channel.name.clone());
    Ok(Some(Route { channel_id: channel, kind, name, address, last_inbound_at }))
}

/// With the customer's newest word on this pair of numbers: it may stand in another conversation.
async fn fresh(core: &Core, route: &Route) -> Result<Route, Trouble> {
    if route.kind == ChannelKind::Webchat {
        return Ok(route.clone());
    }
    let last = core.store.care_window(route.channel_id, route.address.clone()).await?;
    Ok(Route { last_inbound_at: route.last_inbound_at.max(last), ..route.clone() })
}

/// A conversation with the windows its lines have now.
pub(super) async fn refreshed(core: &Core, state: &Conversation) -> Result<Arc<Conversation>, Trouble> {
    Ok(Arc::new(Conversation { routes: fresh_routes(core, state).await?, ..state.clone() }))
}

async fn fresh_routes(core: &Core, state: &Conversation) -> Result<Vec<Route>, Trouble> {
    let mut routes = Vec::with_capacity(state.routes.len());
    for route in &state.routes {
        routes.push(fresh(core, route).await?);
    }
    Ok(routes)
}

/// Every line to a contact, the one answers go out on first.
pub async fn lines_of(core: &Core, state: &Conversation) -> Result<Vec<Route>, Trouble> {
    let mut routes = fresh_routes(core, state).await?;
    let roster = core.roster.get();
    let mut others: Vec<ChannelId> = roster
        .channels
        .values()
        .filter(|line| line.channel.group_id == state.group_id && state.route_of(line.channel.id).is_none())
        .map(|line| line.channel.id)
        .collect();
    others.sort_unstable();
    for channel in others {
        routes.extend(line_to(core, state, channel).await?);
    }
    Ok(routes)
}

/// What the gate asks about one line.
pub async fn around(core: &Core, state: &Conversation, route: &Route) -> Result<Circumstances, Trouble> {
    let roster = core.roster.get();
    let settings = roster.settings();
    let contact = state.contact.id;
    // A conversation that is about to begin may bring its contact along.
    let contact_archived = core.store.is_archived(contact).await?.unwrap_or(false);
    let said = core.store.consents(contact).await?;
    let line = roster.channels.get(&route.channel_id);
    let health = match (line, route.kind) {
        (None, _) => LineHealth::Disconnected,
        (Some(_), ChannelKind::Webchat) => LineHealth::Connected,
        (Some(_), _) => core.lines.health(route.channel_id),
    };
    Ok(Circumstances {
        contact_archived,
        consent: Standing::of(&said, route.kind, route.channel_id, settings.consent_scope),
        line: health,
        takes_files: line.is_some_and(|line| line.flag("mms")),
        hours: roster.hours_of(state.group_id).cloned(),
        settings,
    })
}

/// A message of this conversation, with what the gate asks before it leaves again.
pub(super) async fn waiting(core: &Core, state: &Conversation, id: MessageId) -> Result<Waiting, Trouble> {
    let message = own(core, state, id).await?;
    let (status, seq, channel_id) = (message.status.unwrap_or(Status::Sent), message.seq, message.channel_id);
    let around = match state.route_of(channel_id) {
        Some(route) => around(core, state, route).await?,
        None => Circumstances::default(),
    };
    let purpose = purpose(&message);
    let outbound = Outbound {
        id,
        seq,
        channel_id,
        status,
        client_id: message.client_id.as_deref().map(Into::into),
        text: message.text.as_str().into(),
    };
    Ok(Waiting { message: outbound, attempt: message.attempt, hold: message.hold, purpose, around })
}

/// The same for one that waits in the outbox; one that is under way, or settled, is left alone.
pub(super) async fn still_waiting(
    core: &Core,
    state: &Conversation,
    id: MessageId,
) -> Result<Waiting, Trouble> {
    let row = core.store.outbox_row(id).await?.filter(|row| !row.under_way).ok_or(Trouble::NotFound)?;
    Ok(Waiting { attempt: row.attempt, ..waiting(core, state, id).await? })
}

async fn own(core: &Core, state: &Conversation, id: MessageId) -> Result<Message, Trouble> {
    let message = core.store.message(id).await?.filter(|message| message.conversation_id == state.id);
    message.filter(|message| message.status.is_some()).ok_or(Trouble::NotFound)
}

fn purpose(message: &Message) -> Purpose {
    let template = message.kind == MessageKind::Template;
    match message.sender {
        Sender::Ai | Sender::Bot => Purpose::Automatic,
        Sender::Broadcast(_) => Purpose::Broadcast { template },
        _ if template => {
            let category = message.extra.as_ref().and_then(|extra| extra.pointer("/template/category"));
            let category = category.and_then(serde_json::Value::as_str).unwrap_or_default();
            Purpose::Template { marketing: category.eq_ignore_ascii_case("marketing") }
        }
        _ => Purpose::FreeText,
    }
}

/// Takes the message out of its connector's reach first: from then on only one of the two can have it.
pub(super) async fn cancel(
    core: &Core,
    state: &Conversation,
    by: Member,
    id: MessageId,
) -> Result<Command, Trouble> {
    let message = waiting(core, state, id).await?.message;
    // Who may not is refused before anything is touched.
    state.require(Operation::SendMessage, &by)?;
    let taken_back =
        message.status == Status::Queued && !core.store.withdraw(state.id, Some(id)).await?.is_empty();
    Ok(Command::Cancel(Cancel { by, message, taken_back }))
}

/// Windows this outcome opens that were not open before.
pub(super) fn opened(
    before: &Conversation,
    next: &Arc<Conversation>,
    changes: &[Change],
    now: Timestamp,
) -> Vec<Route> {
    let is_open =
        |route: &Route| CareWindow::at(route.kind, route.last_inbound_at, now).state == WindowState::Open;
    let opened = changes.iter().filter_map(|change| match change {
        Change::OpenWindow { channel_id, address, .. } => Some((*channel_id, address)),
        _ => None,
    });
    let same =
        |route: &&Route, id: ChannelId, address: &str| route.channel_id == id && route.address == address;
    opened
        .filter_map(|(id, address)| {
            let was = before.routes.iter().find(|route| same(route, id, address)).is_some_and(is_open);
            let route = next.routes.iter().find(|route| same(route, id, address))?;
            (!was && is_open(route)).then(|| route.clone())
        })
        .collect()
}

/// Whether a message is held by this outcome, or no longer.
pub(super) fn holds(changes: &[Change]) -> bool {
    changes.iter().any(|change| matches!(change, Change::Enqueue { held_until: Some(_), .. }))
}

/// Tells the team how the window of a line stands.
pub(crate) fn tell_window(core: &Core, conversation: &Conversation, route: &Route, now: Timestamp) {
    #[derive(serde::Serialize)]
    struct Changed<'a> {
        channel_id: ChannelId,
        address: &'a str,
        #[serde(flatten)]
        window: CareWindow,
    }
    let window = CareWindow::at(route.kind, route.last_inbound_at, now);
    let d = Changed { channel_id: route.channel_id, address: &route.address, window };
    let frame = Ephemeral { t: "window.changed", req: None, conversation_id: Some(conversation.id), d };
    if let Ok(text) = serde_json::to_string(&frame) {
        core.fanout.whisper(Audience::of(conversation), &text);
    }
}
