//! [`Marker`]: the words at the start of every text the harness sends, by which a message is recognised wherever it turns up.
//!
//! `LT5f3a-I-0000000042-000017-0000003`: run, kind, number of the message in the run, sender, the sender's how-manieth.

use std::fmt;

/// Who sent a message, and by which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A customer, through a provider's callback.
    Inbound,
    /// An agent.
    Reply,
    /// A webchat visitor.
    Visitor,
}

impl Kind {
    const ALL: [(Self, u8); 3] = [(Self::Inbound, b'I'), (Self::Reply, b'R'), (Self::Visitor, b'V')];

    pub fn letter(self) -> char {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or('?', |(_, letter)| char::from(*letter))
    }

    fn of(letter: u8) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == letter).map(|(kind, _)| *kind)
    }
}

/// Identifies one message of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Marker {
    pub run: u16,
    pub kind: Kind,
    /// Unique in the run.
    pub number: u32,
    pub sender: u32,
    /// 1, 2, 3 … per kind and sender.
    pub nth: u32,
}

/// What every marker starts with.
pub const PREFIX: &[u8] = b"LT";

/// Length in characters.
pub const LENGTH: usize = 34;

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { run, kind, number, sender, nth } = self;
        write!(f, "LT{run:04x}-{}-{number:010}-{sender:06}-{nth:07}", kind.letter())
    }
}

impl Marker {
    /// The marker at the start of `text`.
    pub fn read(text: &[u8]) -> Option<Self> {
        let text = text.get(..LENGTH)?;
        let rest = text.strip_prefix(PREFIX)?;
        let run = u16::from_str_radix(std::str::from_utf8(rest.get(..4)?).ok()?, 16).ok()?;
        let kind = Kind::of(*rest.get(5)?)?;
        let number = decimal(rest.get(7..17)?)?;
        let sender = decimal(rest.get(18..24)?)?;
        let nth = decimal(rest.get(25..32)?)?;
        let dashes = [4, 6, 17, 24].into_iter().all(|at| rest.get(at) == Some(&b'-'));
        dashes.then_some(Self { run, kind, number, sender, nth })
    }

    /// A text of `length` characters that starts with this marker and does not end in a blank, which channels may cut off.
    pub fn text(&self, length: usize) -> String {
        const WORDS: &str = " Hello, I ordered last Tuesday and the parcel has still not arrived. Could you please look up where it is \
            and tell me when I can expect it? My order number is in the mail I sent. Thank you very much, Jo.";
        let mut text = self.to_string();
        text.extend(WORDS.chars().cycle().take(length.saturating_sub(LENGTH)));
        if text.ends_with(' ') {
            text.pop();
            text.push('.');
        }
        text
    }
}

fn decimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |sum, digit| {
        let digit = u32::from(digit.checked_sub(b'0')?);
        if digit > 9 { None } else { sum.checked_mul(10)?.checked_add(digit) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_comes_back_as_it_went() {
        let marker = Marker { run: 0x5f3a, kind: Kind::Inbound, number: 42, sender: 17, nth: 3 };
        let text = marker.text(200);
        assert_eq!(text.len(), 200);
        assert!(text.starts_with("LT5f3a-I-0000000042-000017-0000003 Hello"), "{text}");
        assert_eq!(LENGTH, marker.to_string().len());
        assert_eq!(Marker::read(text.as_bytes()), Some(marker));
    }

    #[test]
    fn other_texts_have_none() {
        for text in
            ["", "LT", "Hello", "LT5f3a-X-0000000042-000017-0000003 ", "LT5f3a-I-00000000x2-000017-0000003 "]
        {
            assert_eq!(Marker::read(text.as_bytes()), None, "{text}");
        }
    }
}
