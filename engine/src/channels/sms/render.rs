//! Our requests to Twilio.

use super::parse::OUR_MESSAGE_ID;
use crate::channels::{HttpCall, Outgoing};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::Serializer;

/// A Twilio account and the number it sends from. Holds credentials: never log it, hence no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// `https://api.twilio.com`
    pub base_url: String,
    pub account_sid: String,
    /// The account sid with its token, or an API key with its secret.
    pub username: String,
    pub password: String,
    pub sender: Sender,
    /// Our public URL for status callbacks; our message id is added to its query.
    pub status_callback: String,
}

/// Who a message comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// E.164 number, short code or sender name.
    Number(String),
    /// A messaging service picks the number.
    Service(String),
}

impl Account {
    /// The header that proves who we are. Its value is a credential.
    pub fn auth_header(&self) -> (&'static str, String) {
        (
            "authorization",
            format!("Basic {}", STANDARD.encode(format!("{}:{}", self.username, self.password))),
        )
    }
}

/// Sends a message with up to ten files by public URL.
pub fn message(account: &Account, outgoing: &Outgoing) -> HttpCall {
    let mut form = Serializer::new(String::new());
    form.append_pair("To", &outgoing.to);
    match &account.sender {
        Sender::Number(number) => form.append_pair("From", number),
        Sender::Service(sid) => form.append_pair("MessagingServiceSid", sid),
    };
    if !outgoing.text.is_empty() {
        form.append_pair("Body", &outgoing.text);
    }
    for media in &outgoing.media {
        form.append_pair("MediaUrl", &media.reference);
    }
    if !account.status_callback.is_empty() {
        form.append_pair("StatusCallback", &status_callback(account, &outgoing.message_id));
    }
    HttpCall {
        method: "POST",
        url: format!(
            "{}/2010-04-01/Accounts/{}/Messages.json",
            account.base_url.trim_end_matches('/'),
            account.account_sid
        ),
        headers: vec![
            account.auth_header(),
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
        ],
        body: form.finish().into_bytes(),
    }
}

/// Fetches an MMS file. It redirects to a storage that must not see our credential.
/// `None` when the URL is not on a host of Twilio: our credential goes nowhere else.
pub fn media_download_call(account: &Account, url: &str) -> Option<HttpCall> {
    let base = format!("{}/", account.base_url.trim_end_matches('/'));
    if !url.starts_with(&base) && !is_twilio_url(url) {
        return None;
    }
    let headers = vec![account.auth_header()];
    Some(HttpCall { method: "GET", url: url.to_owned(), headers, body: Vec::new() })
}

fn is_twilio_url(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    !host.contains('@') && (host == "twilio.com" || host.ends_with(".twilio.com"))
}

fn status_callback(account: &Account, message_id: &str) -> String {
    let (url, fragment) = match account.status_callback.split_once('#') {
        Some((url, fragment)) => (url, format!("#{fragment}")),
        None => (account.status_callback.as_str(), String::new()),
    };
    let separator = if url.contains('?') { '&' } else { '?' };
    let id: String = form_urlencoded::byte_serialize(message_id.as_bytes()).collect();
    format!("{url}{separator}{OUR_MESSAGE_ID}={id}{fragment}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::OutgoingMedia;
    use crate::message::MediaKind;

    fn account(sender: Sender) -> Account {
        Account {
            base_url: "https://api.twilio.com".to_owned(),
            account_sid: "AC1".to_owned(),
            username: "AC1".to_owned(),
            password: "token".to_owned(),
            sender,
            status_callback: "https://x.example/hooks/twilio/3/status".to_owned(),
        }
    }

    #[test]
    fn a_message_is_a_form_with_our_id_in_the_status_callback() {
        let outgoing = Outgoing {
            message_id: "42".to_owned(),
            to: "+14155552345".to_owned(),
            text: "Hello! 👍 & bye".to_owned(),
            template: None,
            media: ["https://x.example/1", "https://x.example/2"]
                .map(|url| OutgoingMedia {
                    kind: MediaKind::Image,
                    reference: url.to_owned(),
                    file_name: None,
                })
                .into(),
            reply_to: None,
        };
        let call = message(&account(Sender::Number("+15005550006".to_owned())), &outgoing);
        assert_eq!(
            (call.method, call.url.as_str()),
            ("POST", "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json")
        );
        assert_eq!(call.headers[0], ("authorization", "Basic QUMxOnRva2Vu".to_owned()));
        let fields: Vec<(String, String)> = form_urlencoded::parse(&call.body).into_owned().collect();
        let expected = [
            ("To", "+14155552345"),
            ("From", "+15005550006"),
            ("Body", "Hello! 👍 & bye"),
            ("MediaUrl", "https://x.example/1"),
            ("MediaUrl", "https://x.example/2"),
            ("StatusCallback", "https://x.example/hooks/twilio/3/status?m=42"),
        ];
        assert_eq!(fields, expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
        let service = message(&account(Sender::Service("MG1".to_owned())), &outgoing);
        assert!(String::from_utf8(service.body).unwrap().contains("&MessagingServiceSid=MG1&"));
    }

    #[test]
    fn the_callback_keeps_its_query_and_fragment() {
        let with = |callback: &str| {
            status_callback(
                &Account { status_callback: callback.to_owned(), ..account(Sender::Number(String::new())) },
                "a b",
            )
        };
        assert_eq!(with("https://x.example/s?t=1"), "https://x.example/s?t=1&m=a+b");
        assert_eq!(with("https://x.example/s#rc=2"), "https://x.example/s?m=a+b#rc=2");
    }

    #[test]
    fn files_are_fetched_from_twilio_only() {
        let account = account(Sender::Number(String::new()));
        let fetches = |url: &str| media_download_call(&account, url).is_some();
        assert!(fetches("https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"));
        assert!(fetches("https://mcs.us1.twilio.com/v1/x"));
        for evil in [
            "http://api.twilio.com.evil.example/",
            "https://eviltwilio.com/",
            "https://twilio.com@evil.example/",
            "https://api.twilio.com:x@evil.example/",
            "",
        ] {
            assert!(!fetches(evil), "{evil}");
        }
    }
}
