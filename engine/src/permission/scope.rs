//! What an API token is good for: an area of the product, to read or to write. A token acts for whoever made it and never beyond its scopes.

use super::{Gate, Operation as Op, Route};
use std::fmt;

/// A part of the product a token may be let into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// Lists, timelines, files, and what becomes of a conversation.
    Conversations,
    /// What is said: messages, notes, templates to pick from.
    Messages,
    Contacts,
    /// Groups and who is in them.
    Team,
    /// The business, channels, templates, hours.
    Settings,
    Audit,
}

impl Area {
    const ALL: [Self; 6] =
        [Self::Conversations, Self::Messages, Self::Contacts, Self::Team, Self::Settings, Self::Audit];

    fn as_str(self) -> &'static str {
        match self {
            Self::Conversations => "conversations",
            Self::Messages => "messages",
            Self::Contacts => "contacts",
            Self::Team => "team",
            Self::Settings => "settings",
            Self::Audit => "audit",
        }
    }

    /// Where an operation belongs; `None` is nothing for a token, only for a person at a browser.
    fn of(operation: Op) -> Option<Self> {
        Some(match operation {
            Op::SeeConversation
            | Op::SeeOthersInbox
            | Op::Attend
            | Op::Assign
            | Op::BulkAssign
            | Op::AddAssignee
            | Op::Close
            | Op::Reopen
            | Op::DeleteConversation
            | Op::MarkRead
            | Op::MarkReadForOther
            | Op::Search
            | Op::ExportTranscript
            | Op::DownloadMedia
            | Op::TakeOver => Self::Conversations,
            Op::SendMessage | Op::WriteNote | Op::PickTemplate | Op::SendBroadcast => Self::Messages,
            Op::ViewContacts
            | Op::EditContact
            | Op::DeleteContact
            | Op::ImportContacts
            | Op::SyncContacts
            | Op::ManageTags
            | Op::ApplyTags
            | Op::SetContactAccess
            | Op::ChangeConsent
            | Op::SendInvoice
            | Op::DeleteInvoice
            | Op::SeePayment => Self::Contacts,
            Op::ManageUsers | Op::GrantGroupAdmin | Op::ManageGroups | Op::ViewTeam | Op::ChangeTeam => {
                Self::Team
            }
            Op::OpenSettings | Op::ManageChannels | Op::SetUpGroup | Op::ManageTemplates => Self::Settings,
            Op::SeeAudit => Self::Audit,
            Op::EditOwnProfile
            | Op::ReceiveBell
            | Op::ReceiveBrowserNotice
            | Op::ReceiveMailNotice
            | Op::UsePresence => return None,
        })
    }
}

/// One thing a token may do: `conversations:read`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    pub area: Area,
    /// To change something; reading is a scope of its own.
    pub write: bool,
}

/// Scopes that no route needs.
const EMPTY: [Scope; 1] = [Scope { area: Area::Audit, write: true }];

/// Only a person at a browser does this: whoever could with a token could make themselves a better one.
const PERSONS_ONLY: [&str; 3] = ["/api/v1/tokens", "/api/v1/webhooks", "/api/v1/me"];

impl Scope {
    /// All that can be chosen.
    pub fn all() -> Vec<Self> {
        let each = Area::ALL.into_iter().flat_map(|area| [false, true].map(|write| Self { area, write }));
        each.filter(|scope| !EMPTY.contains(scope)).collect()
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::all().into_iter().find(|scope| scope.to_string() == text)
    }

    /// What a token needs for a route; `None`: no token ever may.
    pub fn needed(route: &Route) -> Option<Self> {
        let operation = route.gate.operation()?;
        let write = route.method != "GET";
        let for_persons = PERSONS_ONLY.iter().any(|prefix| route.path.starts_with(prefix))
            || (operation == Op::ManageUsers && write);
        let area = Area::of(operation).filter(|_| !for_persons && route.gate != Gate::Public)?;
        Some(Self { area, write })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.area.as_str(), if self.write { "write" } else { "read" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permission::{ROUTES, route};

    fn needed(method: &str, path: &str) -> Option<String> {
        Scope::needed(route(method, path).unwrap()).map(|scope| scope.to_string())
    }

    #[test]
    fn d_17_a_route_needs_the_scope_of_its_operation() {
        for (method, path, wanted) in [
            ("GET", "/api/v1/conversations/{id}/timeline", Some("conversations:read")),
            ("POST", "/api/v1/conversations/{id}/close", Some("conversations:write")),
            ("POST", "/api/v1/conversations/{id}/messages", Some("messages:write")),
            ("GET", "/api/v1/contacts/{id}/consent", Some("contacts:read")),
            ("GET", "/api/v1/users", Some("team:read")),
            ("PATCH", "/api/v1/business", Some("settings:write")),
            ("GET", "/api/v1/audit", Some("audit:read")),
            // Accounts, tokens and one's own profile are for persons.
            ("POST", "/api/v1/users", None),
            ("GET", "/api/v1/me", None),
            ("GET", "/api/v1/session", None),
            ("POST", "/api/v1/tokens", None),
            ("GET", "/api/v1/webhooks", None),
            ("POST", "/api/v1/session", None),
        ] {
            assert_eq!(needed(method, path).as_deref(), wanted, "{method} {path}");
        }
    }

    #[test]
    fn d_17_every_scope_opens_a_route_and_reads_back() {
        for scope in Scope::all() {
            assert_eq!(Scope::parse(&scope.to_string()), Some(scope));
            assert!(ROUTES.iter().any(|route| Scope::needed(route) == Some(scope)), "{scope} opens nothing");
        }
        assert_eq!(Scope::parse("audit:write"), None);
        assert_eq!(Scope::parse("everything"), None);
    }
}
