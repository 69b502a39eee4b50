//! What a gateway's answer to a send means, by its HTTP status: gateways have no common language of errors.

use crate::channels::SendOutcome;
use crate::channels::text::shorten;
use crate::receipt::Failure;
use serde_json::Value;

/// The meaning of the answer to a send. `id_path` says where the id stands, see [`super::Gateway::id_path`].
pub fn of(id_path: &str, status: u16, retry_after: Option<u64>, body: &[u8]) -> SendOutcome {
    let answer: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    match status {
        200..=299 => match text_at(&answer, id_path) {
            Some(id) => SendOutcome::Accepted { provider_message_id: id },
            None => {
                let detail = format!("The SMS gateway took the message, but its answer has no {id_path}.");
                SendOutcome::Unclear(Failure { code: "unknown".to_owned(), detail })
            }
        },
        401 | 403 => {
            let detail =
                "The SMS gateway no longer accepts this channel's token: an admin must reconnect it.";
            SendOutcome::ChannelBroken(failure("channel_auth_failed", detail))
        }
        429 => {
            let detail = "Too many messages at once for the SMS gateway; it will be sent a little later.";
            SendOutcome::TryLater { failure: failure("rate_limited", detail), after: retry_after }
        }
        408 | 504 => SendOutcome::Unclear(refused(status, &answer)),
        500..=599 => SendOutcome::TryLater { failure: refused(status, &answer), after: retry_after },
        400..=499 => SendOutcome::Refused(refused(status, &answer)),
        _ => SendOutcome::Unclear(refused(status, &answer)),
    }
}

fn failure(code: &str, detail: &str) -> Failure {
    Failure { code: code.to_owned(), detail: detail.to_owned() }
}

/// With the gateway's own words, where it has some.
fn refused(status: u16, answer: &Value) -> Failure {
    let words = ["error.message", "error", "message", "detail", "title"]
        .iter()
        .find_map(|path| text_at(answer, path));
    let detail = match words {
        Some(words) => format!(
            "The SMS gateway did not take the message: {}.",
            shorten(words.trim_end_matches('.'), 300)
        ),
        None => "The SMS gateway did not take the message.".to_owned(),
    };
    Failure { code: format!("http_{status}"), detail }
}

/// The text or number at "data.messages.0.id".
fn text_at(answer: &Value, path: &str) -> Option<String> {
    let found = path.split('.').try_fold(answer, |value, step| match value {
        Value::Array(list) => list.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    })?;
    let text = match found {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_found_where_the_setting_says() {
        for (path, body, id) in [
            ("id", r#"{"id":"m1"}"#, "m1"),
            ("data.message_id", r#"{"data":{"message_id":7}}"#, "7"),
            ("messages.0.id", r#"{"messages":[{"id":"m2"}]}"#, "m2"),
            ("0.id", r#"[{"id":"m3"}]"#, "m3"),
        ] {
            let expected = SendOutcome::Accepted { provider_message_id: id.to_owned() };
            assert_eq!(of(path, 200, None, body.as_bytes()), expected, "{path}");
        }
        for body in ["", "{}", r#"{"id":""}"#, r#"{"id":null}"#, r#"{"id":{}}"#] {
            assert!(matches!(of("id", 202, None, body.as_bytes()), SendOutcome::Unclear(_)), "{body}");
        }
    }

    #[test]
    fn the_status_decides() {
        assert!(matches!(of("id", 401, None, b""), SendOutcome::ChannelBroken(_)));
        assert!(matches!(of("id", 429, Some(7), b""), SendOutcome::TryLater { after: Some(7), .. }));
        assert!(matches!(of("id", 503, None, b""), SendOutcome::TryLater { .. }));
        assert!(matches!(of("id", 504, None, b""), SendOutcome::Unclear(_)));
        assert!(matches!(of("id", 302, None, b""), SendOutcome::Unclear(_)));
        let SendOutcome::Refused(failure) =
            of("id", 400, None, br#"{"error":{"message":"No such number."}}"#)
        else {
            panic!("refused")
        };
        assert_eq!(failure.detail, "The SMS gateway did not take the message: No such number.");
    }
}
