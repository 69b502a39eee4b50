//! SMS through any gateway that speaks plain HTTP: where to post, which header proves us, which fields it wants are settings.
//!
//! Its callbacks come to our hook as JSON or a form, proved by a shared secret in a header: a message has a text, a receipt a `status`.

pub mod parse;

pub mod outcome;

use crate::channels::{HttpCall, Outgoing};
use form_urlencoded::Serializer;
use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

/// How a gateway wants to be called. Holds a credential: never log it, hence no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Gateway {
    /// Where messages are posted.
    pub send_url: String,
    pub body: BodyFormat,
    /// The header that proves us, one of [`TOKEN_HEADERS`].
    pub token_header: &'static str,
    /// Its value, whole: "Bearer …", "Basic …" or a bare key.
    pub token: String,
    pub from: String,
    pub fields: Fields,
    /// Where the message's id stands in the answer: "id", "data.message_id", "messages.0.id".
    pub id_path: String,
    /// Our public URL for receipts.
    pub callback: String,
}

/// Headers in which gateways expect a credential.
pub const TOKEN_HEADERS: [&str; 6] =
    ["authorization", "x-api-key", "x-auth-token", "api-key", "apikey", "x-access-token"];

/// How the body of a send is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFormat {
    Json,
    Form,
}

impl BodyFormat {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "json" => Some(Self::Json),
            "form" => Some(Self::Form),
            _ => None,
        }
    }
}

/// What the gateway calls each part of a send; an empty name leaves it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    pub to: String,
    pub from: String,
    pub text: String,
    /// Our message id.
    pub reference: String,
    /// Where receipts go.
    pub callback: String,
    /// Links to files (MMS); a list in JSON, repeated in a form.
    pub media: String,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            to: "to".to_owned(),
            from: "from".to_owned(),
            text: "text".to_owned(),
            reference: "reference".to_owned(),
            callback: "callback_url".to_owned(),
            media: "media".to_owned(),
        }
    }
}

/// Whether the header we agreed on carries the secret we agreed on. Without a secret nobody is believed.
pub fn verify(secret: &str, given: Option<&str>) -> bool {
    !secret.is_empty() && given.is_some_and(|given| bool::from(secret.as_bytes().ct_eq(given.as_bytes())))
}

/// Sends a message.
pub fn message(gateway: &Gateway, outgoing: &Outgoing) -> HttpCall {
    let fields = &gateway.fields;
    let plain = [
        (&fields.to, outgoing.to.as_str()),
        (&fields.from, gateway.from.as_str()),
        (&fields.text, outgoing.text.as_str()),
        (&fields.reference, outgoing.message_id.as_str()),
        (&fields.callback, gateway.callback.as_str()),
    ];
    let plain = plain.into_iter().filter(|(name, _)| !name.is_empty());
    let links: Vec<&str> = outgoing.media.iter().map(|media| media.reference.as_str()).collect();
    let links = if fields.media.is_empty() { Vec::new() } else { links };
    let (kind, body) = match gateway.body {
        BodyFormat::Json => {
            let mut object: Map<String, Value> =
                plain.map(|(name, value)| (name.clone(), Value::from(value))).collect();
            if !links.is_empty() {
                object.insert(fields.media.clone(), links.into());
            }
            ("application/json", Value::Object(object).to_string().into_bytes())
        }
        BodyFormat::Form => {
            let mut form = Serializer::new(String::new());
            for (name, value) in plain {
                form.append_pair(name, value);
            }
            for link in links {
                form.append_pair(&fields.media, link);
            }
            ("application/x-www-form-urlencoded", form.finish().into_bytes())
        }
    };
    let headers = vec![("content-type", kind.to_owned()), (gateway.token_header, gateway.token.clone())];
    HttpCall { method: "POST", url: gateway.send_url.clone(), headers, body }
}

/// Fetches a file of an inbound message. `None` when it is not where the gateway is: our token goes nowhere else, and no
/// callback makes this server call another one.
pub fn media_download_call(gateway: &Gateway, url: &str) -> Option<HttpCall> {
    let scheme = gateway.send_url.find("://")? + 3;
    let end = gateway
        .send_url
        .get(scheme..)?
        .find(['/', '?', '#'])
        .map_or(gateway.send_url.len(), |at| scheme + at);
    let rest = url.strip_prefix(gateway.send_url.get(..end)?)?;
    let headers = vec![(gateway.token_header, gateway.token.clone())];
    rest.starts_with('/').then(|| HttpCall { method: "GET", url: url.to_owned(), headers, body: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::OutgoingMedia;
    use crate::message::MediaKind;
    use serde_json::json;

    fn gateway(body: BodyFormat) -> Gateway {
        Gateway {
            send_url: "https://sms.example/send".to_owned(),
            body,
            token_header: "x-api-key",
            token: "t0p".to_owned(),
            from: "+447700900000".to_owned(),
            fields: Fields { text: "message".to_owned(), callback: String::new(), ..Fields::default() },
            id_path: "id".to_owned(),
            callback: "https://x.example/hooks/sms/3".to_owned(),
        }
    }

    fn outgoing() -> Outgoing {
        let reference = "https://x.example/1".to_owned();
        Outgoing {
            message_id: "42".to_owned(),
            to: "+447700900001".to_owned(),
            text: "a & b".to_owned(),
            template: None,
            media: vec![OutgoingMedia { kind: MediaKind::Image, reference, file_name: None }],
            reply_to: None,
        }
    }

    #[test]
    fn fields_are_called_as_the_gateway_calls_them() {
        let call = message(&gateway(BodyFormat::Json), &outgoing());
        assert_eq!((call.method, call.url.as_str()), ("POST", "https://sms.example/send"));
        assert!(call.headers.contains(&("x-api-key", "t0p".to_owned())));
        assert_eq!(
            serde_json::from_slice::<Value>(&call.body).unwrap(),
            json!({"to": "+447700900001", "from": "+447700900000", "message": "a & b", "reference": "42",
                "media": ["https://x.example/1"]})
        );
        let form = message(&gateway(BodyFormat::Form), &outgoing()).body;
        let fields: Vec<(String, String)> = form_urlencoded::parse(&form).into_owned().collect();
        assert_eq!(fields.len(), 5);
        assert!(fields.contains(&("media".to_owned(), "https://x.example/1".to_owned())));
    }

    #[test]
    fn files_are_fetched_where_the_gateway_is() {
        let gateway = gateway(BodyFormat::Json);
        let fetches = |url: &str| media_download_call(&gateway, url).is_some();
        assert!(fetches("https://sms.example/files/1"));
        for evil in [
            "http://sms.example/files/1",
            "https://sms.example.evil.example/1",
            "https://sms.example:81/1",
            "https://sms.example@evil.example/1",
            "http://169.254.169.254/",
            "",
        ] {
            assert!(!fetches(evil), "{evil}");
        }
    }

    #[test]
    fn nobody_is_believed_without_a_secret() {
        assert!(verify("s", Some("s")));
        for (secret, given) in [("", Some("")), ("", None), ("s", None), ("s", Some("S")), ("s", Some(""))] {
            assert!(!verify(secret, given), "{secret:?} {given:?}");
        }
    }
}
