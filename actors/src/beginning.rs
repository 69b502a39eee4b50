//! What a conversation begins with: who alone may see it, which one of the same contact was before it.

use crate::core::Core;
use crate::trouble::Trouble;
use std::sync::Arc;
use switchboard_engine::conversation::{Awakening, Conversation, ConversationStatus};
use switchboard_engine::ids::{ContactId, ConversationId, GroupId, UserId};

/// A contact's newest conversation in a group that nobody deleted.
pub(crate) async fn latest_of(
    core: &Core,
    group: GroupId,
    contact: ContactId,
) -> Result<Option<Conversation>, Trouble> {
    let Some(id) = core.store.latest_conversation_of(group, contact).await? else { return Ok(None) };
    Ok(core.store.conversations(vec![id]).await?.pop())
}

/// The one before, where everybody who sees the new one may see it: an id, too, tells that there was something.
pub(crate) fn previous(
    before: Option<&Conversation>,
    visible_to: Option<&[UserId]>,
) -> Option<ConversationId> {
    let seen = |before: &&Conversation| {
        let list = before.visible_to.as_deref();
        list.is_none_or(|old| visible_to.is_some_and(|new| new.iter().all(|id| old.contains(id))))
    };
    before.filter(seen).map(|before| before.id)
}

/// Who alone may see the next conversation of a contact in a group. A list of people who are all gone from there hides nothing from anybody.
pub(crate) async fn viewers_of(
    core: &Core,
    group: GroupId,
    contact: ContactId,
) -> Result<Option<Arc<[UserId]>>, Trouble> {
    let viewers = core.store.contact_viewers(contact).await?;
    if viewers.is_empty() {
        return Ok(None);
    }
    let roster = core.roster.get();
    if viewers.iter().any(|id| roster.is_present(*id, group)) {
        return Ok(Some(viewers.into()));
    }
    tracing::warn!(contact.id = %contact, "everybody who may see this contact is gone: the whole group sees it");
    Ok(None)
}

/// What ends the silence of a conversation that only broadcasts have reached.
pub(crate) async fn awakening(core: &Core, state: &Conversation) -> Result<Option<Awakening>, Trouble> {
    if state.status != ConversationStatus::Silent {
        return Ok(None);
    }
    let visible_to = viewers_of(core, state.group_id, state.contact.id).await?;
    let before = latest_of(core, state.group_id, state.contact.id).await?;
    let previous = previous(before.as_ref(), visible_to.as_deref());
    Ok(Some(Awakening { number: core.numbers.next(), visible_to, previous }))
}
