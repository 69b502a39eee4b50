//! Plain async functions over `&mut Conn`, one file per noun; compiled twice, once inside each backend's module.

#[path = "queries/access.rs"]
pub(crate) mod access;
#[path = "queries/audit.rs"]
pub(crate) mod audit;
#[path = "queries/channel.rs"]
pub(crate) mod channel;
#[path = "queries/contact.rs"]
pub(crate) mod contact;
#[path = "queries/conversation.rs"]
pub(crate) mod conversation;
#[path = "queries/count.rs"]
pub(crate) mod count;
#[path = "queries/delivery.rs"]
pub(crate) mod delivery;
#[path = "queries/facts.rs"]
pub(crate) mod facts;
#[path = "queries/file.rs"]
pub(crate) mod file;
#[path = "queries/inbox.rs"]
pub(crate) mod inbox;
#[path = "queries/message.rs"]
pub(crate) mod message;
#[path = "queries/search.rs"]
pub(crate) mod search;
#[path = "queries/team.rs"]
pub(crate) mod team;
