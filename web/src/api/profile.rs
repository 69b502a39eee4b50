//! What people say about themselves or a colleague, checked: every wrong field is named at once, with the cure.

use super::setup::is_email;
use crate::error::ApiError;
use std::collections::BTreeMap;
use switchboard_actors::mailer::is_deliverable;
use switchboard_engine::business_hours::is_time_zone;
use switchboard_engine::phone;

/// Fields that are wrong, and how.
#[derive(Default)]
pub struct Fields {
    wrong: BTreeMap<&'static str, String>,
}

impl Fields {
    /// A name of one line, without blanks around it.
    pub fn name(&mut self, field: &'static str, text: &str) -> String {
        let trimmed = text.trim();
        if trimmed.is_empty() || trimmed.chars().count() > 100 || trimmed.chars().any(char::is_control) {
            self.wrong(field, "must have 1 to 100 characters");
        }
        trimmed.to_owned()
    }

    /// In lower case, as it is stored.
    pub fn email(&mut self, field: &'static str, text: &str) -> String {
        let email = text.trim().to_lowercase();
        if !is_email(&email) || !is_deliverable(&email) {
            self.wrong(field, "must be an e-mail address, for example ann@example.com");
        }
        email
    }

    /// E.164; numbers without country code belong to `country`. Nothing, or blanks, is no number.
    pub fn mobile(&mut self, field: &'static str, text: Option<&str>, country: &str) -> Option<String> {
        let text = text.map(str::trim).filter(|text| !text.is_empty())?;
        match phone::parse(text, country) {
            Ok(phone) => Some(phone.number.into_string()),
            Err(problem) => {
                self.wrong(field, &problem.to_string());
                None
            }
        }
    }

    /// IANA name, or nothing for the business's own.
    pub fn time_zone(&mut self, field: &'static str, text: Option<&str>) -> Option<String> {
        let text = text.map(str::trim).filter(|text| !text.is_empty())?;
        if !is_time_zone(text) {
            self.wrong(field, "must be a time zone's name, for example Europe/London");
        }
        Some(text.to_owned())
    }

    /// A language tag such as `en` or `en-GB`, or nothing.
    pub fn locale(&mut self, field: &'static str, text: Option<&str>) -> Option<String> {
        let text = text.map(str::trim).filter(|text| !text.is_empty())?;
        let part = |part: &str| {
            (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        if text.len() > 35 || !text.split('-').all(part) {
            self.wrong(field, "must be a language, for example en or en-GB");
        }
        Some(text.to_owned())
    }

    pub fn wrong(&mut self, field: &'static str, how: &str) {
        self.wrong.insert(field, how.to_owned());
    }

    pub fn checked(self) -> Result<(), ApiError> {
        if self.wrong.is_empty() { Ok(()) } else { Err(ApiError::invalid_fields(self.wrong)) }
    }
}
