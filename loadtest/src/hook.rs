//! [`Hook`]: signed WhatsApp callbacks as bytes, ready to be written to a connection.

use crate::clock::unix_seconds;
use crate::error::{Context, Result};
use crate::marker::Marker;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::io::Write;

/// Texts are this long: what peers were measured with.
pub const TEXT: usize = 200;

/// One connected WhatsApp number, as its provider knows it.
#[derive(Clone)]
pub struct Hook {
    /// Everything of a request before its signature.
    head: Vec<u8>,
    mac: Hmac<Sha256>,
    phone_number_id: String,
}

/// One thing a callback tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    Message(Marker),
    /// Of a message we accepted: its id here, the product's own id for it, the new status.
    Status {
        id: String,
        status: &'static str,
    },
}

impl Hook {
    pub fn new(host: &str, channel_id: &str, app_secret: &str, phone_number_id: &str) -> Result<Self> {
        let head = format!(
            "POST /hooks/whatsapp/{channel_id} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
             X-Hub-Signature-256: sha256="
        );
        let mac = Hmac::new_from_slice(app_secret.as_bytes()).context("app secret")?;
        Ok(Self { head: head.into_bytes(), mac, phone_number_id: phone_number_id.to_owned() })
    }

    /// A whole request that tells `news`.
    pub fn request(&self, news: &[News]) -> Vec<u8> {
        let body = self.body(news);
        let digest = self.mac.clone().chain_update(&body).finalize().into_bytes();
        let mut request = Vec::with_capacity(self.head.len() + 100 + body.len());
        request.extend_from_slice(&self.head);
        request.extend_from_slice(hex::encode(digest).as_bytes());
        // Writing to memory does not fail.
        let _ = write!(request, "\r\nContent-Length: {}\r\n\r\n", body.len());
        request.extend_from_slice(&body);
        request
    }

    fn body(&self, news: &[News]) -> Vec<u8> {
        let mut body = Vec::with_capacity(600 + 500 * news.len());
        let _ = write!(
            body,
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"102290129340398","changes":["#
        );
        for (at, one) in news.iter().enumerate() {
            if at > 0 {
                body.push(b',');
            }
            let _ = write!(
                body,
                r#"{{"value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15550783881","phone_number_id":"{}"}},"#,
                self.phone_number_id
            );
            one.write(&mut body);
            body.extend_from_slice(br#"},"field":"messages"}"#);
        }
        body.extend_from_slice(b"]}]}");
        body
    }
}

impl News {
    fn write(&self, body: &mut Vec<u8>) {
        let now = unix_seconds();
        let _ = match self {
            Self::Message(marker) => {
                let (phone, sender) = (phone(marker.sender), marker.sender);
                write!(
                    body,
                    r#""contacts":[{{"profile":{{"name":"Load {sender}"}},"wa_id":"{phone}"}}],"messages":[{{"from":"{phone}","id":"{}","timestamp":"{now}","text":{{"body":"{}"}},"type":"text"}}]"#,
                    provider_id(marker),
                    marker.text(TEXT)
                )
            }
            Self::Status { id, status } => write!(
                body,
                r#""statuses":[{{"id":"{id}","status":"{status}","timestamp":"{now}","recipient_id":"447400000000"}}]"#
            ),
        };
    }
}

/// The provider's id of a message of the harness.
pub fn provider_id(marker: &Marker) -> String {
    format!("wamid.{marker}")
}

/// A customer's number: British mobiles, whose numbering plan has room for a million.
pub fn phone(sender: u32) -> String {
    format!("447400{sender:06}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marker::Kind;
    use switchboard_engine::channels::{Event, whatsapp};

    fn marker(number: u32) -> Marker {
        Marker { run: 1, kind: Kind::Inbound, number, sender: 123_456, nth: 1 }
    }

    #[test]
    fn the_product_believes_and_understands_a_callback() {
        let hook = Hook::new("h", "7", "s3cret", "106540352242922").unwrap();
        let status = News::Status { id: "wamid.x".to_owned(), status: "delivered" };
        let request = hook.request(&[News::Message(marker(1)), News::Message(marker(2)), status]);
        let text = String::from_utf8(request).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let signature = head.lines().find_map(|line| line.strip_prefix("X-Hub-Signature-256: "));
        assert!(whatsapp::signature::verify("s3cret", signature, body.as_bytes()));
        assert!(head.ends_with(&format!("Content-Length: {}", body.len())));
        let delivery = whatsapp::parse::webhook(body.as_bytes()).unwrap();
        assert_eq!(delivery.events.len(), 3);
        assert!(delivery.events.iter().all(|one| one.address.as_deref() == Some("106540352242922")));
        let Event::Message(message) = &delivery.events[0].event else { panic!("no message") };
        assert_eq!(message.content.text, marker(1).text(TEXT));
        assert_eq!(message.from[0].value(), "+447400123456");
        assert_eq!(message.provider_message_id, provider_id(&marker(1)));
        assert!(matches!(delivery.events[2].event, Event::Status(_)));
    }
}
