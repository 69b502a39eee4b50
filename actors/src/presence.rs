//! Presence: who of the team is here, who looks at a conversation, who types. Lives in memory only, expires by itself, is never stored or replayed.

use crate::core::Core;
use crate::fanout::Audience;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use switchboard_engine::channel::ChannelKind;
use switchboard_engine::conversation::Conversation;
use switchboard_engine::ids::{BusinessId, ConversationId, UserId};
use switchboard_engine::time::Timestamp;
use switchboard_engine::user::Member;
use switchboard_engine::wire::Ephemeral;

/// How long one sign of life counts.
const VIEWING: Duration = Duration::from_secs(10);
const TYPING: Duration = Duration::from_secs(5);
/// How long somebody without a tab still counts as here.
const RELOAD: Duration = Duration::from_secs(5);

#[derive(Clone, Default)]
pub struct Presence {
    rooms: Arc<Mutex<HashMap<ConversationId, Room>>>,
    people: Arc<Mutex<HashMap<UserId, Here>>>,
}

/// Somebody's open tabs.
struct Here {
    business: BusinessId,
    tabs: usize,
    /// When the last one closed; a reload is no absence.
    left: Option<Timestamp>,
}

struct Room {
    audience: Audience,
    viewers: Vec<Viewer>,
}

struct Viewer {
    id: UserId,
    name: String,
    until: Timestamp,
}

#[derive(Serialize)]
struct Users<'a> {
    users: Vec<Person<'a>>,
}

#[derive(Serialize)]
struct Person<'a> {
    id: UserId,
    name: &'a str,
}

#[derive(Serialize)]
struct Typing<'a> {
    who: Who<'a>,
    until: Timestamp,
}

#[derive(Serialize)]
struct Who<'a> {
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    name: &'a str,
}

impl Presence {
    /// A tab of a user opened.
    pub fn arrives(&self, core: &Core, business: BusinessId, user: UserId) {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        let new = !people.contains_key(&user);
        let here = people.entry(user).or_insert(Here { business, tabs: 0, left: None });
        (here.tabs, here.left) = (here.tabs + 1, None);
        if new {
            tell_online(core, business, user, true);
        }
    }

    /// A tab of a user closed.
    pub fn leaves(&self, core: &Core, user: UserId) {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(here) = people.get_mut(&user) {
            here.tabs = here.tabs.saturating_sub(1);
            here.left = (here.tabs == 0).then(|| core.clock.now());
        }
    }

    pub fn is_online(&self, user: UserId) -> bool {
        self.people.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&user)
    }

    /// A user looks at a conversation; the group hears of it when they are new there.
    pub fn viewing(&self, core: &Core, conversation: &Conversation, user: &Member) {
        let until = core.clock.now().plus(VIEWING);
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        let audience = Audience::of(conversation);
        let room = rooms.entry(conversation.id).or_insert_with(|| Room { audience, viewers: Vec::new() });
        match room.viewers.iter_mut().find(|viewer| viewer.id == user.id) {
            Some(viewer) => viewer.until = until,
            None => {
                room.viewers.push(Viewer { id: user.id, name: user.name.clone(), until });
                room.tell(core, conversation.id);
            }
        }
    }

    /// A user looks elsewhere.
    pub fn left(&self, core: &Core, conversation: ConversationId, user: UserId) {
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(room) = rooms.get_mut(&conversation) else { return };
        let before = room.viewers.len();
        room.viewers.retain(|viewer| viewer.id != user);
        if room.viewers.len() != before {
            room.tell(core, conversation);
        }
        if room.viewers.is_empty() {
            rooms.remove(&conversation);
        }
    }

    /// Nobody looks at this any more, and nobody hears of it.
    pub fn forget(&self, conversation: ConversationId) {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner).remove(&conversation);
    }

    /// Forgets whoever gave no sign of life; call every second or two.
    pub fn expire(&self, core: &Core) {
        let now = core.clock.now();
        self.people.lock().unwrap_or_else(PoisonError::into_inner).retain(|user, here| {
            let stays = here.left.is_none_or(|at| now.since(at) < RELOAD);
            if !stays {
                tell_online(core, here.business, *user, false);
            }
            stays
        });
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.retain(|id, room| {
            let before = room.viewers.len();
            room.viewers.retain(|viewer| viewer.until > now);
            if room.viewers.len() != before {
                room.tell(core, *id);
            }
            !room.viewers.is_empty()
        });
    }

    /// A user types: colleagues see who, a webchat visitor sees a first name.
    pub fn user_types(&self, core: &Core, conversation: &Conversation, user: &Member) {
        let until = core.clock.now().plus(TYPING);
        let id = Some(user.id.to_string());
        let group = Audience::of(conversation);
        whisper_typing(
            core,
            group,
            conversation.id,
            &Typing { who: Who { kind: "user", id, name: &user.name }, until },
        );
        let first_name = user.name.split_whitespace().next().unwrap_or_default();
        for route in conversation.routes.iter().filter(|route| route.kind == ChannelKind::Webchat) {
            let who = Who { kind: "user", id: None, name: first_name };
            let visitor = Audience::Visitor(route.address.as_str().into());
            whisper_typing(core, visitor, conversation.id, &Typing { who, until });
        }
    }

    /// A visitor types.
    pub fn visitor_types(&self, core: &Core, conversation: &Conversation) {
        let contact = &conversation.contact;
        let who = Who { kind: "contact", id: Some(contact.id.to_string()), name: &contact.name };
        let group = Audience::of(conversation);
        whisper_typing(core, group, conversation.id, &Typing { who, until: core.clock.now().plus(TYPING) });
    }
}

fn tell_online(core: &Core, business: BusinessId, user_id: UserId, online: bool) {
    #[derive(Serialize)]
    struct Online {
        user_id: UserId,
        online: bool,
    }
    let d = Online { user_id, online };
    let frame = Ephemeral { t: "presence.user", req: None, conversation_id: None, d };
    if let Ok(text) = serde_json::to_string(&frame) {
        core.fanout.whisper(Audience::Business(business), &text);
    }
}

impl Room {
    fn tell(&self, core: &Core, conversation: ConversationId) {
        let users = self.viewers.iter().map(|viewer| Person { id: viewer.id, name: &viewer.name }).collect();
        whisper(core, self.audience.clone(), "presence.viewing", conversation, &Users { users });
    }
}

fn whisper_typing(core: &Core, audience: Audience, conversation: ConversationId, typing: &Typing<'_>) {
    whisper(core, audience, "typing", conversation, typing);
}

fn whisper(core: &Core, audience: Audience, t: &str, conversation: ConversationId, d: &impl Serialize) {
    let frame = Ephemeral { t, req: None, conversation_id: Some(conversation), d };
    if let Ok(text) = serde_json::to_string(&frame) {
        core.fanout.whisper(audience, &text);
    }
}
