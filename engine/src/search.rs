//! Search: how text becomes words, what a person means by what they typed, and which part of a text shows it.
//!
//! Both databases index exactly the words made here (lower case, no accents), so they agree with each other and with [`snippet`], which looks
//! for the same words in the text itself. Error: [`QueryProblem`].

mod query;
mod snippet;
mod words;

pub use query::{Query, QueryProblem};
pub use snippet::{Piece, snippet};
pub use words::{contact_words, message_words, words};
