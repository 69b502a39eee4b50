//! Everything a person can ask for, one name per row of the permission table.

use serde::{Deserialize, Serialize};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Row 1: Open account Settings (users, tags, business, payments, integrations, API).
    OpenSettings,
    /// Row 2: Add / deactivate users, change role.
    ManageUsers,
    /// Row 3: Grant group-admin.
    GrantGroupAdmin,
    /// Row 4: Edit own profile, password, notification switch.
    EditOwnProfile,
    /// Row 5: Create / rename / archive group.
    ManageGroups,
    /// Row 6: View group team list.
    ViewTeam,
    /// Row 7: Change group team.
    ChangeTeam,
    /// Row 8: Connect / configure channels, widget.
    ManageChannels,
    /// Row 9: Auto-responder, hours, AI set-up of a group.
    SetUpGroup,
    /// Row 10: Template admin page (list, status, mapping).
    ManageTemplates,
    /// Row 11: Pick approved template in composer.
    PickTemplate,
    /// Row 12: See conversation in list / open by id.
    SeeConversation,
    /// Row 13: See other users' inboxes.
    SeeOthersInbox,
    /// Row 14: Send a message.
    SendMessage,
    /// Row 15: Private note.
    WriteNote,
    /// Row 16: Attend / assign to self.
    Attend,
    /// Row 17: Assign to another agent.
    Assign,
    /// Row 18: Bulk assign from others' inboxes.
    BulkAssign,
    /// Row 19: Add a second assignee.
    AddAssignee,
    /// Row 20: Close.
    Close,
    /// Row 21: Reopen.
    Reopen,
    /// Row 22: Delete conversation (soft).
    DeleteConversation,
    /// Row 23: Mark own read / unread.
    MarkRead,
    /// Row 24: Mark read/unread for another user (with confirm).
    MarkReadForOther,
    /// Row 25: Search conversations.
    Search,
    /// Row 26: Export transcript (pdf, txt).
    ExportTranscript,
    /// Row 27: Download single media.
    DownloadMedia,
    /// Row 28: View contacts.
    ViewContacts,
    /// Row 29: Add / edit contact.
    EditContact,
    /// Row 30: Delete / archive contact.
    DeleteContact,
    /// Row 31: Import CSV.
    ImportContacts,
    /// Row 32: Contacts from Xero/QuickBooks.
    SyncContacts,
    /// Row 33: Create / rename / delete tags.
    ManageTags,
    /// Row 34: Apply tags to a contact.
    ApplyTags,
    /// Row 35: Set contact visibility / default assignee.
    SetContactAccess,
    /// Row 36: Create + send broadcast.
    SendBroadcast,
    /// Row 37: Change consent / opt-out by hand.
    ChangeConsent,
    /// Row 38: Create / send invoice, checkout.
    SendInvoice,
    /// Row 39: Delete invoice (draft) / void.
    DeleteInvoice,
    /// Row 40: See payment state.
    SeePayment,
    /// Row 41: Receive bell.
    ReceiveBell,
    /// Row 42: Receive browser notification.
    ReceiveBrowserNotice,
    /// Row 43: Receive e-mail for unreplied.
    ReceiveMailNotice,
    /// Row 44: Take over from AI / hand back to AI.
    TakeOver,
    /// Row 45: See audit log.
    SeeAudit,
    /// Row 46: Use presence/typing.
    UsePresence,
}

impl Operation {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 46] = [
        Self::OpenSettings,
        Self::ManageUsers,
        Self::GrantGroupAdmin,
        Self::EditOwnProfile,
        Self::ManageGroups,
        Self::ViewTeam,
        Self::ChangeTeam,
        Self::ManageChannels,
        Self::SetUpGroup,
        Self::ManageTemplates,
        Self::PickTemplate,
        Self::SeeConversation,
        Self::SeeOthersInbox,
        Self::SendMessage,
        Self::WriteNote,
        Self::Attend,
        Self::Assign,
        Self::BulkAssign,
        Self::AddAssignee,
        Self::Close,
        Self::Reopen,
        Self::DeleteConversation,
        Self::MarkRead,
        Self::MarkReadForOther,
        Self::Search,
        Self::ExportTranscript,
        Self::DownloadMedia,
        Self::ViewContacts,
        Self::EditContact,
        Self::DeleteContact,
        Self::ImportContacts,
        Self::SyncContacts,
        Self::ManageTags,
        Self::ApplyTags,
        Self::SetContactAccess,
        Self::SendBroadcast,
        Self::ChangeConsent,
        Self::SendInvoice,
        Self::DeleteInvoice,
        Self::SeePayment,
        Self::ReceiveBell,
        Self::ReceiveBrowserNotice,
        Self::ReceiveMailNotice,
        Self::TakeOver,
        Self::SeeAudit,
        Self::UsePresence,
    ];

    /// Stable name: in the session answer, in the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenSettings => "open_settings",
            Self::ManageUsers => "manage_users",
            Self::GrantGroupAdmin => "grant_group_admin",
            Self::EditOwnProfile => "edit_own_profile",
            Self::ManageGroups => "manage_groups",
            Self::ViewTeam => "view_team",
            Self::ChangeTeam => "change_team",
            Self::ManageChannels => "manage_channels",
            Self::SetUpGroup => "set_up_group",
            Self::ManageTemplates => "manage_templates",
            Self::PickTemplate => "pick_template",
            Self::SeeConversation => "see_conversation",
            Self::SeeOthersInbox => "see_others_inbox",
            Self::SendMessage => "send_message",
            Self::WriteNote => "write_note",
            Self::Attend => "attend",
            Self::Assign => "assign",
            Self::BulkAssign => "bulk_assign",
            Self::AddAssignee => "add_assignee",
            Self::Close => "close",
            Self::Reopen => "reopen",
            Self::DeleteConversation => "delete_conversation",
            Self::MarkRead => "mark_read",
            Self::MarkReadForOther => "mark_read_for_other",
            Self::Search => "search",
            Self::ExportTranscript => "export_transcript",
            Self::DownloadMedia => "download_media",
            Self::ViewContacts => "view_contacts",
            Self::EditContact => "edit_contact",
            Self::DeleteContact => "delete_contact",
            Self::ImportContacts => "import_contacts",
            Self::SyncContacts => "sync_contacts",
            Self::ManageTags => "manage_tags",
            Self::ApplyTags => "apply_tags",
            Self::SetContactAccess => "set_contact_access",
            Self::SendBroadcast => "send_broadcast",
            Self::ChangeConsent => "change_consent",
            Self::SendInvoice => "send_invoice",
            Self::DeleteInvoice => "delete_invoice",
            Self::SeePayment => "see_payment",
            Self::ReceiveBell => "receive_bell",
            Self::ReceiveBrowserNotice => "receive_browser_notice",
            Self::ReceiveMailNotice => "receive_mail_notice",
            Self::TakeOver => "take_over",
            Self::SeeAudit => "see_audit",
            Self::UsePresence => "use_presence",
        }
    }
}
