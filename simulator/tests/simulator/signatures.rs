//! Signatures against vectors of other projects.

use switchboard_simulator::{escape_non_ascii, hub_signature, twilio_signature};

use crate::product::{fixture, fixture_bytes};

#[test]
fn meta_vectors() {
    for vector in fixture("vectors.json").as_array().unwrap() {
        let Some(secret) = vector["secret"].as_str() else { continue };
        let (body, expected) = match vector["body_file"].as_str() {
            Some(file) => {
                (fixture_bytes(file), vector["header"]["X-Hub-Signature-256"].as_str().unwrap().to_owned())
            }
            None => (
                vector["body"].as_str().unwrap().as_bytes().to_vec(),
                format!("sha256={}", vector["expected"].as_str().unwrap()),
            ),
        };
        assert_eq!(hub_signature(secret, &body), expected, "{}", vector["id"]);
    }
}

#[test]
fn twilio_vectors() {
    let mut count = 0;
    for vector in fixture("vectors.json").as_array().unwrap() {
        let Some(token) = vector["auth_token"].as_str() else { continue };
        let mut params = Vec::new();
        for (name, value) in vector["params"].as_object().unwrap() {
            match value {
                serde_json::Value::Array(values) => {
                    params.extend(
                        values.iter().map(|value| (name.clone(), value.as_str().unwrap().to_owned())),
                    );
                }
                value => params.push((name.clone(), value.as_str().unwrap().to_owned())),
            }
        }
        let expected = vector["header"]["X-Twilio-Signature"].as_str().unwrap();
        let url = vector["signed_url"].as_str().unwrap();
        assert_eq!(twilio_signature(token, url, &params), expected, "{}", vector["id"]);
        count += 1;
    }
    assert_eq!(count, 6);
}

#[test]
fn escapes_are_lower_case_utf16_and_still_the_same_json() {
    let json = serde_json::json!({ "body": "äöå 👍 a/b" }).to_string();
    let escaped = escape_non_ascii(&json);
    assert_eq!(escaped, r#"{"body":"\u00e4\u00f6\u00e5 \ud83d\udc4d a\/b"}"#);
    let back: serde_json::Value = serde_json::from_str(&escaped).unwrap();
    assert_eq!(back["body"], "äöå 👍 a/b");
}
