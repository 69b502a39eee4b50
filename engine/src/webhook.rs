//! Outbound webhooks: which events there are to choose from, how a delivery is signed, when it is tried again, and where it may go.
//!
//! Signatures follow the Standard Webhooks specification, so that its libraries verify them.

use crate::permission::{Audience, EVENTS};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// What is sent when somebody tries a webhook out.
pub const PING: &str = "ping";

/// How a secret begins.
const PREFIX: &str = "whsec_";

/// Pauses after failed attempts; after the last one the delivery has failed for good.
const PAUSES: [Duration; 8] = [
    Duration::from_secs(10),
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(8),
    Duration::from_hours(8),
];

/// A webhook to which nothing could be delivered for this long is switched off.
pub const GIVE_UP: Duration = Duration::from_hours(24);

/// The events somebody can subscribe to: everything that is stored of a conversation.
pub fn events() -> impl Iterator<Item = &'static str> {
    const LIVE: [&str; 3] = ["window.changed", "typing", "presence.viewing"];
    let stored = EVENTS.iter().filter(|(_, audience)| *audience == Audience::Conversation);
    stored.map(|(name, _)| *name).filter(|name| !LIVE.contains(name))
}

/// How long to wait after this many attempts; `None`: it was the last.
pub fn pause_after(attempts: i64) -> Option<Duration> {
    let index = usize::try_from(attempts.checked_sub(1)?).ok()?;
    PAUSES.get(index).copied()
}

/// The secret as its owner copies it.
pub fn secret(key: &[u8; 32]) -> String {
    format!("{PREFIX}{}", STANDARD.encode(key))
}

/// The `webhook-signature` header: one signature for each secret that is good at the moment. `None` when a secret is none.
pub fn signature(secrets: &[&str], id: &str, timestamp: i64, body: &[u8]) -> Option<String> {
    let one = |secret: &&str| {
        let key = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok().filter(|key| !key.is_empty())?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    };
    let all: Option<Vec<String>> = secrets.iter().map(one).collect();
    all.filter(|all| !all.is_empty()).map(|all| all.join(" "))
}

/// Whether an address is somewhere on the public internet, and not this machine, its network or its cloud's inside.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let benchmark = a == 198 && (b == 18 || b == 19);
    let protocols = a == 192 && b == 0 && c == 0;
    let relay = a == 192 && b == 88 && c == 99;
    !(a == 0
        || a >= 224
        || shared
        || benchmark
        || protocols
        || relay
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(v4) = inner(address) {
        return is_public_v4(v4);
    }
    let [first, second, ..] = address.segments();
    let documentation = (first == 0x2001 && second == 0xdb8) || (first == 0x3fff && second < 0x1000);
    // Global unicast only, without tunnels (Teredo, ORCHID and other special purposes within 2001::/23).
    (0x2000..0x4000).contains(&first) && !documentation && !(first == 0x2001 && second < 0x200)
}

/// The IPv4 address that travels inside one of version 6: mapped, compatible, translated (NAT64), or 6to4.
fn inner(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [s0, s1, s2, s3, s4, s5, s6, s7] = address.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    let mapped = [s0, s1, s2, s3, s4] == [0; 5] && (s5 == 0xffff || s5 == 0);
    let translated = s0 == 0x64 && s1 == 0xff9b && [s2, s3, s4, s5] == [0; 4];
    if mapped || translated {
        return Some(v4(s6, s7));
    }
    (s0 == 0x2002).then(|| v4(s1, s2))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of the specification's own test suite.
    #[test]
    fn d_17_signatures_are_those_of_the_specification() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let (id, at, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        let wanted = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signature(&[secret], id, at, body).as_deref(), Some(wanted));
        let two = signature(&[secret, &super::secret(&[7; 32])], id, at, body).unwrap();
        let parts: Vec<&str> = two.split(' ').collect();
        assert_eq!((parts.len(), parts[0]), (2, wanted));
        assert_ne!(parts[1], wanted);
        for bad in ["", "whsec_", "whsec_!!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            assert_eq!(signature(&[bad], id, at, body), None, "{bad:?} signs nothing");
        }
        assert_eq!(signature(&[], id, at, body), None);
    }

    #[test]
    fn d_17_deliveries_are_tried_for_a_day() {
        let mut total = Duration::ZERO;
        let mut attempts = 1;
        while let Some(pause) = pause_after(attempts) {
            assert!(attempts < 3 || pause >= Duration::from_mins(5));
            total += pause;
            attempts += 1;
        }
        assert!(total > Duration::from_hours(20) && total <= GIVE_UP, "{total:?}");
        assert_eq!((pause_after(0), pause_after(-1), pause_after(99)), (None, None, None));
    }

    #[test]
    fn d_17_what_is_stored_can_be_subscribed_to() {
        let all: Vec<&str> = events().collect();
        assert!(all.contains(&"message.created") && all.contains(&"conversation.closed"));
        assert!(!all.contains(&"typing") && !all.contains(&"hello") && !all.contains(&"counts.updated"));
    }

    #[test]
    fn d_17_inside_addresses_are_known_in_every_dress() {
        for inside in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.127.255.255",
            "198.18.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "203.0.113.5",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2002:c0a8:101::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "3fff::1",
            "4000::1",
        ] {
            assert!(!is_public(inside.parse().unwrap()), "{inside}");
        }
        for outside in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.32.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ] {
            assert!(is_public(outside.parse().unwrap()), "{outside}");
        }
    }
}
