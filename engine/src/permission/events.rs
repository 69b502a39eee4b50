//! Every command of an agent's socket, and every frame that is pushed, with the operation that allows it.

use super::Operation as Op;

/// A command's `t` and its operation; `None` needs nothing but a session.
#[rustfmt::skip]
pub const AGENT_COMMANDS: &[(&str, Option<Op>)] = &[
    ("resume", None),
    ("ping", None),
    ("viewing", Some(Op::UsePresence)),
    ("typing", Some(Op::UsePresence)),
    ("message.send", Some(Op::SendMessage)),
    ("message.retry", Some(Op::SendMessage)),
    ("message.cancel", Some(Op::SendMessage)),
    ("conversation.attend", Some(Op::Attend)),
    ("conversation.assign", Some(Op::Assign)),
    ("conversation.unassign", Some(Op::Assign)),
    ("conversation.close", Some(Op::Close)),
    ("conversation.reopen", Some(Op::Reopen)),
    ("conversation.assignee.add", Some(Op::AddAssignee)),
    ("conversation.assignee.remove", Some(Op::AddAssignee)),
    ("conversation.snooze", Some(Op::Close)),
    ("conversation.unsnooze", Some(Op::Close)),
    ("conversation.delete", Some(Op::DeleteConversation)),
    ("conversation.restore", Some(Op::DeleteConversation)),
    ("note.add", Some(Op::WriteNote)),
    ("read.mark", Some(Op::MarkRead)),
];

/// Who gets a pushed frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Whoever may see the conversation, decided anew for each frame.
    Conversation,
    /// One user, on all their tabs.
    User,
    /// Admins, and admins of the group.
    GroupAdmins,
    /// Every agent of the group and every admin.
    Group,
    /// Everybody of the business.
    Business,
    /// The socket it answers.
    Asker,
}

/// Every `t` an agent's socket may carry.
#[rustfmt::skip]
pub const EVENTS: &[(&str, Audience)] = &[
    ("hello", Audience::Asker),
    ("resumed", Audience::Asker),
    ("resync", Audience::Asker),
    ("ack", Audience::Asker),
    ("error", Audience::Asker),
    ("server.draining", Audience::Asker),
    ("conversation.created", Audience::Conversation),
    ("conversation.updated", Audience::Conversation),
    ("conversation.assigned", Audience::Conversation),
    ("conversation.unassigned", Audience::Conversation),
    ("conversation.closed", Audience::Conversation),
    ("conversation.reopened", Audience::Conversation),
    ("conversation.deleted", Audience::Conversation),
    ("conversation.restored", Audience::Conversation),
    ("conversation.snoozed", Audience::Conversation),
    ("conversation.woken", Audience::Conversation),
    ("message.created", Audience::Conversation),
    ("message.status", Audience::Conversation),
    ("message.media", Audience::Conversation),
    ("consent.changed", Audience::Conversation),
    ("window.changed", Audience::Conversation),
    ("typing", Audience::Conversation),
    ("presence.viewing", Audience::Conversation),
    // What everybody sees goes to the group, what one sees besides to that user.
    ("counts.updated", Audience::Group),
    ("conversation.read_state", Audience::User),
    ("read.batch", Audience::User),
    ("inbox.added", Audience::User),
    ("inbox.removed", Audience::User),
    ("note.mentioned", Audience::User),
    ("draft.changed", Audience::User),
    ("presence.user", Audience::Business),
    ("channel.health", Audience::GroupAdmins),
    ("permissions.changed", Audience::User),
    ("user.updated", Audience::User),
    ("group.joined", Audience::User),
    ("group.left", Audience::User),
    // With details for those who run templates.
    ("template.updated", Audience::Group),
];
