//! Message templates registered with WhatsApp: what a team may send outside of the 24-hour window, once WhatsApp approved it.
//!
//! A template has variables; a [`Mapping`] says where each gets its value. Only an approved template whose every variable has a source
//! can be sent. In order of use: [`components`] reads what the provider holds, [`mapping`] names sources, [`fill`] makes a message,
//! [`language`] picks among translations, [`placeholder`] is about saved replies, which WhatsApp knows nothing of.

pub mod components;
pub mod fill;
pub mod language;
pub mod mapping;
pub mod placeholder;
#[cfg(test)]
mod tests;

pub use components::{Button, ButtonKind, Components, Header, Place, Variable};
pub use fill::{Ask, Facts, Filled};
pub use mapping::{Mapping, Slot, Source};

use crate::channels::whatsapp::templates::Listed;
use crate::ids::{ChannelId, TemplateId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What WhatsApp thinks of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemplateStatus {
    Approved,
    Pending,
    Rejected,
    Paused,
    Disabled,
    InAppeal,
    PendingDeletion,
    Archived,
    /// No longer at the provider; kept because messages refer to it.
    Removed,
    /// A state we do not know: nothing is sent with it.
    Unknown,
}

impl TemplateStatus {
    const ALL: [(Self, &'static str); 10] = [
        (Self::Approved, "approved"),
        (Self::Pending, "pending"),
        (Self::Rejected, "rejected"),
        (Self::Paused, "paused"),
        (Self::Disabled, "disabled"),
        (Self::InAppeal, "in_appeal"),
        (Self::PendingDeletion, "pending_deletion"),
        (Self::Archived, "archived"),
        (Self::Removed, "removed"),
        (Self::Unknown, "unknown"),
    ];

    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(status, _)| *status == self).map_or("unknown", |(_, text)| text)
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, name)| *name == text).map(|(status, _)| *status)
    }

    /// As a provider writes it, in lists and in webhooks: any case, words of either.
    pub fn of_provider(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            // Flagged: people complain, and it still works.
            "approved" | "active" | "reinstated" | "unarchived" | "flagged" => Self::Approved,
            "pending" | "submitted" | "created" | "in_review" => Self::Pending,
            "rejected" => Self::Rejected,
            "paused" => Self::Paused,
            "disabled" | "locked" | "limit_exceeded" => Self::Disabled,
            "in_appeal" => Self::InAppeal,
            "pending_deletion" => Self::PendingDeletion,
            "deleted" => Self::Removed,
            "archived" => Self::Archived,
            _ => Self::Unknown,
        }
    }
}

/// What those who got a template made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    Green,
    Yellow,
    Red,
    Unknown,
}

impl Quality {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Red => "red",
            Self::Unknown => "unknown",
        }
    }

    /// In any case; what we do not know is unknown.
    pub fn parse(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "green" | "high" => Self::Green,
            "yellow" | "medium" => Self::Yellow,
            "red" | "low" => Self::Red,
            _ => Self::Unknown,
        }
    }
}

/// A template as it is registered for one channel, in one language.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    pub id: TemplateId,
    pub channel_id: ChannelId,
    /// WhatsApp's own id; one per language.
    pub provider_id: Option<String>,
    pub name: String,
    /// "en_GB"
    pub language: String,
    /// "marketing", "utility" or "authentication", in lower case, or what else the provider says.
    pub category: String,
    pub status: TemplateStatus,
    pub quality: Quality,
    /// The provider's own JSON list; [`Components::parse`] reads it.
    pub components: serde_json::Value,
    pub mapping: Mapping,
    /// Offered where an invoice is sent and nowhere else.
    pub invoice_only: bool,
    pub synced_at: Timestamp,
}

/// Why a template cannot be sent by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hindrance {
    NotApproved,
    Removed,
    /// Needs something we cannot fill in.
    Unsupported,
    Unmapped,
    InvoiceOnly,
}

impl Hindrance {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotApproved => "not_approved",
            Self::Removed => "removed",
            Self::Unsupported => "unsupported",
            Self::Unmapped => "unmapped",
            Self::InvoiceOnly => "invoice_only",
        }
    }
}

impl Template {
    pub fn parts(&self) -> Components {
        Components::parse(&self.components)
    }

    /// Approved, every variable with a source, not kept for invoices; else the first thing in the way.
    pub fn hindrance(&self) -> Option<Hindrance> {
        let parts = self.parts();
        match self.status {
            TemplateStatus::Approved => {}
            TemplateStatus::Removed => return Some(Hindrance::Removed),
            _ => return Some(Hindrance::NotApproved),
        }
        if parts.unsupported.is_some() {
            Some(Hindrance::Unsupported)
        } else if !self.mapping.covers(&parts) {
            Some(Hindrance::Unmapped)
        } else if self.invoice_only {
            Some(Hindrance::InvoiceOnly)
        } else {
            None
        }
    }

    pub fn is_sendable(&self) -> bool {
        self.hindrance().is_none()
    }

    /// The status a person is told when it cannot be sent: WhatsApp's word, else what is in the way here.
    pub fn told_status(&self) -> Option<&'static str> {
        match self.hindrance()? {
            Hindrance::NotApproved => Some(self.status.as_str()),
            other => Some(other.as_str()),
        }
    }

    /// Whether a list from the provider says something new, `began` being when that list was asked for: news that came by webhook
    /// later than that are newer than the list. `None` when all is as before.
    pub fn listed(&self, listed: &Listed, status_at: Timestamp, began: Timestamp) -> Option<Self> {
        let newer = status_at > began && self.status != TemplateStatus::Removed;
        let next = Self {
            provider_id: listed.provider_id.clone().or_else(|| self.provider_id.clone()),
            category: listed.category.clone(),
            status: if newer { self.status } else { listed.status },
            quality: if newer { self.quality } else { listed.quality },
            components: listed.components.clone(),
            ..self.clone()
        };
        (next != *self).then_some(next)
    }
}
