//! The roster: users, groups, members and channels, few and read by everybody; kept in memory and swapped whole when one changes.

use crate::pulse::{Pulse, Pulses};
use crate::vault::Vault;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use switchboard_engine::business::Settings;
use switchboard_engine::business_hours::BusinessHours;
use switchboard_engine::channel::{Channel, Registration};
use switchboard_engine::conversation::Actor;
use switchboard_engine::ids::{BusinessId, ChannelId, GroupId, UserId};
use switchboard_engine::permission::{Denied, Operation, Principal, Viewer, permit};
use switchboard_engine::time::Timestamp;
use switchboard_engine::user::{Member, Role};
use switchboard_schema::{Business, ChannelState, Store, StoreError, StoredHours, User, UserStatus};

/// A consistent picture of who and what there is.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    /// `None` before set-up.
    pub business: Option<Business>,
    pub users: HashMap<UserId, Colleague>,
    pub groups: Vec<Group>,
    pub channels: HashMap<ChannelId, Arc<Line>>,
    /// When the business is open; `None`: always.
    pub hours: Option<Arc<BusinessHours>>,
    /// Groups with hours of their own.
    pub group_hours: HashMap<GroupId, Arc<BusinessHours>>,
}

/// A user of the team, as commands and sockets need to know them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colleague {
    pub id: UserId,
    pub business_id: BusinessId,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub role: Role,
    pub active: bool,
    /// Groups they are a member of, sorted.
    pub groups: Arc<[GroupId]>,
    /// Those of them they are an admin of, sorted.
    pub leads: Vec<GroupId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub id: GroupId,
    pub business_id: BusinessId,
    pub name: String,
    pub position: i64,
    /// No longer a place for new conversations; the closed ones stay readable.
    pub archived: bool,
    pub is_first: bool,
}

/// A connected channel with what its connector needs. `Debug` shows no credentials.
#[derive(Clone)]
pub struct Line {
    pub channel: Channel,
    /// Base URL, API version and the like.
    pub settings: serde_json::Value,
    /// Tokens and secrets, decrypted.
    pub credentials: serde_json::Value,
    /// The number customers see, once the provider has told it.
    pub phone: Option<String>,
    pub registration: Registration,
    /// How it is doing; the same one for as long as the server runs.
    pub pulse: Arc<Pulse>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line")
            .field("channel", &self.channel)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Line {
    /// A secret by name; an empty one counts as absent, so that no empty secret ever verifies anything.
    pub fn credential(&self, name: &str) -> Option<&str> {
        self.credentials.get(name).and_then(serde_json::Value::as_str).filter(|secret| !secret.is_empty())
    }

    /// Whether a connector that knows this one need not be told of `other`.
    pub fn is_like(&self, other: &Self) -> bool {
        self.channel == other.channel
            && self.settings == other.settings
            && self.credentials == other.credentials
    }

    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name).and_then(serde_json::Value::as_str).filter(|value| !value.is_empty())
    }

    pub fn flag(&self, name: &str) -> bool {
        self.settings.get(name).and_then(serde_json::Value::as_bool).unwrap_or(false)
    }
}

impl Colleague {
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    pub fn member(&self) -> Member {
        Member { id: self.id, name: self.name(), role: self.role, leads: self.leads.clone() }
    }

    /// Them, as the one who did something.
    pub fn actor(&self) -> Actor {
        Actor { id: self.id, name: self.name() }
    }

    /// What they may see: every group of their business for admins, their own for agents.
    pub fn viewer(&self) -> Viewer {
        let groups = (self.role != Role::Admin).then(|| self.groups.clone());
        Viewer { user: self.id, business: self.business_id, groups }
    }

    /// Whether they may connect and configure lines of this group.
    pub fn runs_channels_of(&self, group: GroupId) -> bool {
        self.may(Operation::ManageChannels, group).is_ok()
    }

    pub fn sees(&self, group: GroupId) -> bool {
        self.role == Role::Admin || self.belongs_to(group)
    }

    /// Whether they can act there at all.
    pub fn is_present_in(&self, group: GroupId) -> bool {
        self.active && self.sees(group)
    }

    pub fn belongs_to(&self, group: GroupId) -> bool {
        self.groups.binary_search(&group).is_ok()
    }

    /// Their part in a group, with no particular conversation in mind.
    pub fn principal(&self, group: GroupId) -> Principal {
        self.member().principal(group, self.belongs_to(group), false)
    }

    /// Whether they may do this to a group, or how to say no.
    pub fn may(&self, operation: Operation, group: GroupId) -> Result<(), Denied> {
        permit(operation, self.principal(group))
    }

    /// Whether they may do this to the business as a whole.
    pub fn may_here(&self, operation: Operation) -> Result<(), Denied> {
        permit(operation, if self.role == Role::Admin { Principal::Admin } else { Principal::Member })
    }
}

impl Roster {
    /// Reads everything anew; lines that are known keep their pulse.
    pub async fn load(store: &Store, vault: &Vault, pulses: &Pulses) -> Result<Self, StoreError> {
        let mut roster = Self { channels: channels(store, vault, pulses).await?, ..Self::default() };
        let Some(business) = store.business().await? else { return Ok(roster) };
        roster.groups = store
            .groups(business.id)
            .await?
            .into_iter()
            .map(|group| Group {
                id: group.id,
                business_id: business.id,
                name: group.name,
                position: group.position,
                archived: group.archived,
                is_first: group.is_first,
            })
            .collect();
        let memberships = store.memberships(business.id).await?;
        for row in store.users(business.id).await? {
            // In the order of groups already.
            let own = memberships.iter().filter(|one| one.user_id == row.id);
            let leads = own.clone().filter(|one| one.role == Role::Admin).map(|one| one.group_id).collect();
            let groups = own.map(|one| one.group_id).collect();
            let active = row.status == UserStatus::Active;
            let User { id, business_id, first_name, last_name, email, role, .. } = row;
            let user =
                Colleague { id, business_id, first_name, last_name, email, role, active, groups, leads };
            roster.users.insert(id, user);
        }
        roster.read_hours(store, business.id).await?;
        roster.business = Some(business);
        Ok(roster)
    }

    async fn read_hours(&mut self, store: &Store, business: BusinessId) -> Result<(), StoreError> {
        for StoredHours { group_id, schedule } in store.hours(business).await? {
            // Checked before it was stored; a zone that is no longer one leaves it always open, not never.
            let Ok(hours) = BusinessHours::new(schedule).map(Arc::new) else {
                tracing::error!(group.id = ?group_id, "stored business hours make no sense and are left out");
                continue;
            };
            match group_id {
                Some(group) => {
                    self.group_hours.insert(group, hours);
                }
                None => self.hours = Some(hours),
            }
        }
        Ok(())
    }

    /// Whether a user can act in a group.
    pub fn is_present(&self, user: UserId, group: GroupId) -> bool {
        self.users.get(&user).is_some_and(|user| user.is_present_in(group))
    }

    /// The hours of a group: its own, else the business's; `None`: always open.
    pub fn hours_of(&self, group: GroupId) -> Option<&Arc<BusinessHours>> {
        self.group_hours.get(&group).or(self.hours.as_ref())
    }

    /// Whether a group has business hours at a moment.
    pub fn is_open(&self, group: GroupId, now: Timestamp) -> bool {
        self.hours_of(group).is_none_or(|hours| hours.is_open(now))
    }

    /// A group of this business, archived or not.
    pub fn group(&self, business: BusinessId, id: GroupId) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id && group.business_id == business)
    }

    /// The business's switches; what holds by default before set-up.
    pub fn settings(&self) -> Settings {
        self.business.as_ref().map(|business| business.settings.clone()).unwrap_or_default()
    }

    /// People a conversation of `group` can be assigned to: its active members.
    pub fn assignable(&self, group: GroupId) -> Vec<&Colleague> {
        let business = self.groups.iter().find(|g| g.id == group).map(|g| g.business_id);
        let mut users: Vec<&Colleague> = self
            .users
            .values()
            .filter(|u| u.active && Some(u.business_id) == business && u.belongs_to(group))
            .collect();
        users.sort_by(|a, b| (&a.first_name, &a.last_name, a.id).cmp(&(&b.first_name, &b.last_name, b.id)));
        users
    }

    /// The webchat channel with this widget key.
    pub fn widget(&self, key: &str) -> Option<&Arc<Line>> {
        let widget = switchboard_engine::channel::ChannelKind::Webchat;
        self.channels.values().find(|line| line.channel.kind == widget && line.channel.address == key)
    }
}

async fn channels(
    store: &Store,
    vault: &Vault,
    pulses: &Pulses,
) -> Result<HashMap<ChannelId, Arc<Line>>, StoreError> {
    let mut channels = HashMap::new();
    for row in store.channels().await? {
        let pulse = pulses.of(&row);
        let sealed = row.credentials.unwrap_or_default();
        let credentials = vault.open_json("channel", row.channel.id.0, &sealed).unwrap_or_else(|| {
            tracing::error!(channel.id = %row.channel.id, "credentials cannot be decrypted: was the secret key changed?");
            serde_json::Value::Null
        });
        let ChannelState { phone, registration, .. } = row.state;
        let line =
            Line { channel: row.channel, settings: row.settings, credentials, phone, registration, pulse };
        channels.insert(line.channel.id, Arc::new(line));
    }
    Ok(channels)
}

/// The present roster; readers take a snapshot and never wait for a reload.
#[derive(Clone, Default)]
pub struct RosterHandle {
    current: Arc<RwLock<Arc<Roster>>>,
    pulses: Arc<Pulses>,
}

impl RosterHandle {
    pub fn get(&self) -> Arc<Roster> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn pulses(&self) -> &Pulses {
        &self.pulses
    }

    pub fn set(&self, roster: Roster) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(roster);
    }
}
