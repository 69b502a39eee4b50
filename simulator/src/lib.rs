//! An HTTP double of the world outside Switchboard: WhatsApp (Cloud API and 360dialog), SMS (Twilio, Vonage, a plain
//! HTTP gateway), and the customers' phones.
//!
//! Read it in this order: [`Config`] says which accounts exist, [`Simulator`] runs them on an own listener, [`Phone`]
//! is a customer's handset, [`Faults`] makes a provider misbehave, [`configure`] mounts a page with phones a person
//! can type on. A product reaches the double through its ordinary base-URL setting ([`Simulator::base_url`]) and
//! cannot tell the difference: requests are authenticated, answers and callbacks have the providers' shapes, ids,
//! signatures and error codes.
//!
//! The double has a clock of its own that can be pushed forward ([`Simulator::advance_clock`]); every timestamp it
//! sends, and its 24-hour rule, follow that clock.
//!
//! Errors: [`std::io::Error`] from [`Simulator::start`], [`PhoneError`] from phones, [`NoSuchAccount`]
//! from switches. Provider errors are answers, not Rust errors.

mod account;
mod callbacks;
mod clock;
mod cloud_api;
mod config;
mod dialog360;
mod faults;
mod http_sms;
mod ids;
mod journal;
mod limits;
mod listener;
mod lock;
mod media;
mod page;
mod phone;
mod refused;
mod signature;
mod simulator;
mod sms;
mod template;
mod twilio;
mod vonage;
mod whatsapp;
mod world;

pub use callbacks::CallbackCounts;
pub use config::{Account, Config, Provider};
pub use faults::{Faults, NoSuchAccount, Switches};
pub use journal::Accepted;
pub use page::configure;
pub use phone::handset::{Button, Message, MessageMedia, Tick};
pub use phone::{Phone, PhoneError};
pub use signature::{escape_non_ascii, hub_signature, twilio_signature, vonage_signature};
pub use simulator::Simulator;
