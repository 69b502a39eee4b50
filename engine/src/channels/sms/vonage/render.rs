//! Our requests to Vonage.

use crate::channels::sms::segments::{self, Encoding};
use crate::channels::{HttpCall, Outgoing};
use form_urlencoded::Serializer;

/// A Vonage account and the number it sends from. Holds credentials: never log it, hence no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// `https://rest.nexmo.com`
    pub base_url: String,
    pub api_key: String,
    pub api_secret: String,
    /// E.164 number or sender name.
    pub from: String,
    /// Our public URL for delivery receipts.
    pub callback: String,
}

/// Sends a text. The account's credentials travel in the body, never in the URL.
pub fn message(account: &Account, outgoing: &Outgoing) -> HttpCall {
    let mut form = Serializer::new(String::new());
    form.append_pair("api_key", &account.api_key)
        .append_pair("api_secret", &account.api_secret)
        .append_pair("from", bare(&account.from))
        .append_pair("to", bare(&outgoing.to))
        .append_pair("text", &outgoing.text);
    if segments::count(&outgoing.text).encoding == Encoding::Ucs2 {
        form.append_pair("type", "unicode");
    }
    // Comes back in every receipt.
    form.append_pair("client-ref", &outgoing.message_id);
    if !account.callback.is_empty() {
        form.append_pair("callback", &account.callback);
    }
    HttpCall {
        method: "POST",
        url: format!("{}/sms/json", account.base_url.trim_end_matches('/')),
        headers: vec![("content-type", "application/x-www-form-urlencoded".to_owned())],
        body: form.finish().into_bytes(),
    }
}

/// Their numbers have no plus sign.
fn bare(address: &str) -> &str {
    address.strip_prefix('+').unwrap_or(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing(text: &str) -> Outgoing {
        Outgoing {
            message_id: "42".to_owned(),
            to: "+447700900001".to_owned(),
            text: text.to_owned(),
            template: None,
            media: Vec::new(),
            reply_to: None,
        }
    }

    fn sent(text: &str) -> (String, Vec<(String, String)>) {
        let account = Account {
            base_url: "https://rest.nexmo.com/".to_owned(),
            api_key: "k".to_owned(),
            api_secret: "s&s".to_owned(),
            from: "+447700900000".to_owned(),
            callback: "https://x.example/hooks/sms/3".to_owned(),
        };
        let call = message(&account, &outgoing(text));
        (call.url, form_urlencoded::parse(&call.body).into_owned().collect())
    }

    #[test]
    fn a_text_with_its_reference_and_its_callback() {
        let (url, fields) = sent("Hello & bye");
        assert_eq!(url, "https://rest.nexmo.com/sms/json", "no credential in the address");
        let expected = [
            ("api_key", "k"),
            ("api_secret", "s&s"),
            ("from", "447700900000"),
            ("to", "447700900001"),
            ("text", "Hello & bye"),
            ("client-ref", "42"),
            ("callback", "https://x.example/hooks/sms/3"),
        ];
        assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn what_gsm7_lacks_travels_as_unicode() {
        assert!(sent("👍").1.contains(&("type".to_owned(), "unicode".to_owned())));
        assert!(!sent("£5").1.iter().any(|(name, _)| name == "type"));
    }
}
