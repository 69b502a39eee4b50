//! [`Socket`]: a raw websocket client. Pings are answered, close codes are told, frames of text are handed out where they lie.

use super::http::Connection;
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::ops::Range;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Where and as whom a socket connects.
#[derive(Clone, Debug)]
pub struct Door {
    pub to: SocketAddr,
    /// "/ws/agent"
    pub path: String,
    pub origin: String,
    /// `name=value`, for agents.
    pub cookie: Option<String>,
    /// Which loopback address to come from: 127.0.0.n, 0 lets the kernel choose.
    pub source: u8,
    /// Size of the kernel's receive buffer, for clients that do not read.
    pub receive_buffer: Option<u32>,
}

pub struct Socket {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Where the next frame begins.
    at: usize,
}

/// One frame, its payload as a place in the buffer (see [`Socket::payload`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    Text(Range<usize>),
    Ping(Range<usize>),
    Pong,
    /// The code, 1005 when there was none.
    Close(u16),
}

const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;
const PONG: u8 = 0xA;
/// The example of RFC 6455, whose answer is known.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
/// Any key will do: masks protect proxies, not us.
const MASK: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];
/// Longest frame the server may send.
const MOST: u64 = 16 << 20;

impl Socket {
    pub async fn open(door: &Door) -> Result<Self> {
        let stream = super::dial(door.to, door.source, door.receive_buffer).await?;
        let mut connection = Connection::over(stream);
        let cookie = door.cookie.as_ref().map(|cookie| format!("Cookie: {cookie}\r\n")).unwrap_or_default();
        let Door { path, origin, to, .. } = door;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {to}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: {origin}\r\n\
             Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n{cookie}\r\n"
        );
        let status = connection.exchange(request.as_bytes()).await?;
        if status != 101 || connection.header("sec-websocket-accept") != Some(ACCEPT) {
            let body = String::from_utf8_lossy(connection.body()).into_owned();
            return Err(Error::other(format!("{path} answered {status} {body}")));
        }
        let (stream, buffer) = connection.into_parts();
        Ok(Self { stream, buffer, at: 0 })
    }

    /// Waits for more bytes. Safe to drop at any await.
    pub async fn fill(&mut self) -> Result<()> {
        if self.at == self.buffer.len() {
            self.buffer.clear();
            self.at = 0;
        } else if self.at > self.buffer.len() / 2 {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
        if self.buffer.capacity() - self.buffer.len() < 1024 {
            self.buffer.reserve((self.buffer.len() * 2).clamp(2048, 128 << 10));
        }
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// The next complete frame; `None` when more bytes are needed.
    pub fn take(&mut self) -> Result<Option<Frame>> {
        let Some((opcode, payload)) = parse(self.buffer.get(self.at..).unwrap_or_default())? else {
            return Ok(None);
        };
        let payload = self.at + payload.start..self.at + payload.end;
        self.at = payload.end;
        Ok(Some(match opcode {
            0x1 => Frame::Text(payload),
            0x8 => Frame::Close(
                self.payload(&payload).first_chunk().map_or(1005, |code| u16::from_be_bytes(*code)),
            ),
            0x9 => Frame::Ping(payload),
            0xA => Frame::Pong,
            other => return Err(Error::other(format!("opcode {other}"))),
        }))
    }

    pub fn payload(&self, at: &Range<usize>) -> &[u8] {
        self.buffer.get(at.clone()).unwrap_or_default()
    }

    /// Waits for the next text frame and answers it whole; for the talk before the stream.
    pub async fn text(&mut self) -> Result<String> {
        loop {
            match self.take()? {
                Some(Frame::Text(at)) => return Ok(String::from_utf8_lossy(self.payload(&at)).into_owned()),
                Some(Frame::Ping(at)) => self.pong(&at).await?,
                Some(Frame::Pong) => {}
                Some(Frame::Close(code)) => return Err(Error::other(format!("closed with {code}"))),
                None => self.fill().await?,
            }
        }
    }

    pub async fn say(&mut self, text: &str) -> Result<()> {
        self.stream.write_all(&masked(TEXT, text.as_bytes())).await
    }

    pub async fn pong(&mut self, of: &Range<usize>) -> Result<()> {
        let frame = masked(PONG, self.payload(of));
        self.stream.write_all(&frame).await
    }

    /// Says goodbye; errors do not matter any more.
    pub async fn close(mut self) {
        let _ = self.stream.write_all(&masked(CLOSE, &1000_u16.to_be_bytes())).await;
        let _ = self.stream.shutdown().await;
    }
}

/// Opcode and place of the payload of the first frame, when complete.
fn parse(bytes: &[u8]) -> Result<Option<(u8, Range<usize>)>> {
    let [first, second, rest @ ..] = bytes else { return Ok(None) };
    if first & 0x70 != 0 || first & 0x80 == 0 || second & 0x80 != 0 {
        return Err(Error::other(
            "a frame the server must not send: fragmented, masked or with reserved bits",
        ));
    }
    let (length, header) = match second & 0x7F {
        126 => match rest.first_chunk() {
            Some(length) => (u64::from(u16::from_be_bytes(*length)), 4),
            None => return Ok(None),
        },
        127 => match rest.first_chunk() {
            Some(length) => (u64::from_be_bytes(*length), 10),
            None => return Ok(None),
        },
        short => (u64::from(short), 2),
    };
    if length > MOST {
        return Err(Error::other("a frame of more than 16 MiB"));
    }
    let end = header + length as usize;
    Ok((bytes.len() >= end).then_some((first & 0x0F, header..end)))
}

fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(payload.len() + 14);
    frame.push(0x80 | opcode);
    match payload.len() {
        length @ 0..=125 => frame.push(0x80 | length as u8),
        length @ 126..=65_535 => {
            frame.push(0x80 | 0x7E);
            frame.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 0x7F);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_length_are_found() {
        assert_eq!(parse(&[0x81]).unwrap(), None);
        assert_eq!(parse(&[0x81, 2, b'h', b'i', 0x81]).unwrap(), Some((1, 2..4)));
        assert_eq!(parse(&[0x81, 126, 0]).unwrap(), None);
        let long = [&[0x81, 126, 1, 0][..], &[b'x'; 256]].concat();
        assert_eq!(parse(&long).unwrap(), Some((1, 4..260)));
        let longest = [&[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0][..], &vec![b'x'; 65_536]].concat();
        assert_eq!(parse(&longest).unwrap(), Some((1, 10..65_546)));
        for bad in [[0x01, 0], [0xC1, 0], [0x81, 0x80]] {
            assert!(parse(&bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_is_said_is_masked() {
        let frame = masked(TEXT, b"hi");
        assert_eq!(frame[..2], [0x81, 0x82]);
        assert_eq!([frame[6] ^ MASK[0], frame[7] ^ MASK[1]], *b"hi");
        assert_eq!(masked(TEXT, &[0; 126])[..4], [0x81, 0xFE, 0, 126]);
        assert_eq!(masked(TEXT, &vec![0; 65_536])[..2], [0x81, 0xFF]);
    }
}
