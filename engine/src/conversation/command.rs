//! What can be asked of a conversation: one variant per verb, each verb in a file of its own.

use super::{
    Acknowledge, AddAssignee, Advance, Announce, Assign, Attend, Cancel, Close, Delete, FileArrived, Note,
    Read, ReadFor, Receive, Reconsider, Release, RemoveAssignee, Reopen, Reply, Restore, Retry, Reveal,
    SetConsent, Snooze, Unassign, Unsnooze,
};

#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// A customer wrote.
    Receive(Box<Receive>),
    /// A user answers.
    Reply(Box<Reply>),
    /// A broadcast reaches the contact.
    Announce(Box<Announce>),
    /// News about the delivery of one outbound message.
    Advance(Advance),
    /// A webchat visitor got, or saw, everything up to a number.
    Acknowledge(Acknowledge),
    /// A file left the provider and is with us, or never will be.
    FileArrived(FileArrived),
    /// A user takes an unassigned conversation.
    Attend(Attend),
    Assign(Assign),
    /// One more answers.
    AddAssignee(AddAssignee),
    /// One less answers.
    RemoveAssignee(RemoveAssignee),
    Unassign(Unassign),
    /// A user no longer answers here, whether they want or not.
    Release(Release),
    /// Nobody is left who may see it: the group may.
    Reveal(Reveal),
    Close(Close),
    Reopen(Reopen),
    Delete(Delete),
    Restore(Restore),
    Snooze(Snooze),
    Unsnooze(Unsnooze),
    /// Time has passed: a snooze may be over.
    Wake,
    /// Words for the team only.
    Note(Box<Note>),
    /// A user has read up to a number, or marks the conversation unread.
    Read(Read),
    /// Somebody else's place in it is changed.
    ReadFor(ReadFor),
    /// A message that has not left is taken back.
    Cancel(Cancel),
    /// A message that failed is sent again.
    Retry(Box<Retry>),
    /// A message that waited: may it leave now?
    Reconsider(Box<Reconsider>),
    SetConsent(SetConsent),
}
