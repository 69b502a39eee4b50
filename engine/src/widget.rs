//! The webchat widget's own rules: what a visitor is asked before they write, and how a site proves who its visitor is.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;
use std::collections::BTreeMap;

/// The form a visitor fills in before their first message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prechat {
    pub enabled: bool,
    #[serde(default)]
    pub fields: Vec<Field>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// `name`, `email`, `phone`, or any word of the business's own.
    pub name: String,
    /// What the visitor reads.
    pub label: String,
    #[serde(default)]
    pub required: bool,
}

/// What a visitor filled in, by field.
pub type Answers = BTreeMap<String, String>;

const MOST_FIELDS: usize = 8;
const LONGEST_ANSWER: usize = 500;

impl Prechat {
    /// Reads a form as it is configured. `Err`: what is wrong with it.
    pub fn read(value: &Value) -> Result<Self, String> {
        let form: Self =
            serde_json::from_value(value.clone()).map_err(|error| format!("prechat: {error}"))?;
        if form.fields.len() > MOST_FIELDS {
            return Err(format!("prechat: at most {MOST_FIELDS} fields"));
        }
        if form.enabled && form.fields.is_empty() {
            return Err("prechat: needs a field, or enabled false".to_owned());
        }
        for (at, field) in form.fields.iter().enumerate() {
            let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if !(1..=32).contains(&field.name.len()) || !field.name.chars().all(word) {
                return Err(format!(
                    "prechat: a field's name has 1 to 32 of a-z, 0-9 and _, not {:?}",
                    field.name
                ));
            }
            if !(1..=80).contains(&field.label.trim().chars().count()) {
                return Err(format!("prechat: the label of {} must have 1 to 80 characters", field.name));
            }
            if form.fields.iter().take(at).any(|other| other.name == field.name) {
                return Err(format!("prechat: {} is there twice", field.name));
            }
        }
        Ok(form)
    }

    /// The answers worth keeping. `Err`: the field that is wrong, and how.
    pub fn check(&self, given: &Answers) -> Result<Answers, (String, String)> {
        let mut kept = Answers::new();
        if !self.enabled {
            return Ok(kept);
        }
        for field in &self.fields {
            let answer = given.get(&field.name).map(|answer| answer.trim()).unwrap_or_default();
            let problem = match (answer, field.name.as_str()) {
                ("", _) if field.required => Some("is needed"),
                ("", _) => continue,
                (long, _) if long.chars().count() > LONGEST_ANSWER => Some("is too long"),
                (text, _) if text.chars().any(char::is_control) => Some("must be one line of text"),
                (email, "email") if !is_email(email) => Some("is not an e-mail address"),
                (phone, "phone") if !is_phone(phone) => Some("is not a phone number"),
                _ => None,
            };
            if let Some(problem) = problem {
                return Err((field.name.clone(), problem.to_owned()));
            }
            kept.insert(field.name.clone(), answer.to_owned());
        }
        Ok(kept)
    }
}

/// Enough to tell a slip of the finger; the rest is for mail servers.
fn is_email(text: &str) -> bool {
    let Some((name, host)) = text.split_once('@') else { return false };
    !name.is_empty()
        && host.contains('.')
        && !host.starts_with('.')
        && !host.ends_with('.')
        && !text.contains([' ', ',', ';', '<', '>'])
        && !host.contains('@')
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (6..=15).contains(&digits) && text.chars().all(|c| c.is_ascii_digit() || "+-() ./".contains(c))
}

/// The proof a site gives that `user_id` is signed in there: lower-case hex HMAC-SHA256 with the widget's identity secret.
pub fn identity_proof(secret: &str, user_id: &str) -> Option<String> {
    Some(hex::encode(mac(secret, user_id)?.finalize().into_bytes()))
}

/// Whether `given` is that proof. Without a secret nobody is believed.
pub fn verify_identity(secret: &str, user_id: &str, given: &str) -> bool {
    let Ok(given) = hex::decode(given.trim()) else { return false };
    !user_id.is_empty() && mac(secret, user_id).is_some_and(|mac| mac.verify_slice(&given).is_ok())
}

fn mac(secret: &str, user_id: &str) -> Option<Hmac<Sha256>> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    (!secret.is_empty()).then(|| mac.chain_update(user_id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn form() -> Prechat {
        Prechat::read(&json!({"enabled": true, "fields": [
            {"name": "name", "label": "Your name", "required": true},
            {"name": "email", "label": "E-mail", "required": true},
            {"name": "phone", "label": "Phone"},
            {"name": "order_no", "label": "Order"}]}))
        .unwrap()
    }

    fn answers(pairs: &[(&str, &str)]) -> Answers {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn forms_that_make_no_sense_are_named() {
        for (bad, says) in [
            (json!([]), "prechat"),
            (json!({"enabled": true}), "needs a field"),
            (json!({"enabled": true, "fields": [{"name": "Name", "label": "x"}]}), "a-z"),
            (json!({"enabled": true, "fields": [{"name": "name", "label": " "}]}), "label"),
            (
                json!({"enabled": true, "fields": [{"name": "a", "label": "x"}, {"name": "a", "label": "y"}]}),
                "twice",
            ),
            (json!({"enabled": true, "field": []}), "unknown field"),
        ] {
            let problem = Prechat::read(&bad).unwrap_err();
            assert!(problem.contains(says), "{bad}: {problem}");
        }
        assert!(Prechat::read(&json!({"enabled": false})).is_ok());
    }

    #[test]
    fn answers_are_checked_field_by_field() {
        let good = [("name", " Jo "), ("email", "jo@x.example"), ("unasked", "x")];
        assert_eq!(
            form().check(&answers(&good)).unwrap(),
            answers(&[("name", "Jo"), ("email", "jo@x.example")])
        );
        for (given, field) in [
            (vec![], "name"),
            (vec![("name", "  ")], "name"),
            (vec![("name", "Jo")], "email"),
            (vec![("name", "Jo"), ("email", "jo@")], "email"),
            (vec![("name", "Jo"), ("email", "jo@x.example"), ("phone", "call me")], "phone"),
            (vec![("name", "Jo\nBcc: x"), ("email", "jo@x.example")], "name"),
        ] {
            assert_eq!(form().check(&answers(&given)).unwrap_err().0, field, "{given:?}");
        }
        let off = Prechat { enabled: false, ..form() };
        assert_eq!(off.check(&answers(&[("name", "Jo")])), Ok(Answers::new()));
    }

    #[test]
    fn h_37_an_identity_is_proved_for_one_user_and_one_secret() {
        let proof = identity_proof("secret", "user-1").unwrap();
        assert!(verify_identity("secret", "user-1", &proof));
        assert!(verify_identity("secret", "user-1", &proof.to_uppercase()));
        for (secret, user, given) in [
            ("secret", "user-2", proof.as_str()),
            ("other", "user-1", &proof),
            ("", "user-1", &proof),
            ("secret", "", &proof),
            ("secret", "user-1", ""),
            ("secret", "user-1", "zz"),
            ("secret", "user-1", &proof[..62]),
        ] {
            assert!(!verify_identity(secret, user, given), "{secret} {user} {given}");
        }
        assert_eq!(identity_proof("", "user-1"), None);
    }
}
