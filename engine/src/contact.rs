//! Contacts and how they are recognised. A contact is not a phone number: WhatsApp users may have none, and one person has several lines.

use crate::ids::ContactId;
use crate::text::one_line;
use serde::{Deserialize, Serialize};

/// Longest name that somebody gives themselves.
pub const LONGEST_NAME: usize = 100;

/// What kind of mark an identity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    /// E.164 with a plus sign.
    Phone,
    /// WhatsApp's business-scoped user id, for people who hide their number.
    WhatsappUser,
    Email,
    /// A webchat visitor's id, from a token we made.
    Visitor,
    /// The id of a user of the business's own website, proved by that website.
    External,
}

impl IdentityKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::WhatsappUser => "whatsapp_user",
            Self::Email => "email",
            Self::Visitor => "visitor",
            Self::External => "external",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Phone, Self::WhatsappUser, Self::Email, Self::Visitor, Self::External]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// One mark by which a contact is recognised; unique within a business. Never empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    kind: IdentityKind,
    value: String,
}

impl Identity {
    /// `None` when the value is blank: an empty string would make strangers the same person.
    pub fn new(kind: IdentityKind, value: impl Into<String>) -> Option<Self> {
        let value = value.into();
        let value =
            if kind == IdentityKind::Email { value.trim().to_lowercase() } else { value.trim().to_owned() };
        (!value.is_empty()).then_some(Self { kind, value })
    }

    pub fn kind(&self) -> IdentityKind {
        self.kind
    }

    pub fn value(&self) -> &str {
        &self.value
    }
}

/// Saved contact or passing webchat visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactKind {
    Contact,
    Guest,
}

impl ContactKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Guest => "guest",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Contact, Self::Guest].into_iter().find(|k| k.as_str() == text)
    }
}

/// Whoever a conversation is with, as shown to the team.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub id: ContactId,
    pub kind: ContactKind,
    /// What lists show: the person's name, else their number, else "Visitor 3f2a".
    pub name: String,
    /// True while nobody has given the contact a real name; such a name never enters a message text.
    pub name_is_placeholder: bool,
    /// The name the person gave themselves on WhatsApp: a hint only.
    pub profile_name: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
}

impl Contact {
    /// The contact a first message makes: placeholder name, recognised by `identities`.
    pub fn unknown(id: ContactId, identities: &[Identity], profile_name: Option<String>) -> Self {
        let profile_name = profile_name.and_then(|name| one_line(&name, LONGEST_NAME));
        let find = |kind| identities.iter().find(|i| i.kind == kind).map(|i| i.value.clone());
        let visitor = find(IdentityKind::Visitor);
        let phone = find(IdentityKind::Phone);
        // A website vouches for this visitor: they are somebody it knows.
        let vouched = find(IdentityKind::External).or_else(|| find(IdentityKind::Email));
        let visitor = visitor.filter(|_| vouched.is_none());
        let name = match (&phone, &visitor, &profile_name) {
            (Some(phone), _, _) => phone.clone(),
            (None, None, None) if vouched.is_some() => vouched.unwrap_or_default(),
            (None, Some(visitor), _) => format!("Visitor {}", visitor.chars().take(4).collect::<String>()),
            (None, None, Some(profile)) => profile.clone(),
            (None, None, None) => "Unknown".to_owned(),
        };
        Self {
            id,
            kind: if visitor.is_some() { ContactKind::Guest } else { ContactKind::Contact },
            name,
            name_is_placeholder: true,
            profile_name,
            email: find(IdentityKind::Email),
            phone,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_never_empty_and_mail_has_no_case() {
        assert_eq!(Identity::new(IdentityKind::Phone, "  "), None);
        assert_eq!(Identity::new(IdentityKind::WhatsappUser, ""), None);
        assert_eq!(Identity::new(IdentityKind::Email, " Jo@X.example ").unwrap().value(), "jo@x.example");
    }

    #[test]
    fn a_first_message_makes_a_contact_with_a_placeholder_name() {
        let phone = Identity::new(IdentityKind::Phone, "+447400123456").unwrap();
        let user = Identity::new(IdentityKind::WhatsappUser, "US.134").unwrap();
        let visitor = Identity::new(IdentityKind::Visitor, "3f2a9c").unwrap();
        let name = |ids: &[Identity], profile: Option<&str>| {
            Contact::unknown(ContactId(1), ids, profile.map(Into::into)).name
        };
        assert_eq!(name(&[user.clone(), phone], Some("Jo")), "+447400123456");
        assert_eq!(name(std::slice::from_ref(&user), Some("Jo")), "Jo");
        assert_eq!(name(std::slice::from_ref(&user), None), "Unknown");
        assert_eq!(name(std::slice::from_ref(&visitor), None), "Visitor 3f2a");
        assert_eq!(name(std::slice::from_ref(&user), Some("Jo\r\nBcc: x\0")), "Jo Bcc: x");
        assert_eq!(name(std::slice::from_ref(&user), Some("\0\u{200b}")), "Unknown");
        let mail = Identity::new(IdentityKind::Email, "jo@x.example").unwrap();
        assert_eq!(name(&[mail.clone(), visitor.clone()], None), "jo@x.example");
        assert_eq!(name(&[mail.clone(), visitor.clone()], Some("Jo")), "Jo");
        let known = Contact::unknown(ContactId(1), &[mail, visitor], None);
        assert_eq!((known.kind, known.email.as_deref()), (ContactKind::Contact, Some("jo@x.example")));
    }
}
