//! The roster: users, groups, members and channels, few and read by everybody; kept in memory and swapped whole when one changes.

use crate::vault::Vault;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use switchboard_engine::channel::Channel;
use switchboard_engine::ids::{BusinessId, ChannelId, GroupId, UserId};
use switchboard_engine::user::{Member, Role};
use switchboard_schema::{Store, StoreError};

/// A consistent picture of who and what there is.
#[derive(Clone, Debug, Default)]
pub struct Roster {
    pub users: HashMap<UserId, User>,
    pub groups: Vec<Group>,
    pub channels: HashMap<ChannelId, Arc<Line>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub business_id: BusinessId,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub role: Role,
    pub active: bool,
    /// Groups they are a member of, sorted.
    pub groups: Vec<GroupId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub id: GroupId,
    pub business_id: BusinessId,
    pub name: String,
}

/// A connected channel with what its connector needs. `Debug` shows no credentials.
#[derive(Clone)]
pub struct Line {
    pub channel: Channel,
    /// Base URL, API version and the like.
    pub settings: serde_json::Value,
    /// Tokens and secrets, decrypted.
    pub credentials: serde_json::Value,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("channel", &self.channel).field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Line {
    /// A secret by name; an empty one counts as absent, so that no empty secret ever verifies anything.
    pub fn credential(&self, name: &str) -> Option<&str> {
        self.credentials.get(name).and_then(serde_json::Value::as_str).filter(|secret| !secret.is_empty())
    }

    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name).and_then(serde_json::Value::as_str).filter(|value| !value.is_empty())
    }

    pub fn flag(&self, name: &str) -> bool {
        self.settings.get(name).and_then(serde_json::Value::as_bool).unwrap_or(false)
    }
}

impl User {
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    pub fn member(&self) -> Member {
        Member { id: self.id, name: self.name(), role: self.role }
    }

    /// Groups whose conversations they may see; `None` is every group of their business.
    pub fn visible_groups(&self) -> Option<Vec<GroupId>> {
        (self.role != Role::Admin).then(|| self.groups.clone())
    }

    pub fn sees(&self, group: GroupId) -> bool {
        self.role == Role::Admin || self.groups.binary_search(&group).is_ok()
    }
}

impl Roster {
    pub async fn load(store: &Store, vault: &Vault) -> Result<Self, StoreError> {
        let members = store.memberships().await?;
        let users = store.users().await?.into_iter().map(|row| {
            let mut groups: Vec<GroupId> =
                members.iter().filter(|(_, user)| *user == row.id).map(|(group, _)| *group).collect();
            groups.sort_unstable();
            let user = User {
                id: row.id,
                business_id: row.business_id,
                first_name: row.first_name,
                last_name: row.last_name,
                email: row.email,
                role: row.role,
                active: row.active,
                groups,
            };
            (user.id, user)
        });
        let groups = store.groups().await?;
        let groups = groups.into_iter().map(|g| Group { id: g.id, business_id: g.business_id, name: g.name });
        let mut channels = HashMap::new();
        for row in store.channels().await? {
            let credentials = vault.open_json("channel", row.channel.id.0, &row.credentials).unwrap_or_else(|| {
                tracing::error!(channel.id = %row.channel.id, "credentials cannot be decrypted: was the secret key changed?");
                serde_json::Value::Null
            });
            let line = Line { channel: row.channel, settings: row.settings, credentials };
            channels.insert(line.channel.id, Arc::new(line));
        }
        Ok(Self { users: users.collect(), groups: groups.collect(), channels })
    }

    /// People a conversation of `group` can be assigned to: active members, and active admins of the business.
    pub fn assignable(&self, group: GroupId) -> Vec<&User> {
        let business = self.groups.iter().find(|g| g.id == group).map(|g| g.business_id);
        let mut users: Vec<&User> =
            self.users.values().filter(|u| u.active && Some(u.business_id) == business && u.sees(group)).collect();
        users.sort_by(|a, b| (&a.first_name, &a.last_name, a.id).cmp(&(&b.first_name, &b.last_name, b.id)));
        users
    }

    /// The webchat channel with this widget key.
    pub fn widget(&self, key: &str) -> Option<&Arc<Line>> {
        let widget = switchboard_engine::channel::ChannelKind::Webchat;
        self.channels.values().find(|line| line.channel.kind == widget && line.channel.address == key)
    }
}

/// The present roster; readers take a snapshot and never wait for a reload.
#[derive(Clone, Default)]
pub struct RosterHandle {
    current: Arc<RwLock<Arc<Roster>>>,
}

impl RosterHandle {
    pub fn get(&self) -> Arc<Roster> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set(&self, roster: Roster) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(roster);
    }
}
