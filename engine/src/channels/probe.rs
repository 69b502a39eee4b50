//! Asking a provider whether credentials are good before a line is trusted with messages: what to ask, and what the answer means.

use super::HttpCall;
use super::sms::gateway::Gateway;
use super::sms::render::Account as Twilio;
use super::sms::vonage::render::Account as Vonage;
use super::whatsapp::transport::Transport;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::byte_serialize;
use serde_json::{Value, json};

/// What a provider said of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    Good {
        /// The number customers see.
        phone: Option<String>,
        /// What the provider calls it.
        name: Option<String>,
    },
    /// One of our credentials is not accepted.
    Refused { credential: &'static str, cure: String },
    /// The credentials are good, the number or id is not theirs.
    NotTheirs { cure: String },
    /// It did not say: trouble of its own.
    Unavailable { detail: String },
}

/// The question for a WhatsApp number.
pub fn whatsapp_call(transport: &Transport) -> HttpCall {
    match transport {
        Transport::CloudApi { base_url, api_version, phone_number_id, access_token } => get(
            format!("{base_url}/{api_version}/{phone_number_id}?fields=display_phone_number,verified_name"),
            ("authorization", format!("Bearer {access_token}")),
        ),
        Transport::Dialog360 { base_url, api_key } => {
            get(format!("{base_url}/v1/configs/webhook"), ("d360-api-key", api_key.clone()))
        }
    }
}

/// Tells 360dialog where to call, and with which header.
pub fn dialog360_webhook(base_url: &str, api_key: &str, url: &str, header: (&str, &str)) -> HttpCall {
    let body = json!({"url": url, "headers": {header.0: header.1}});
    HttpCall {
        method: "POST",
        url: format!("{base_url}/v1/configs/webhook"),
        headers: vec![("d360-api-key", api_key.to_owned()), ("content-type", "application/json".to_owned())],
        body: body.to_string().into_bytes(),
    }
}

/// The answer of Meta, or of 360dialog.
pub fn whatsapp_answer(transport: &Transport, status: u16, body: &[u8]) -> Finding {
    let answer: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let code = answer.pointer("/error/code").and_then(Value::as_i64);
    let by_meta = matches!(transport, Transport::CloudApi { .. });
    match (status, code) {
        (200..=299, _) => {
            let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
            let phone = text("display_phone_number").map(|phone| {
                let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
                format!("+{digits}")
            });
            Finding::Good { phone, name: text("verified_name") }
        }
        (401 | 403, _) | (_, Some(0 | 3 | 10 | 190 | 200)) if by_meta => {
            let cure = "Meta does not accept it. Make a permanent token for a system user with the permissions whatsapp_business_messaging and whatsapp_business_management.";
            Finding::Refused { credential: "access_token", cure: cure.to_owned() }
        }
        (401 | 403, _) => {
            let cure =
                "360dialog does not accept it. Make a new API key for this number in the 360dialog hub.";
            Finding::Refused { credential: "api_key", cure: cure.to_owned() }
        }
        (400 | 404, _) if by_meta => {
            let cure = "Meta knows no such phone number id, or this token may not see it. It stands in the WhatsApp manager under API set-up; it is not the number itself.";
            Finding::NotTheirs { cure: cure.to_owned() }
        }
        _ => unavailable(if by_meta { "Meta" } else { "360dialog" }, status),
    }
}

/// The question for a number at Twilio.
pub fn twilio_call(account: &Twilio, number: &str) -> HttpCall {
    let number: String = byte_serialize(number.as_bytes()).collect();
    let base = account.base_url.trim_end_matches('/');
    let sid = &account.account_sid;
    get(
        format!("{base}/2010-04-01/Accounts/{sid}/IncomingPhoneNumbers.json?PhoneNumber={number}"),
        account.auth_header(),
    )
}

pub fn twilio_answer(status: u16, body: &[u8]) -> Finding {
    let answer: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    match status {
        200..=299 => {
            let first = answer.pointer("/incoming_phone_numbers/0");
            let text =
                |name: &str| first.and_then(|one| one.get(name)).and_then(Value::as_str).map(str::to_owned);
            if first.is_none() {
                let cure =
                    "This number is not in the Twilio account. Buy it there, or check the account SID.";
                return Finding::NotTheirs { cure: cure.to_owned() };
            }
            Finding::Good { phone: text("phone_number"), name: text("friendly_name") }
        }
        401 | 403 => {
            let cure = "Twilio does not accept it with this account SID. Copy both from the Twilio console's first page; test credentials do not work.";
            Finding::Refused { credential: "auth_token", cure: cure.to_owned() }
        }
        404 => {
            let cure = "Twilio knows no such account. It begins with AC and stands on the Twilio console's first page.";
            Finding::Refused { credential: "account_sid", cure: cure.to_owned() }
        }
        _ => unavailable("Twilio", status),
    }
}

/// The question for a number at Vonage.
pub fn vonage_call(account: &Vonage) -> HttpCall {
    let basic = STANDARD.encode(format!("{}:{}", account.api_key, account.api_secret));
    let base = account.base_url.trim_end_matches('/');
    let digits: String = account.from.chars().filter(char::is_ascii_digit).collect();
    get(
        format!("{base}/account/numbers?pattern={digits}&search_pattern=1"),
        ("authorization", format!("Basic {basic}")),
    )
}

/// A sender name is nobody's number: then only the credentials are judged.
pub fn vonage_answer(from: &str, status: u16, body: &[u8]) -> Finding {
    let answer: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    match status {
        200..=299 => {
            let digits = from.strip_prefix('+').filter(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
            let numbers = answer.get("numbers").and_then(Value::as_array);
            let has = |digits: &str| {
                numbers.is_some_and(|list| {
                    list.iter().any(|one| one.get("msisdn").and_then(Value::as_str) == Some(digits))
                })
            };
            if digits.is_some_and(|digits| !has(digits)) {
                let cure = "This number is not in the Vonage account. Buy it there, or check the API key.";
                return Finding::NotTheirs { cure: cure.to_owned() };
            }
            Finding::Good { phone: digits.map(|_| from.to_owned()), name: None }
        }
        401 | 403 => {
            let cure = "Vonage does not accept it with this API key. Both stand in the Vonage dashboard under API settings.";
            Finding::Refused { credential: "api_secret", cure: cure.to_owned() }
        }
        _ => unavailable("Vonage", status),
    }
}

/// The question for a gateway: its `check_url`, or else whether it turns our token away at the door it takes messages at.
pub fn gateway_call(gateway: &Gateway, check_url: Option<&str>) -> HttpCall {
    let url = check_url.unwrap_or(&gateway.send_url).to_owned();
    get(url, (gateway.token_header, gateway.token.clone()))
}

pub fn gateway_answer(has_check_url: bool, status: u16) -> Finding {
    match status {
        200..=299 => Finding::Good { phone: None, name: None },
        401 | 403 => {
            let cure = "The SMS gateway does not accept it. Check the token, and in which header the gateway expects it (token_header).";
            Finding::Refused { credential: "token", cure: cure.to_owned() }
        }
        // Messages are posted there; a GET need not be understood, but somebody is at home.
        400 | 404..=406 | 411 | 415 | 422 if !has_check_url => Finding::Good { phone: None, name: None },
        _ => unavailable("The SMS gateway", status),
    }
}

fn unavailable(who: &str, status: u16) -> Finding {
    let detail = format!(
        "{who} answered with HTTP {status}, which says nothing about the credentials. Try again in a moment."
    );
    Finding::Unavailable { detail }
}

fn get(url: String, header: (&'static str, String)) -> HttpCall {
    HttpCall { method: "GET", url, headers: vec![header], body: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cloud() -> Transport {
        Transport::CloudApi {
            base_url: "https://graph.example".to_owned(),
            api_version: "v23.0".to_owned(),
            phone_number_id: "106".to_owned(),
            access_token: "t0p".to_owned(),
        }
    }

    fn credential(finding: Finding) -> Option<&'static str> {
        match finding {
            Finding::Refused { credential, cure } => {
                assert!(cure.len() > 40, "{cure}");
                Some(credential)
            }
            _ => None,
        }
    }

    #[test]
    fn no_secret_stands_in_an_address() {
        let dialog =
            Transport::Dialog360 { base_url: "https://d.example".to_owned(), api_key: "t0p".to_owned() };
        for call in [whatsapp_call(&cloud()), whatsapp_call(&dialog)] {
            assert!(!call.url.contains("t0p"), "{}", call.url);
        }
        let vonage = Vonage {
            base_url: "https://v.example".to_owned(),
            api_key: "key".to_owned(),
            api_secret: "t0p".to_owned(),
            from: "+447700900000".to_owned(),
            callback: String::new(),
        };
        assert_eq!(
            vonage_call(&vonage).url,
            "https://v.example/account/numbers?pattern=447700900000&search_pattern=1"
        );
    }

    #[test]
    fn whatsapp_answers_name_the_credential() {
        let by = |status, body: &str| whatsapp_answer(&cloud(), status, body.as_bytes());
        assert_eq!(
            by(200, r#"{"display_phone_number":"+1 555-078-3881","verified_name":"Bean & Leaf"}"#),
            Finding::Good { phone: Some("+15550783881".to_owned()), name: Some("Bean & Leaf".to_owned()) }
        );
        assert_eq!(credential(by(401, "")), Some("access_token"));
        assert_eq!(credential(by(400, r#"{"error":{"code":190}}"#)), Some("access_token"));
        assert!(matches!(by(400, r#"{"error":{"code":100}}"#), Finding::NotTheirs { .. }));
        assert!(matches!(by(503, "<html>"), Finding::Unavailable { .. }));
        let dialog = Transport::Dialog360 { base_url: String::new(), api_key: String::new() };
        assert_eq!(credential(whatsapp_answer(&dialog, 401, b"")), Some("api_key"));
        assert!(matches!(whatsapp_answer(&dialog, 200, b"{}"), Finding::Good { .. }));
    }

    #[test]
    fn sms_answers_name_the_credential() {
        assert_eq!(credential(twilio_answer(401, b"")), Some("auth_token"));
        assert_eq!(credential(twilio_answer(404, b"")), Some("account_sid"));
        let none = br#"{"incoming_phone_numbers":[]}"#;
        assert!(matches!(twilio_answer(200, none), Finding::NotTheirs { .. }));
        let one = br#"{"incoming_phone_numbers":[{"phone_number":"+441","friendly_name":"Shop"}]}"#;
        assert!(matches!(twilio_answer(200, one), Finding::Good { phone: Some(_), .. }));
        assert_eq!(credential(vonage_answer("+441", 401, b"")), Some("api_secret"));
        let list = br#"{"numbers":[{"msisdn":"441"}]}"#;
        assert!(matches!(vonage_answer("+441", 200, list), Finding::Good { .. }));
        assert!(matches!(vonage_answer("+442", 200, list), Finding::NotTheirs { .. }));
        assert!(matches!(vonage_answer("ACME", 200, b"{}"), Finding::Good { phone: None, .. }));
        assert_eq!(credential(gateway_answer(false, 403)), Some("token"));
        assert!(matches!(gateway_answer(false, 405), Finding::Good { .. }));
        assert!(matches!(gateway_answer(true, 405), Finding::Unavailable { .. }));
        assert!(matches!(gateway_answer(false, 500), Finding::Unavailable { .. }));
    }
}
