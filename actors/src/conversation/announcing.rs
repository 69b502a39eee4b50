//! One contact's copy of a broadcast: its words as this contact reads them, and what the gate asks.

use super::facts::{TemplateWish, filled};
use super::gate;
use crate::core::Core;
use crate::trouble::Trouble;
use switchboard_engine::conversation::{Announce, Birth, Command, Conversation, Refusal};
use switchboard_engine::ids::{BroadcastId, ChannelId, MessageId};
use switchboard_engine::template::{Facts, Filled, placeholder};
use switchboard_engine::wire::TemplateAsk;

/// A broadcast on its way to one contact.
#[derive(Clone, Debug)]
pub struct AnnounceWish {
    pub message_id: MessageId,
    pub broadcast: BroadcastId,
    pub name: String,
    pub channel_id: ChannelId,
    pub content: Announced,
    pub business_name: String,
    /// Of whoever sends it.
    pub agent_first_name: String,
}

/// What everybody gets.
#[derive(Clone, Debug)]
pub enum Announced {
    /// With placeholders.
    Text(String),
    Template(TemplateAsk),
}

pub(super) async fn gather(
    core: &Core,
    state: &Conversation,
    birth: Option<Birth>,
    wish: AnnounceWish,
) -> Result<Command, Trouble> {
    let (route, around) = gate::line(core, state, Some(wish.channel_id)).await?;
    let route = route.ok_or(Refusal::ChannelNotConnected)?;
    let (text, template) = words(core, state, &wish).await?;
    let AnnounceWish { message_id, broadcast, name, .. } = wish;
    let announce = Announce { message_id, broadcast, name, text, template, route, around, birth };
    Ok(Command::Announce(Box::new(announce)))
}

async fn words(
    core: &Core,
    state: &Conversation,
    wish: &AnnounceWish,
) -> Result<(String, Option<Box<Filled>>), Trouble> {
    let (business_name, agent_first_name) = (wish.business_name.clone(), wish.agent_first_name.clone());
    match &wish.content {
        Announced::Template(ask) => {
            let asked = TemplateWish { ask: ask.clone(), business_name, agent_first_name };
            filled(core, state, "", Some(wish.channel_id), asked).await
        }
        Announced::Text(text) => {
            let text =
                placeholder::resolve(text, &Facts::of(&state.contact, &business_name, &agent_first_name));
            match placeholder::unresolved(&text) {
                vars if vars.is_empty() => Ok((text, None)),
                vars => Err(Refusal::TemplateVarsMissing { vars }.into()),
            }
        }
    }
}
