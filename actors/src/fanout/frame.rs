//! Server-to-client websocket frames, built once: unmasked, so the same bytes serve every socket.

use super::cursor::{Cursor, DIGITS, Epoch};
use super::out::CloseCode;
use bytes::{BufMut, Bytes, BytesMut};

const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

fn frame(opcode: u8, payload: &[u8]) -> BytesMut {
    let mut bytes = BytesMut::with_capacity(payload.len() + 10);
    bytes.put_u8(0x80 | opcode);
    match payload.len() {
        n @ 0..=125 => bytes.put_u8(n as u8),
        n @ 126..=65_535 => {
            bytes.put_u8(126);
            bytes.put_u16(n as u16);
        }
        n => {
            bytes.put_u8(127);
            bytes.put_u64(n as u64);
        }
    }
    bytes.put_slice(payload);
    bytes
}

pub fn text_frame(payload: &[u8]) -> Bytes {
    frame(TEXT, payload).freeze()
}

pub fn ping_frame() -> Bytes {
    frame(PING, b"").freeze()
}

/// Echoes a ping's payload (at most 125 bytes by protocol).
pub fn pong_frame(payload: &[u8]) -> Bytes {
    frame(PONG, payload.get(..125).unwrap_or(payload)).freeze()
}

pub fn close_frame(code: CloseCode) -> Bytes {
    let mut payload = BytesMut::with_capacity(32);
    payload.put_u16(code as u16);
    payload.put_slice(code.reason().as_bytes());
    frame(CLOSE, &payload).freeze()
}

/// A text frame that still lacks its position: built by the conversation before the commit, stamped by the journal after it.
#[derive(Debug)]
pub struct Frame(BytesMut);

impl Frame {
    /// `entry` is a JSON object; its cursor is appended.
    pub fn unstamped(entry: &str, epoch: &Epoch) -> Self {
        let json = switchboard_engine::wire::with_cursor(entry, &Cursor::new(epoch, 0).to_string());
        Self(frame(TEXT, json.as_bytes()))
    }

    /// Writes the position into its place, 2 bytes (`"}`) before the end.
    pub fn stamp(mut self, position: i64) -> Bytes {
        let digits = format!("{position:0DIGITS$}");
        let end = self.0.len().saturating_sub(2);
        if let Some(place) = self.0.get_mut(end.saturating_sub(DIGITS)..end) {
            place.copy_from_slice(digits.as_bytes());
        }
        self.0.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamped_frame_carries_its_cursor() {
        let bytes = Frame::unstamped(r#"{"t":"x","seq":1}"#, &Epoch::new("e")).stamp(77);
        assert_eq!(&bytes[2..], br#"{"t":"x","seq":1,"cursor":"e.0000000000000000077"}"#);
        assert_eq!(bytes[0], 0x81);
        assert_eq!(usize::from(bytes[1]), bytes.len() - 2);
    }

    #[test]
    fn lengths_are_written_in_the_shortest_form() {
        assert_eq!(text_frame(&[b'x'; 125])[1], 125);
        assert_eq!(text_frame(&[b'x'; 126])[..4], [0x81, 126, 0, 126]);
        assert_eq!(text_frame(&vec![b'x'; 65_536])[..10], [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }
}
