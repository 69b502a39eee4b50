//! Who may see what: memberships, groups, lists of viewers, the business's choices, the audit log.

use super::{Store, run};
use crate::error::StoreError;
use crate::records::{Audit, AuditQuery, Business, Group, Membership};
use switchboard_engine::ids::{BusinessId, ContactId, ConversationId, GroupId, UserId};
use switchboard_engine::time::Timestamp;

impl Store {
    /// Every membership of every group, by user and group.
    pub async fn memberships(&self, business: BusinessId) -> Result<Vec<Membership>, StoreError> {
        run!(self, read, |conn, queries| queries::access::memberships(conn, business))
    }

    /// Makes these and only these the members of a group.
    pub async fn set_team(
        &self,
        group: GroupId,
        members: Vec<Membership>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::access::set_team(conn, group, &members, now))
    }

    /// Adds a member, or gives one another role.
    pub async fn set_member(&self, member: Membership, now: Timestamp) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::access::set_member(conn, member, now))
    }

    /// All groups, the archived ones too, in their order.
    pub async fn groups(&self, business: BusinessId) -> Result<Vec<Group>, StoreError> {
        run!(self, read, |conn, queries| queries::access::groups(conn, business))
    }

    /// Name, place and whether it is archived; false when there is no such group.
    pub async fn change_group(&self, group: Group, now: Timestamp) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::access::change_group(conn, &group, now))
    }

    /// Archives a group; false when it still has open conversations.
    pub async fn archive_group(&self, group: GroupId, now: Timestamp) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::access::archive_group(conn, group, now))
    }

    /// Open conversations assigned to a user, in one group or in all.
    pub async fn open_work_of(
        &self,
        user: UserId,
        group: Option<GroupId>,
    ) -> Result<Vec<ConversationId>, StoreError> {
        run!(self, read, |conn, queries| queries::access::open_work_of(conn, user, group))
    }

    /// Whose contact this is.
    pub async fn contact_business(&self, of: ContactId) -> Result<Option<BusinessId>, StoreError> {
        run!(self, read, |conn, queries| queries::access::contact_business(conn, of))
    }

    /// Users who alone see new conversations of a contact, sorted; empty: everybody in the group.
    pub async fn contact_viewers(&self, of: ContactId) -> Result<Vec<UserId>, StoreError> {
        run!(self, read, |conn, queries| queries::access::contact_viewers(conn, of))
    }

    /// False when the business has no such contact. Holds for conversations that begin later.
    pub async fn set_contact_viewers(
        &self,
        business: BusinessId,
        of: ContactId,
        users: Vec<UserId>,
    ) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::access::set_contact_viewers(conn, business, of, &users))
    }

    /// Conversations that only some may see, each with its group and who they are.
    pub async fn restricted_conversations(
        &self,
        business: BusinessId,
    ) -> Result<Vec<(ConversationId, GroupId, Vec<UserId>)>, StoreError> {
        run!(self, read, |conn, queries| queries::access::restricted(conn, business))
    }

    /// Stores the business as it is given; false when there is none.
    pub async fn change_business(&self, changed: Business, now: Timestamp) -> Result<bool, StoreError> {
        run!(self, write, |conn, queries| queries::access::change_business(conn, &changed, now))
    }

    /// Adds a line to the audit log. Lines of conversations go in with their commit: [`crate::Append::with_audits`].
    pub async fn record_audit(&self, line: Audit) -> Result<(), StoreError> {
        run!(self, write, |conn, queries| queries::audit::record(conn, line))
    }

    /// Lines, newest first.
    pub async fn audit_lines(&self, ask: AuditQuery) -> Result<Vec<Audit>, StoreError> {
        run!(self, read, |conn, queries| queries::audit::lines(conn, ask))
    }
}
