//! Every REST route with the operation it is: the web edge asks this list before a handler is even looked at.

use super::Operation;

/// One route of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    pub method: &'static str,
    /// The template: `/api/v1/groups/{id}/team`.
    pub path: &'static str,
    pub gate: Gate,
}

/// Where it is decided whether somebody may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Anybody; the route has proofs of its own (a password, a token, a signature).
    Public,
    /// Anybody who is signed in, about themselves or what they may see.
    SignedIn(Operation),
    /// Asked of the business as a whole, at the edge.
    Business(Operation),
    /// Asked of the group whose id stands first in the path, at the edge.
    Group(Operation),
    /// Asked of a group that only the handler knows (in the body, or of a channel); agents who lead no group are refused at the edge.
    SomeGroup(Operation),
    /// Asked by the conversation itself, which knows who is assigned.
    Conversation(Operation),
}

impl Gate {
    pub fn operation(self) -> Option<Operation> {
        match self {
            Self::Public => None,
            Self::SignedIn(operation)
            | Self::Business(operation)
            | Self::Group(operation)
            | Self::SomeGroup(operation)
            | Self::Conversation(operation) => Some(operation),
        }
    }
}

/// The route of a method and template.
pub fn route(method: &str, path: &str) -> Option<&'static Route> {
    ROUTES.iter().find(|route| route.method == method && route.path == path)
}

const fn at(method: &'static str, path: &'static str, gate: Gate) -> Route {
    Route { method, path, gate }
}

use Gate::{Business, Conversation, Group, Public, SignedIn, SomeGroup};
use Operation as Op;

/// All of them, by noun.
#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    at("GET", "/api/v1/setup", Public),
    at("POST", "/api/v1/setup", Public),
    at("POST", "/api/v1/session", Public),
    at("GET", "/api/v1/session", SignedIn(Op::EditOwnProfile)),
    at("DELETE", "/api/v1/session", SignedIn(Op::EditOwnProfile)),

    at("POST", "/api/v1/password/forgot", Public),
    at("POST", "/api/v1/password/reset", Public),
    at("POST", "/api/v1/invitations/look", Public),
    at("POST", "/api/v1/invitations/accept", Public),

    at("GET", "/api/v1/me", SignedIn(Op::EditOwnProfile)),
    at("PATCH", "/api/v1/me", SignedIn(Op::EditOwnProfile)),
    at("POST", "/api/v1/me/password", SignedIn(Op::EditOwnProfile)),
    at("GET", "/api/v1/me/sessions", SignedIn(Op::EditOwnProfile)),
    at("DELETE", "/api/v1/me/sessions", SignedIn(Op::EditOwnProfile)),
    at("DELETE", "/api/v1/me/sessions/{id}", SignedIn(Op::EditOwnProfile)),
    at("POST", "/api/v1/me/second_factor", SignedIn(Op::EditOwnProfile)),
    at("DELETE", "/api/v1/me/second_factor", SignedIn(Op::EditOwnProfile)),
    at("POST", "/api/v1/me/second_factor/confirm", SignedIn(Op::EditOwnProfile)),

    at("GET", "/api/v1/users", Business(Op::ManageUsers)),
    at("POST", "/api/v1/users", Business(Op::ManageUsers)),
    at("PATCH", "/api/v1/users/{id}", Business(Op::ManageUsers)),
    at("POST", "/api/v1/users/{id}/invitation", Business(Op::ManageUsers)),
    at("POST", "/api/v1/users/{id}/deactivate", Business(Op::ManageUsers)),
    at("POST", "/api/v1/users/{id}/activate", Business(Op::ManageUsers)),

    at("GET", "/api/v1/business", Business(Op::OpenSettings)),
    at("PATCH", "/api/v1/business", Business(Op::OpenSettings)),
    at("GET", "/api/v1/business/hours", Business(Op::OpenSettings)),
    at("PUT", "/api/v1/business/hours", Business(Op::OpenSettings)),
    at("GET", "/api/v1/audit", SomeGroup(Op::SeeAudit)),

    at("GET", "/api/v1/tokens", Business(Op::OpenSettings)),
    at("POST", "/api/v1/tokens", Business(Op::OpenSettings)),
    at("DELETE", "/api/v1/tokens/{id}", Business(Op::OpenSettings)),
    at("GET", "/api/v1/webhooks", Business(Op::OpenSettings)),
    at("POST", "/api/v1/webhooks", Business(Op::OpenSettings)),
    at("PATCH", "/api/v1/webhooks/{id}", Business(Op::OpenSettings)),
    at("DELETE", "/api/v1/webhooks/{id}", Business(Op::OpenSettings)),
    at("POST", "/api/v1/webhooks/{id}/secret", Business(Op::OpenSettings)),
    at("POST", "/api/v1/webhooks/{id}/ping", Business(Op::OpenSettings)),
    at("GET", "/api/v1/webhooks/{id}/deliveries", Business(Op::OpenSettings)),
    at("POST", "/api/v1/webhooks/{id}/deliveries/{delivery_id}/resend", Business(Op::OpenSettings)),

    at("GET", "/api/v1/groups", SignedIn(Op::ViewTeam)),
    at("POST", "/api/v1/groups", Business(Op::ManageGroups)),
    at("PATCH", "/api/v1/groups/{id}", Business(Op::ManageGroups)),
    at("POST", "/api/v1/groups/{id}/archive", Business(Op::ManageGroups)),
    at("POST", "/api/v1/groups/{id}/restore", Business(Op::ManageGroups)),
    at("GET", "/api/v1/groups/{id}/team", Group(Op::ViewTeam)),
    at("PUT", "/api/v1/groups/{id}/team", Group(Op::ChangeTeam)),
    at("GET", "/api/v1/groups/{id}/nav", Group(Op::ViewTeam)),
    at("GET", "/api/v1/groups/{id}/hours", Group(Op::ViewTeam)),
    at("PUT", "/api/v1/groups/{id}/hours", Group(Op::SetUpGroup)),
    at("GET", "/api/v1/groups/{id}/members", Group(Op::ViewTeam)),

    at("GET", "/api/v1/channels", SignedIn(Op::ViewTeam)),
    at("POST", "/api/v1/channels", SomeGroup(Op::ManageChannels)),
    at("POST", "/api/v1/channels/check", SomeGroup(Op::ManageChannels)),
    at("GET", "/api/v1/channels/{id}", SomeGroup(Op::ManageChannels)),
    at("PATCH", "/api/v1/channels/{id}", SomeGroup(Op::ManageChannels)),
    at("POST", "/api/v1/channels/{id}/move", SomeGroup(Op::ManageChannels)),
    at("POST", "/api/v1/channels/{id}/check", SomeGroup(Op::ManageChannels)),
    at("POST", "/api/v1/channels/{id}/disconnect", SomeGroup(Op::ManageChannels)),
    at("POST", "/api/v1/channels/{id}/reconnect", SomeGroup(Op::ManageChannels)),
    at("PUT", "/api/v1/channels/{id}/widget", SomeGroup(Op::ManageChannels)),
    at("POST", "/api/v1/channels/{id}/widget/identity_secret", SomeGroup(Op::ManageChannels)),

    at("GET", "/api/v1/groups/{id}/templates", Group(Op::ManageTemplates)),
    at("POST", "/api/v1/channels/{id}/templates/sync", SomeGroup(Op::ManageTemplates)),
    at("PUT", "/api/v1/templates/{id}/mapping", SomeGroup(Op::ManageTemplates)),
    at("GET", "/api/v1/conversations/{id}/sendable-templates", Conversation(Op::PickTemplate)),
    at("GET", "/api/v1/channels/{id}/sendable-templates", SignedIn(Op::PickTemplate)),
    at("GET", "/api/v1/groups/{id}/replies", Group(Op::ViewTeam)),
    at("POST", "/api/v1/groups/{id}/replies", Group(Op::ManageTemplates)),
    at("PUT", "/api/v1/replies/{id}", SomeGroup(Op::ManageTemplates)),
    at("DELETE", "/api/v1/replies/{id}", SomeGroup(Op::ManageTemplates)),

    at("GET", "/api/v1/groups/{id}/broadcasts", Group(Op::SendBroadcast)),
    at("POST", "/api/v1/groups/{id}/broadcasts", Group(Op::SendBroadcast)),
    at("GET", "/api/v1/broadcasts/{id}", SignedIn(Op::SendBroadcast)),
    at("POST", "/api/v1/broadcasts/{id}/cancel", SignedIn(Op::SendBroadcast)),

    at("GET", "/api/v1/groups/{id}/photos", Group(Op::ViewTeam)),
    at("POST", "/api/v1/groups/{id}/photos", Group(Op::ManageTemplates)),
    at("DELETE", "/api/v1/photos/{id}", SomeGroup(Op::ManageTemplates)),

    // Addresses of the whole business, and mail to all of them: no group's affair.
    at("GET", "/api/v1/channels/{id}/announcements", Business(Op::OpenSettings)),
    at("POST", "/api/v1/channels/{id}/announcements", Business(Op::OpenSettings)),
    at("POST", "/api/v1/channels/{id}/announcements/test", Business(Op::OpenSettings)),
    at("GET", "/api/v1/announcements/{id}", Business(Op::OpenSettings)),
    at("GET", "/api/v1/announcements/{id}/recipients", Business(Op::OpenSettings)),
    at("POST", "/api/v1/announcements/{id}/stop", Business(Op::OpenSettings)),
    at("GET", "/api/v1/contacts/emails.csv", Business(Op::OpenSettings)),
    at("GET", "/api/v1/contacts/{id}/consent/email", SignedIn(Op::ViewContacts)),
    at("PUT", "/api/v1/contacts/{id}/consent/email", SignedIn(Op::ChangeConsent)),

    at("GET", "/api/v1/contacts/{id}/consent", SignedIn(Op::ViewContacts)),
    at("PUT", "/api/v1/contacts/{id}/consent", SignedIn(Op::ChangeConsent)),
    at("POST", "/api/v1/contacts/{id}/erase", Business(Op::DeleteContact)),
    at("GET", "/api/v1/contacts/{id}/access", SomeGroup(Op::SetContactAccess)),
    at("PUT", "/api/v1/contacts/{id}/access", SomeGroup(Op::SetContactAccess)),

    at("GET", "/api/v1/search", SignedIn(Op::Search)),
    at("GET", "/api/v1/inbox/counts", SignedIn(Op::SeeConversation)),
    at("GET", "/api/v1/conversations", SignedIn(Op::SeeConversation)),
    at("GET", "/api/v1/conversations/{id}", Conversation(Op::SeeConversation)),
    at("GET", "/api/v1/conversations/{id}/timeline", Conversation(Op::SeeConversation)),
    at("GET", "/api/v1/conversations/{id}/transcript", Conversation(Op::ExportTranscript)),
    at("POST", "/api/v1/conversations/{id}/messages", Conversation(Op::SendMessage)),
    at("POST", "/api/v1/messages/{id}/retry", Conversation(Op::SendMessage)),
    at("POST", "/api/v1/messages/{id}/cancel", Conversation(Op::SendMessage)),
    at("POST", "/api/v1/conversations/{id}/attend", Conversation(Op::Attend)),
    at("PUT", "/api/v1/conversations/{id}/assignees", Conversation(Op::Assign)),
    at("DELETE", "/api/v1/conversations/{id}/assignees", Conversation(Op::Assign)),
    at("POST", "/api/v1/conversations/{id}/close", Conversation(Op::Close)),
    at("POST", "/api/v1/conversations/{id}/reopen", Conversation(Op::Reopen)),
    at("POST", "/api/v1/conversations/{id}/read", Conversation(Op::MarkRead)),
    at("POST", "/api/v1/conversations", SignedIn(Op::SendMessage)),
    at("POST", "/api/v1/conversations/find", SignedIn(Op::SendMessage)),
    at("POST", "/api/v1/conversations/bulk", SignedIn(Op::MarkRead)),
    at("POST", "/api/v1/conversations/{id}/assignees/{user_id}", Conversation(Op::AddAssignee)),
    at("DELETE", "/api/v1/conversations/{id}/assignees/{user_id}", Conversation(Op::AddAssignee)),
    at("PUT", "/api/v1/conversations/{id}/snooze", Conversation(Op::Close)),
    at("DELETE", "/api/v1/conversations/{id}/snooze", Conversation(Op::Close)),
    at("DELETE", "/api/v1/conversations/{id}", Conversation(Op::DeleteConversation)),
    at("POST", "/api/v1/conversations/{id}/restore", Conversation(Op::DeleteConversation)),
    at("POST", "/api/v1/conversations/{id}/notes", Conversation(Op::WriteNote)),
    at("GET", "/api/v1/conversations/{id}/draft", Conversation(Op::SeeConversation)),
    at("PUT", "/api/v1/conversations/{id}/draft", Conversation(Op::SeeConversation)),
    at("DELETE", "/api/v1/conversations/{id}/draft", Conversation(Op::SeeConversation)),

    at("POST", "/api/v1/media", SignedIn(Op::SendMessage)),
    at("GET", "/api/v1/media/{id}", Conversation(Op::DownloadMedia)),
    at("GET", "/api/v1/media/{id}/link", Conversation(Op::DownloadMedia)),
    at("POST", "/api/v1/media/{id}/retry", Conversation(Op::DownloadMedia)),
];
