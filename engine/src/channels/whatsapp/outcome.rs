//! What WhatsApp's answers mean. Decided on the error code alone, in words a support agent understands; callbacks use the same table.

use super::loose::{integer_at, string_at};
use crate::channels::text::shorten;
use crate::channels::{RemoteFile, SendOutcome};
use crate::receipt::Failure;
use serde_json::Value;

/// The meaning of the answer to a send. `retry_after` is that header, in seconds.
pub fn of(status: u16, retry_after: Option<u64>, body: &[u8]) -> SendOutcome {
    let answer: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    if let Some(error) = answer.get("error").filter(|error| error.is_object()) {
        return refusal(status, retry_after, error);
    }
    if let (200..=299, Some(id)) = (status, sent_id(&answer)) {
        return SendOutcome::Accepted { provider_message_id: id };
    }
    by_status(status, retry_after, &answer)
}

/// Why a message failed, from one object of `errors[]` in a callback or from `error` in an answer.
pub(super) fn failure(error: &Value) -> Failure {
    let details = details_of(error);
    let code = integer_at(error, "code");
    match code.and_then(meaning) {
        Some(meaning) => meaning.failure(code, &details),
        None => unknown(code, &details),
    }
}

/// The id of an uploaded file, from the answer to the upload.
pub fn uploaded_media_id(body: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    Some(string_at(&answer, "id")).filter(|id| !id.is_empty())
}

/// Where a file is, from the answer to [`super::transport::Transport::media_info_call`].
pub fn media_info(body: &[u8]) -> Option<RemoteFile> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let url = Some(string_at(&answer, "url")).filter(|url| !url.is_empty())?;
    let size = integer_at(&answer, "file_size").and_then(|size| u64::try_from(size).ok());
    let sha256 = Some(string_at(&answer, "sha256")).filter(|sha256| !sha256.is_empty());
    Some(RemoteFile { url, mime: string_at(&answer, "mime_type"), size, sha256 })
}

fn sent_id(answer: &Value) -> Option<String> {
    let id = string_at(answer.get("messages")?.get(0)?, "id");
    (!id.is_empty()).then_some(id)
}

fn refusal(status: u16, after: Option<u64>, error: &Value) -> SendOutcome {
    let failure = failure(error);
    let transient = error.get("is_transient").and_then(Value::as_bool).unwrap_or(false);
    match integer_at(error, "code").and_then(meaning).map(|meaning| meaning.verdict) {
        // One message per six seconds to one person is what WhatsApp allows.
        Some(Verdict::Retry) if failure.code == "pair_rate_limited" => {
            SendOutcome::TryLater { failure, after: after.or(Some(6)) }
        }
        Some(Verdict::Retry) => SendOutcome::TryLater { failure, after },
        Some(Verdict::Stop) => SendOutcome::ChannelBroken(failure),
        None if transient || status == 429 || status >= 500 => SendOutcome::TryLater { failure, after },
        None if status == 401 => SendOutcome::ChannelBroken(failure),
        Some(Verdict::Refuse) | None => SendOutcome::Refused(failure),
    }
}

/// Without Meta's envelope: 360dialog's own `{"meta":{…}}`, or a gateway in between.
fn by_status(status: u16, after: Option<u64>, answer: &Value) -> SendOutcome {
    let said = answer.get("meta").map(|meta| string_at(meta, "developer_message")).unwrap_or_default();
    let failure = |code: &str, sentence: &str| Failure {
        code: if code.is_empty() { format!("http_{status}") } else { code.to_owned() },
        detail: quote(sentence, &said),
    };
    match status {
        401 | 403 => SendOutcome::ChannelBroken(failure("channel_auth_failed", ACCESS_REFUSED)),
        429 => SendOutcome::TryLater { failure: failure("rate_limited", TOO_FAST), after },
        // A gateway that gave up waiting does not know what happened behind it.
        408 | 504 => SendOutcome::Unclear(failure("", "WhatsApp did not answer in time")),
        500..=599 => SendOutcome::TryLater { failure: failure("", TROUBLE), after },
        400..=499 => SendOutcome::Refused(failure("", "WhatsApp refused the message")),
        _ => SendOutcome::Unclear(failure("", "WhatsApp gave an answer without a message id")),
    }
}

#[derive(Clone, Copy)]
enum Verdict {
    Refuse,
    Retry,
    Stop,
}

struct Meaning {
    verdict: Verdict,
    /// Our own code; `None` keeps WhatsApp's number.
    code: Option<&'static str>,
    sentence: &'static str,
    /// Whether WhatsApp's own words add something.
    quotes: bool,
}

impl Meaning {
    fn failure(&self, code: Option<i64>, details: &str) -> Failure {
        let code = match (self.code, code) {
            (Some(ours), _) => ours.to_owned(),
            (None, code) => code.map_or_else(|| "unknown".to_owned(), |code| code.to_string()),
        };
        Failure { code, detail: quote(self.sentence, if self.quotes { details } else { "" }) }
    }
}

const ACCESS_REFUSED: &str = "WhatsApp no longer accepts this channel's access: an admin must reconnect it";
const TOO_FAST: &str = "Too many messages at once for WhatsApp; it will be sent a little later";
const TROUBLE: &str = "WhatsApp has technical trouble; it will be sent a little later";

/// Meta's error table. `None` for codes that are not in it.
fn meaning(code: i64) -> Option<Meaning> {
    use Verdict::{Refuse, Retry, Stop};
    let plain = |verdict, code, sentence| Some(Meaning { verdict, code, sentence, quotes: false });
    let quoting = |verdict, sentence| Some(Meaning { verdict, code: None, sentence, quotes: true });
    match code {
        0 | 190 => plain(Stop, Some("channel_auth_failed"), ACCESS_REFUSED),
        3 | 10 | 200..=299 => plain(
            Stop,
            Some("channel_auth_failed"),
            "WhatsApp does not permit this channel to send: an admin must check its permissions",
        ),
        1 | 2 | 131_000 | 131_016 | 131_057 => plain(Retry, None, TROUBLE),
        4 | 80_007 | 130_429 => plain(Retry, Some("rate_limited"), TOO_FAST),
        131_056 => plain(
            Retry,
            Some("pair_rate_limited"),
            "Too many messages to this person in a short time; it will be sent a little later",
        ),
        131_026 => plain(
            Refuse,
            Some("not_on_whatsapp"),
            "This person cannot be reached on WhatsApp: no account, an old app, or they have not accepted its terms",
        ),
        131_047 => plain(
            Refuse,
            Some("window_closed"),
            "More than 24 hours have passed since the customer last wrote; only a template can be sent",
        ),
        131_050 => {
            plain(Refuse, Some("opted_out"), "This person stopped marketing messages from this business")
        }
        131_049 => plain(
            Refuse,
            None,
            "WhatsApp held this message back because the person receives many like it; do not retry within a day",
        ),
        130_472 => plain(
            Refuse,
            None,
            "WhatsApp held this message back because the person's number is part of an experiment",
        ),
        131_051 => plain(Refuse, None, "WhatsApp does not support this kind of message"),
        131_062 => {
            plain(Refuse, None, "This message needs a phone number; the person is known by user name only")
        }
        368 | 131_031 => quoting(Stop, "WhatsApp has locked this business account"),
        131_048 | 131_064 => quoting(Refuse, "WhatsApp limits this number because of complaints or blocks"),
        130_497 => quoting(Refuse, "WhatsApp does not let this business write to that country"),
        131_052 | 131_053 => quoting(Refuse, "WhatsApp could not take the file"),
        131_021 => plain(Refuse, None, "The recipient is the channel's own number"),
        131_030 => {
            plain(Refuse, None, "The number is not on the list of test recipients of this WhatsApp account")
        }
        131_042 => quoting(Refuse, "WhatsApp could not charge the business account"),
        131_045 => quoting(Refuse, "The channel's number is not fully registered with WhatsApp"),
        131_005 => quoting(Refuse, "WhatsApp denied access"),
        131_008 | 131_009 => quoting(Refuse, "WhatsApp did not understand the message"),
        132_015 | 132_016 => plain(Refuse, None, "WhatsApp has paused or disabled this template"),
        132_000..=132_999 => quoting(Refuse, "WhatsApp did not accept the template"),
        _ => None,
    }
}

fn unknown(code: Option<i64>, details: &str) -> Failure {
    Failure {
        code: code.map_or_else(|| "unknown".to_owned(), |code| code.to_string()),
        detail: quote("WhatsApp refused the message", details),
    }
}

/// "Sentence: their words." or "Sentence."
fn quote(sentence: &str, words: &str) -> String {
    let words = shorten(words.trim(), 300);
    let words = words.trim_end_matches('.');
    if words.is_empty() { format!("{sentence}.") } else { format!("{sentence}: {words}.") }
}

/// The most telling of the provider's texts.
fn details_of(error: &Value) -> String {
    let inner = error.get("error_data").map(|data| string_at(data, "details")).unwrap_or_default();
    ["details", "error_user_msg", "message", "title"]
        .into_iter()
        .map(|key| string_at(error, key))
        .fold(inner, |best, next| if best.is_empty() { next } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, code: i64) -> SendOutcome {
        of(
            status,
            Some(7),
            format!(r#"{{"error":{{"code":{code},"message":"(#{code}) Words"}}}}"#).as_bytes(),
        )
    }

    #[test]
    fn every_code_of_the_table_has_its_verdict() {
        for code in [0, 190, 3, 10, 200, 299, 368, 131_031] {
            assert!(matches!(answer(400, code), SendOutcome::ChannelBroken(_)), "{code}");
        }
        for code in [1, 2, 131_000, 131_016, 131_057, 4, 80_007, 130_429, 131_056] {
            assert!(matches!(answer(400, code), SendOutcome::TryLater { after: Some(7), .. }), "{code}");
        }
        for code in [
            131_048, 131_064, 130_497, 131_026, 131_047, 131_049, 131_050, 131_051, 131_052, 131_053,
            131_008, 131_009, 131_021, 131_005, 131_030, 131_042, 131_045, 131_062, 132_000, 132_001,
            132_005, 132_007, 132_008, 132_012, 132_015, 132_016, 132_068, 132_069, 130_472, 100,
        ] {
            assert!(matches!(answer(400, code), SendOutcome::Refused(_)), "{code}");
        }
    }

    #[test]
    fn our_own_codes_where_we_know_better() {
        let code = |number: i64| match answer(400, number) {
            SendOutcome::Refused(f)
            | SendOutcome::ChannelBroken(f)
            | SendOutcome::TryLater { failure: f, .. } => f.code,
            _ => String::new(),
        };
        assert_eq!(code(131_047), "window_closed");
        assert_eq!(code(131_050), "opted_out");
        assert_eq!(code(131_026), "not_on_whatsapp");
        assert_eq!(code(130_429), "rate_limited");
        assert_eq!(code(190), "channel_auth_failed");
        assert_eq!(code(131_053), "131053");
        assert_eq!(code(999_999), "999999");
    }

    #[test]
    fn dialog360_and_gateways_answer_in_their_own_way() {
        let meta = br#"{"meta":{"success":false,"http_code":401,"developer_message":"Invalid api_key"}}"#;
        let SendOutcome::ChannelBroken(failure) = of(401, None, meta) else { panic!("not broken") };
        assert_eq!(failure.code, "channel_auth_failed");
        assert!(failure.detail.ends_with(": Invalid api_key."), "{}", failure.detail);
        assert!(matches!(of(502, None, b"<html>"), SendOutcome::TryLater { .. }));
        assert!(matches!(of(504, None, b""), SendOutcome::Unclear(_)));
        assert!(matches!(of(429, Some(3), b""), SendOutcome::TryLater { after: Some(3), .. }));
        assert!(matches!(of(400, None, b"{}"), SendOutcome::Refused(_)));
        assert!(matches!(of(200, None, b"{}"), SendOutcome::Unclear(_)));
        assert!(matches!(of(200, None, br#"{"messages":[{}]}"#), SendOutcome::Unclear(_)));
    }

    #[test]
    fn an_unknown_error_is_judged_by_its_hints() {
        let error =
            |status, more: &str| of(status, None, format!(r#"{{"error":{{"code":77{more}}}}}"#).as_bytes());
        assert!(matches!(error(400, ""), SendOutcome::Refused(_)));
        assert!(matches!(error(400, r#","is_transient":true"#), SendOutcome::TryLater { .. }));
        assert!(matches!(error(500, ""), SendOutcome::TryLater { .. }));
        assert!(matches!(error(401, ""), SendOutcome::ChannelBroken(_)));
    }
}
