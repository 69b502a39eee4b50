//! [`Connection`]: one kept-alive HTTP/1.1 connection, one request at a time, answers read no further than needed.

use memchr::memmem;
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    head: Head,
    /// The body of a chunked answer, put together.
    joined: Vec<u8>,
}

/// What matters of an answer's head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Head {
    status: u16,
    /// Where the body begins.
    length: usize,
    body: Body,
    closes: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Body {
    #[default]
    None,
    Sized(usize),
    Chunked,
}

/// Longest answer the harness reads.
const MOST: usize = 64 << 20;

impl Connection {
    pub async fn open(to: SocketAddr) -> Result<Self> {
        Ok(Self::over(super::dial(to, 0, None).await?))
    }

    pub fn over(stream: TcpStream) -> Self {
        Self { stream, buffer: Vec::with_capacity(4096), head: Head::default(), joined: Vec::new() }
    }

    /// Sends a whole request and answers the status once the whole answer is there.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<u16> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        self.head = loop {
            self.fill().await?;
            if let Some(head) = head(&self.buffer)? {
                break head;
            }
        };
        match self.head.body {
            Body::None => {}
            Body::Sized(size) => {
                while self.buffer.len() < self.head.length + size {
                    self.fill().await?;
                }
            }
            Body::Chunked => {
                self.joined = loop {
                    if let Some(joined) = join(self.buffer.get(self.head.length..).unwrap_or_default())? {
                        break joined;
                    }
                    self.fill().await?;
                };
            }
        }
        Ok(self.head.status)
    }

    async fn fill(&mut self) -> Result<()> {
        if self.buffer.len() > MOST {
            return Err(Error::new(ErrorKind::InvalidData, "an answer that does not end"));
        }
        self.buffer.reserve(4096);
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// The body of the last answer.
    pub fn body(&self) -> &[u8] {
        match self.head.body {
            Body::None => &[],
            Body::Sized(size) => {
                self.buffer.get(self.head.length..self.head.length + size).unwrap_or_default()
            }
            Body::Chunked => &self.joined,
        }
    }

    /// A header of the last answer; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let head = std::str::from_utf8(self.buffer.get(..self.head.length)?).ok()?;
        head.lines()
            .filter_map(|line| line.split_once(':'))
            .find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value.trim()))
    }

    /// Whether the server will close after the last answer.
    pub fn closes(&self) -> bool {
        self.head.closes
    }

    /// The bare stream, when the protocol changes; with it what was read beyond the head.
    pub fn into_parts(self) -> (TcpStream, Vec<u8>) {
        (self.stream, self.buffer.get(self.head.length..).unwrap_or_default().to_vec())
    }
}

/// Reads a head once it is complete.
fn head(bytes: &[u8]) -> Result<Option<Head>> {
    let Some(end) = memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
    let bad = || Error::new(ErrorKind::InvalidData, "not an HTTP answer");
    let lines = bytes.get(..end).ok_or_else(bad)?;
    let text = std::str::from_utf8(lines).map_err(|_| bad())?;
    let (first, fields) = text.split_once("\r\n").unwrap_or((text, ""));
    let status: u16 = first.get(9..12).and_then(|digits| digits.parse().ok()).ok_or_else(bad)?;
    let mut head = Head { status, length: end + 4, body: Body::None, closes: false };
    for (name, value) in fields.split("\r\n").filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            head.body = Body::Sized(value.parse().map_err(|_| bad())?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            head.body = Body::Chunked;
        } else if name.eq_ignore_ascii_case("connection") {
            head.closes = value.eq_ignore_ascii_case("close");
        }
    }
    if status == 204 || status < 200 {
        head.body = Body::None;
    }
    Ok(Some(head))
}

/// Joins the chunks of a body; `None` until the last one is there.
fn join(mut bytes: &[u8]) -> Result<Option<Vec<u8>>> {
    let bad = || Error::new(ErrorKind::InvalidData, "bad chunk");
    let mut joined = Vec::with_capacity(bytes.len());
    loop {
        let Some(end) = memmem::find(bytes, b"\r\n") else { return Ok(None) };
        let line = std::str::from_utf8(bytes.get(..end).ok_or_else(bad)?).map_err(|_| bad())?;
        let digits = line.split(';').next().unwrap_or(line).trim();
        let size = usize::from_str_radix(digits, 16).map_err(|_| bad())?;
        let rest = bytes.get(end + 2..).ok_or_else(bad)?;
        if rest.len() < size + 2 {
            return Ok(None);
        }
        if size == 0 {
            return Ok(Some(joined));
        }
        joined.extend_from_slice(rest.get(..size).ok_or_else(bad)?);
        bytes = rest.get(size + 2..).ok_or_else(bad)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_when_complete() {
        assert_eq!(head(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n").unwrap(), None);
        let whole =
            head(b"HTTP/1.1 503 Busy\r\ncontent-length: 2\r\nConnection: close\r\n\r\nok").unwrap().unwrap();
        assert_eq!((whole.status, whole.body, whole.closes), (503, Body::Sized(2), true));
        let empty = head(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap().unwrap();
        assert_eq!((empty.status, empty.body), (204, Body::None));
        assert!(head(b"SSH-2.0-x\r\n\r\n").is_err());
    }

    #[test]
    fn chunks_are_joined() {
        assert_eq!(join(b"5\r\nhello\r\n6\r\n world\r\n0\r\n").unwrap(), None);
        assert_eq!(join(b"5\r\nhello\r\n6;x=1\r\n world\r\n0\r\n\r\n").unwrap().unwrap(), b"hello world");
        assert!(join(b"zz\r\n\r\n").is_err());
    }
}
