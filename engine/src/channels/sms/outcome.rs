//! What Twilio's answers and error codes mean, in words a support agent understands. Callbacks use the same table.

use crate::channels::SendOutcome;
use crate::channels::text::shorten;
use crate::receipt::Failure;
use serde_json::Value;

/// The meaning of the answer to a send. `retry_after` is that header, in seconds.
pub fn of(status: u16, retry_after: Option<u64>, body: &[u8]) -> SendOutcome {
    let answer: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    let text = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default();
    if (200..=299).contains(&status) {
        return accepted(
            text("sid"),
            text("status"),
            answer.get("error_code").and_then(Value::as_i64),
            text("error_message"),
        );
    }
    let code = answer.get("code").and_then(Value::as_i64);
    let failure = match code {
        Some(_) => failure(code, text("message")),
        None => without_code(status),
    };
    match (code.map(verdict), status) {
        (Some(Verdict::Retry), _) | (_, 429) => SendOutcome::TryLater { failure, after: retry_after },
        (Some(Verdict::Stop), _) | (_, 401) | (None, 403) => SendOutcome::ChannelBroken(failure),
        // A gateway that gave up waiting does not know what happened behind it.
        (_, 408 | 504) => SendOutcome::Unclear(failure),
        (_, 500..=599) => SendOutcome::TryLater { failure, after: retry_after },
        (_, 400..=499) => SendOutcome::Refused(failure),
        _ => SendOutcome::Unclear(failure),
    }
}

/// Why a message failed: our code where we have one, else Twilio's number.
pub(super) fn failure(code: Option<i64>, details: &str) -> Failure {
    let Some(code) = code else {
        return Failure {
            code: "unknown".to_owned(),
            detail: quote("The message was not delivered", details),
        };
    };
    let (ours, sentence) = match meaning(code) {
        Some((ours, sentence)) => (ours, format!("{sentence}.")),
        None => ("", quote("The message was not delivered", details)),
    };
    Failure { code: if ours.is_empty() { code.to_string() } else { ours.to_owned() }, detail: sentence }
}

fn accepted(sid: &str, status: &str, error_code: Option<i64>, error_message: &str) -> SendOutcome {
    if matches!(status, "failed" | "undelivered") {
        return SendOutcome::Refused(failure(error_code, error_message));
    }
    if sid.is_empty() {
        let detail = "Twilio gave an answer without a message id.".to_owned();
        return SendOutcome::Unclear(Failure { code: "unknown".to_owned(), detail });
    }
    SendOutcome::Accepted { provider_message_id: sid.to_owned() }
}

fn without_code(status: u16) -> Failure {
    let (code, detail) = match status {
        401 | 403 => ("channel_auth_failed".to_owned(), ACCESS_REFUSED),
        429 => ("rate_limited".to_owned(), TOO_FAST),
        408 | 504 => (format!("http_{status}"), "Twilio did not answer in time"),
        500..=599 => {
            (format!("http_{status}"), "Twilio has technical trouble; it will be sent a little later")
        }
        _ => (format!("http_{status}"), "Twilio refused the message"),
    };
    Failure { code, detail: format!("{detail}.") }
}

enum Verdict {
    Refuse,
    Retry,
    Stop,
}

fn verdict(code: i64) -> Verdict {
    match code {
        20_003 | 20_005 | 20_008 | 20_404 | 30_002 => Verdict::Stop,
        20_429 | 14_107 | 30_001 | 63_018 => Verdict::Retry,
        _ => Verdict::Refuse,
    }
}

const ACCESS_REFUSED: &str = "Twilio no longer accepts this channel's access: an admin must reconnect it";
const TOO_FAST: &str = "Too many messages at once for Twilio; it will be sent a little later";

/// Our code (empty: Twilio's number stays) and a sentence for the codes worth one.
fn meaning(code: i64) -> Option<(&'static str, &'static str)> {
    Some(match code {
        20_003 | 20_404 => ("channel_auth_failed", ACCESS_REFUSED),
        20_005 | 30_002 => {
            ("channel_auth_failed", "The Twilio account is suspended: an admin must look into it")
        }
        20_008 => {
            ("channel_auth_failed", "The channel has Twilio's test credentials: an admin must reconnect it")
        }
        20_429 | 14_107 | 63_018 => ("rate_limited", TOO_FAST),
        30_001 => ("rate_limited", "Too many messages were waiting at Twilio; try again later"),
        21_610 => ("opted_out", "This person replied STOP and receives no text messages from this number"),
        21_211 => ("", "This is not a phone number that can be reached"),
        21_614 => ("", "This number cannot receive text messages; it is not a mobile phone"),
        21_408 => ("", "The Twilio account may not send to this country"),
        21_606 | 21_659 => ("", "The channel's own number cannot send: an admin must check it"),
        21_617 => ("", "The message is too long"),
        30_003 => ("", "The phone is switched off or has no reception"),
        30_004 => ("", "The person or their network blocks this message"),
        30_005 => ("", "This number does not exist or is no longer in use"),
        30_006 => ("", "This is a landline or a network that takes no text messages"),
        30_007 => ("", "The network filtered this message as unwanted"),
        30_008 => ("", "The network did not say why the message was not delivered"),
        30_034 => ("", "The channel's number is not registered for business messages in the United States"),
        63_016 => (
            "window_closed",
            "More than 24 hours have passed since the customer last wrote; only a template can be sent",
        ),
        _ => return None,
    })
}

fn quote(sentence: &str, words: &str) -> String {
    let words = shorten(words.trim(), 300);
    let words = words.trim_end_matches('.');
    if words.is_empty() { format!("{sentence}.") } else { format!("{sentence}: {words}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, code: i64) -> SendOutcome {
        of(status, Some(9), format!(r#"{{"code":{code},"message":"Words","status":{status}}}"#).as_bytes())
    }

    #[test]
    fn every_code_has_its_verdict() {
        for code in [20_003, 20_005, 20_404] {
            assert!(matches!(answer(400, code), SendOutcome::ChannelBroken(_)), "{code}");
        }
        for code in [20_429, 14_107] {
            assert!(matches!(answer(429, code), SendOutcome::TryLater { after: Some(9), .. }), "{code}");
        }
        for code in [21_610, 21_211, 21_614, 21_408, 21_617, 99_999] {
            assert!(matches!(answer(400, code), SendOutcome::Refused(_)), "{code}");
        }
    }

    #[test]
    fn our_own_codes_where_we_know_better() {
        let code = |code| failure(Some(code), "Words").code;
        assert_eq!(code(21_610), "opted_out");
        assert_eq!(code(20_003), "channel_auth_failed");
        assert_eq!(code(20_429), "rate_limited");
        assert_eq!(code(63_016), "window_closed");
        assert_eq!(code(30_005), "30005");
        assert_eq!(failure(Some(81_022), "Words").detail, "The message was not delivered: Words.");
        assert_eq!(failure(None, "").code, "unknown");
    }

    #[test]
    fn answers_without_a_code() {
        assert!(matches!(of(401, None, b""), SendOutcome::ChannelBroken(_)));
        assert!(matches!(of(429, None, b""), SendOutcome::TryLater { .. }));
        assert!(matches!(of(503, Some(2), b"<html>"), SendOutcome::TryLater { after: Some(2), .. }));
        assert!(matches!(of(504, None, b""), SendOutcome::Unclear(_)));
        assert!(matches!(of(400, None, b""), SendOutcome::Refused(_)));
        assert!(matches!(of(201, None, b"{}"), SendOutcome::Unclear(_)));
        assert!(matches!(
            of(201, None, br#"{"sid":"SM1","status":"failed","error_code":30005}"#),
            SendOutcome::Refused(_)
        ));
    }
}
