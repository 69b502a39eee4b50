//! Plain async functions over `&mut Conn`, one file per noun; compiled twice, once inside each backend's module.

#[path = "queries/commit.rs"]
pub(crate) mod commit;
#[path = "queries/contact.rs"]
pub(crate) mod contact;
#[path = "queries/conversation.rs"]
pub(crate) mod conversation;
#[path = "queries/facts.rs"]
pub(crate) mod facts;
