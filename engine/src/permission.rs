//! Who may do what: one table for every way in, be it a button, a REST call, a socket command or a pushed frame.
//!
//! [`cell`] reads the product's matrix; [`permit`] answers yes or how to say no. [`Viewer`] decides what somebody may know of at all, before
//! anything else is asked. The three lists beside the matrix name the operation of every route, command and event; a test fails when one is missing.

mod events;
mod matrix;
mod operation;
mod routes;
mod scope;
#[cfg(test)]
mod tests;

pub use events::{AGENT_COMMANDS, Audience, EVENTS};
pub use operation::Operation;
pub use routes::{Gate, ROUTES, Route, route};
pub use scope::{Area, Scope};

use crate::ids::{BusinessId, GroupId, UserId};
use crate::user::{Member, Role};
use std::sync::{Arc, LazyLock};

/// In what part somebody asks, seen from the group or conversation in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Principal {
    Admin,
    /// Admin of this group only.
    GroupAdmin,
    /// An agent the conversation is assigned to.
    Assignee,
    /// An agent of the group.
    Member,
    /// An agent of other groups.
    NonMember,
    Assistant,
    Visitor,
    Contact,
}

impl Principal {
    /// In the order of the table's columns.
    pub const ALL: [Self; 8] = [
        Self::Admin,
        Self::GroupAdmin,
        Self::Assignee,
        Self::Member,
        Self::NonMember,
        Self::Assistant,
        Self::Visitor,
        Self::Contact,
    ];

    fn column(self) -> usize {
        Self::ALL.iter().position(|one| *one == self).unwrap_or(0)
    }
}

/// What the table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    Yes,
    /// May look, not change.
    Read,
    /// What is theirs: their own thread, page, scope.
    Own,
    /// Refused with 403 `forbidden`.
    No,
    /// Refused with 403 `not_assignee`.
    NotAssignee,
    /// Answered with 404: they must not learn that it exists.
    Hidden,
    /// There is no way for them to ask.
    Unreachable,
    /// The business decides; what it is until then.
    Setting(bool),
    /// Some of it; the rule of that operation says which part.
    Part,
}

/// Cells that allow some of an operation; which part, its own rule says.
const PARTS: [&str; 14] = [
    "system",
    "if unassigned",
    "if unassigned / AI handover",
    "if unassigned / handover",
    "if member or assignee (Q15)",
    "same",
    "own phone",
    "\"AI is typing\"",
    "widget badge/sound",
    "opt-out only",
    "keyword only",
    "by keyword",
    "un-assign self",
    "ask for a human",
];

/// Cells that say no in other words.
const NEVER: [&str; 5] = [
    "never",
    "- / grp void",
    "may leave; not close",
    "new message = new conv (Q8)",
    "pre-chat form makes guest only",
];

impl Cell {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "- `not_assignee`" => Self::NotAssignee,
            "404" => Self::Hidden,
            "N/A" => Self::Unreachable,
            "read" => Self::Read,
            "Setting (on)" => Self::Setting(true),
            "Setting (off)" => Self::Setting(false),
            "grp" | "grp+vis" | "grp part" | "all (Q23)" => Self::Yes,
            _ if PARTS.contains(&text) || text.starts_with("per ") => Self::Part,
            _ if text == "Y" || text.starts_with("Y ") || text.starts_with("Y,") => Self::Yes,
            _ if text.starts_with("own") => Self::Own,
            _ if text == "-" || text.starts_with("- (") || NEVER.contains(&text) => Self::No,
            _ => return None,
        })
    }
}

static CELLS: LazyLock<[[Cell; 8]; 46]> = LazyLock::new(|| {
    // What cannot be read is refused; a test reads every cell.
    matrix::ROWS.map(|row| row.cells.map(|text| Cell::parse(text).unwrap_or(Cell::No)))
});

/// The table's word on an operation.
pub fn cell(operation: Operation, principal: Principal) -> Cell {
    let row = CELLS.get(operation as usize);
    row.and_then(|row| row.get(principal.column())).copied().unwrap_or(Cell::No)
}

/// How to say no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    Forbidden,
    NotAssignee,
    /// As if it did not exist.
    Hidden,
}

/// Yes, or how to say no. Where a business may choose, its choice is asked beside this; [`Cell::Part`] is left to the operation's own rule.
pub fn permit(operation: Operation, principal: Principal) -> Result<(), Denied> {
    match cell(operation, principal) {
        Cell::Yes | Cell::Own | Cell::Part | Cell::Setting(true) => Ok(()),
        Cell::Read | Cell::No | Cell::Unreachable | Cell::Setting(false) => Err(Denied::Forbidden),
        Cell::NotAssignee => Err(Denied::NotAssignee),
        Cell::Hidden => Err(Denied::Hidden),
    }
}

/// What the operation is called in the product's table.
pub fn action(operation: Operation) -> &'static str {
    matrix::ROWS.iter().find(|row| row.operation == operation).map_or("", |row| row.action)
}

/// Somebody who looks, as far as seeing goes: their groups, and whether a conversation's own list names them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Viewer {
    pub user: UserId,
    pub business: BusinessId,
    /// Sorted; `None` is every group of the business.
    pub groups: Option<Arc<[GroupId]>>,
}

impl Viewer {
    /// Whether they may know of a conversation of `group` in `business` that only `visible_to` may see (`None`: everybody in the group). An admin who is not
    /// on the list does not see it either; they can change the list on the contact.
    pub fn sees(&self, business: BusinessId, group: GroupId, visible_to: Option<&[UserId]>) -> bool {
        self.business == business
            && self.groups.as_ref().is_none_or(|groups| groups.binary_search(&group).is_ok())
            && visible_to.is_none_or(|users| users.contains(&self.user))
    }
}

impl Member {
    /// Their part in a group; `assigned` when the conversation in question is theirs.
    pub fn principal(&self, group: GroupId, member: bool, assigned: bool) -> Principal {
        match self.role {
            Role::Admin => Principal::Admin,
            Role::Agent if self.leads.binary_search(&group).is_ok() => Principal::GroupAdmin,
            Role::Agent if assigned => Principal::Assignee,
            Role::Agent if member => Principal::Member,
            Role::Agent => Principal::NonMember,
        }
    }
}
