//! Identifiers with the providers' shapes. Products must treat them as opaque; some do not, which is why shape matters.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Which way a WhatsApp message travels; Meta's ids tell.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    ToCustomer,
    FromCustomer,
}

/// `wamid.` + base64 of a small tagged structure: the customer's number, a direction byte, a random hex key.
pub(crate) fn wamid(customer_digits: &str, way: Way) -> String {
    let random = rand::random::<[u8; 10]>();
    let hex = hex::encode_upper(random);
    let (tag, key) = match way {
        Way::ToCustomer => (0x11, hex.get(..18).unwrap_or(&hex)),
        Way::FromCustomer => (0x12, hex.as_str()),
    };
    let mut raw = Vec::with_capacity(16 + customer_digits.len() + key.len());
    raw.extend([0x1c, 0x18, customer_digits.len() as u8]);
    raw.extend(customer_digits.as_bytes());
    raw.extend([0x15, 0x02, 0x00, tag, 0x18, key.len() as u8]);
    raw.extend(key.as_bytes());
    raw.push(0);
    let mut id = String::with_capacity(8 + raw.len() * 4 / 3);
    id.push_str("wamid.");
    STANDARD.encode_string(raw, &mut id);
    id
}

/// The customer's digits inside one of our own message ids. Only the simulator may look: to products ids are opaque.
pub(crate) fn customer_of(wamid: &str) -> Option<String> {
    let raw = STANDARD.decode(wamid.strip_prefix("wamid.")?).ok()?;
    let length = usize::from(*raw.get(2)?);
    String::from_utf8(raw.get(3..3 + length)?.to_vec()).ok()
}

/// A Twilio sid: two letters and 32 hex digits.
pub(crate) fn sid(prefix: &str) -> String {
    let mut id = String::with_capacity(34);
    id.push_str(prefix);
    id.push_str(&hex::encode(rand::random::<[u8; 16]>()));
    id
}

/// A Graph object id: 16 decimal digits.
pub(crate) fn graph_id() -> String {
    let mut id = String::with_capacity(16);
    // Writing to a String cannot fail.
    let _ = write!(id, "{}", 1_000_000_000_000_000 + rand::random::<u64>() % 8_999_999_999_999_999);
    id
}

/// The trace id every Graph error carries.
pub(crate) fn fbtrace_id() -> String {
    let random = rand::random::<[u8; 8]>();
    let mut id = String::from("A");
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode_string(random, &mut id);
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_ids_have_metas_shape_and_name_their_customer() {
        let id = wamid("16505551234", Way::ToCustomer);
        assert!(id.starts_with("wamid.HBgLMTY1MDU1NTEyMzQVAgARGB"), "{id}");
        assert!(wamid("16505551234", Way::FromCustomer).contains("VAgASGB"));
        assert_eq!(customer_of(&id).as_deref(), Some("16505551234"));
        assert_eq!(customer_of("wamid.xyz"), None);
        assert_eq!(graph_id().len(), 16);
        assert_eq!(sid("SM").len(), 34);
    }
}
