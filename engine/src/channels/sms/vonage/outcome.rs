//! What Vonage's answers and error codes mean. Every answer is HTTP 200: the verdict is in the body, one entry per part of the text.

use crate::channels::SendOutcome;
use crate::channels::text::shorten;
use crate::receipt::Failure;
use serde_json::Value;

/// The meaning of the answer to a send. `retry_after` is that header, in seconds.
pub fn of(status: u16, retry_after: Option<u64>, body: &[u8]) -> SendOutcome {
    match status {
        200..=299 => {}
        401 | 403 => return SendOutcome::ChannelBroken(auth_failed()),
        429 => return SendOutcome::TryLater { failure: too_fast(), after: retry_after },
        408 | 504 => return SendOutcome::Unclear(http(status)),
        500..=599 => return SendOutcome::TryLater { failure: http(status), after: retry_after },
        400..=499 => return SendOutcome::Refused(http(status)),
        _ => return SendOutcome::Unclear(http(status)),
    }
    let answer: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let Some(parts) = answer.get("messages").and_then(Value::as_array).filter(|parts| !parts.is_empty())
    else {
        return SendOutcome::Unclear(unknown("Vonage gave an answer without messages"));
    };
    let text = |part: &Value, key: &str| part.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let refused = parts.iter().find(|part| text(part, "status") != "0");
    match (refused, parts.first()) {
        (None, Some(first)) => {
            let id = text(first, "message-id");
            if id.is_empty() {
                return SendOutcome::Unclear(unknown("Vonage gave an answer without a message id"));
            }
            SendOutcome::Accepted { provider_message_id: id }
        }
        // Some parts left: sending it again would send those twice.
        (Some(part), Some(first)) if text(first, "status") == "0" => {
            SendOutcome::Unclear(failure(&text(part, "status"), &text(part, "error-text")))
        }
        (Some(part), _) => verdict(&text(part, "status"), &text(part, "error-text")),
        (None, None) => SendOutcome::Unclear(unknown("Vonage gave an answer without messages")),
    }
}

fn verdict(status: &str, words: &str) -> SendOutcome {
    let failure = failure(status, words);
    match status {
        "1" | "5" | "10" => SendOutcome::TryLater { failure, after: None },
        "4" | "8" | "9" | "14" => SendOutcome::ChannelBroken(failure),
        _ => SendOutcome::Refused(failure),
    }
}

fn failure(status: &str, words: &str) -> Failure {
    let (code, sentence) = match status {
        "1" | "10" => return too_fast(),
        "4" | "14" => return auth_failed(),
        "5" => ("vonage_5", "Vonage has technical trouble; it will be sent a little later"),
        "7" => ("vonage_7", "This number is barred: it receives no messages from this account"),
        "8" => ("channel_auth_failed", "The Vonage account is barred: an admin must look into it"),
        "9" => ("channel_auth_failed", "The Vonage account is out of credit: an admin must top it up"),
        "12" => ("vonage_12", "The message is too long"),
        "15" => ("vonage_15", "The channel's own number cannot send to this person: an admin must check it"),
        "29" => ("vonage_29", "The Vonage account is in test mode and may not send to this number"),
        _ => {
            let words = shorten(words.trim().trim_end_matches('.'), 300);
            let detail = if words.is_empty() {
                "Vonage refused the message.".to_owned()
            } else {
                format!("Vonage refused the message: {words}.")
            };
            return Failure { code: format!("vonage_{status}"), detail };
        }
    };
    Failure { code: code.to_owned(), detail: format!("{sentence}.") }
}

/// Why a receipt says that a message did not arrive.
pub(super) fn undelivered(err_code: Option<&str>) -> Failure {
    let sentence = match err_code.unwrap_or_default() {
        "2" | "3" => "The phone is switched off, has no reception, or the number does not exist",
        "4" | "12" => "The person or their network blocks this message",
        "5" => "This number was ported and could not be reached",
        "6" | "15" => "The network filtered this message as unwanted",
        "8" | "9" => "The phone could not take the message",
        "50" | "51" | "52" => "The network does not take messages from this channel",
        _ => "The network did not say why the message was not delivered",
    };
    let code = err_code.map_or_else(|| "unknown".to_owned(), |code| format!("vonage_dlr_{code}"));
    Failure { code, detail: format!("{sentence}.") }
}

fn auth_failed() -> Failure {
    let detail = "Vonage no longer accepts this channel's access: an admin must reconnect it.".to_owned();
    Failure { code: "channel_auth_failed".to_owned(), detail }
}

fn too_fast() -> Failure {
    let detail = "Too many messages at once for Vonage; it will be sent a little later.".to_owned();
    Failure { code: "rate_limited".to_owned(), detail }
}

fn http(status: u16) -> Failure {
    Failure { code: format!("http_{status}"), detail: "Vonage did not take the message.".to_owned() }
}

fn unknown(detail: &str) -> Failure {
    Failure { code: "unknown".to_owned(), detail: format!("{detail}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(parts: &[(&str, &str)]) -> SendOutcome {
        let parts: Vec<Value> = parts
            .iter()
            .map(|(status, id)| serde_json::json!({"status": status, "message-id": id, "error-text": "Words."}))
            .collect();
        of(200, None, serde_json::json!({"messages": parts}).to_string().as_bytes())
    }

    #[test]
    fn every_status_has_its_verdict() {
        assert_eq!(
            answer(&[("0", "a"), ("0", "b")]),
            SendOutcome::Accepted { provider_message_id: "a".to_owned() }
        );
        for status in ["1", "5", "10"] {
            assert!(matches!(answer(&[(status, "")]), SendOutcome::TryLater { .. }), "{status}");
        }
        for status in ["4", "8", "9", "14"] {
            let SendOutcome::ChannelBroken(failure) = answer(&[(status, "")]) else { panic!("{status}") };
            assert_eq!(failure.code, "channel_auth_failed");
        }
        for status in ["2", "3", "6", "7", "12", "15", "22", "29", "33", "77"] {
            assert!(matches!(answer(&[(status, "")]), SendOutcome::Refused(_)), "{status}");
        }
        assert!(matches!(answer(&[("0", "a"), ("1", "")]), SendOutcome::Unclear(_)), "half of it left");
        assert!(matches!(answer(&[("0", "")]), SendOutcome::Unclear(_)));
        assert!(matches!(answer(&[]), SendOutcome::Unclear(_)));
    }

    #[test]
    fn answers_that_are_not_200() {
        assert!(matches!(of(401, None, b""), SendOutcome::ChannelBroken(_)));
        assert!(matches!(of(429, Some(3), b""), SendOutcome::TryLater { after: Some(3), .. }));
        assert!(matches!(of(503, None, b"<html>"), SendOutcome::TryLater { .. }));
        assert!(matches!(of(504, None, b""), SendOutcome::Unclear(_)));
        assert!(matches!(of(200, None, b"<html>"), SendOutcome::Unclear(_)));
    }
}
