//! Users: the people of the team, and what a command needs to know of whoever gave it.

use crate::ids::{GroupId, UserId};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Admin,
    Agent,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Agent => "agent",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Admin, Self::Agent].into_iter().find(|role| role.as_str() == text)
    }
}

/// A user giving a command, with what the rules ask of them. That they may see the conversation at all is decided before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub id: UserId,
    /// As colleagues see it: "Ann Lee".
    pub name: String,
    pub role: Role,
    /// Groups they are an admin of, sorted.
    pub leads: Vec<GroupId>,
}
