//! The bytes of a websocket: a response body that drains an [`Out`], and a stream that turns frames into [`Incoming`].
//!
//! The body is ours because a session must not freeze with a client that stops reading, and because frames are shared between sockets.

use actix_codec::Decoder;
use actix_http::ws::{Codec, Frame, Item, ProtocolError};
use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{Extensions, Payload};
use actix_web::http::StatusCode;
use actix_web::rt::net::TcpStream;
use actix_web::{HttpRequest, HttpResponse, web};
use actix_web_actors::ws;
use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use std::any::Any;
use std::convert::Infallible;
use std::net::Shutdown;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use switchboard_actors::fanout::{CloseCode, Out, pong_frame};
use switchboard_actors::socket::Incoming;

use crate::error::ApiError;
use crate::site::{Busy, Site};

const MAX_FRAME: usize = 64 << 10;
/// Of a message in several frames.
const MAX_MESSAGE: usize = 256 << 10;
/// A peer that acknowledges nothing for this long is gone.
const USER_TIMEOUT: Duration = Duration::from_secs(15);

/// The connection under a request.
#[derive(Clone, Copy)]
pub struct Connection(RawFd);

impl Connection {
    /// For `HttpServer::on_connect`.
    pub fn remember(stream: &dyn Any, extensions: &mut Extensions) {
        if let Some(stream) = stream.downcast_ref::<TcpStream>() {
            if let Err(error) = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(USER_TIMEOUT)) {
                tracing::debug!(%error, "TCP_USER_TIMEOUT cannot be set");
            }
            extensions.insert(Self(stream.as_raw_fd()));
        }
    }

    /// Ends the connection at once, even in the middle of a write. Only while the response's body lives.
    fn cut(self) {
        #[expect(
            unsafe_code,
            reason = "a borrowed descriptor is the only way to shut a connection down that actix owns"
        )]
        // SAFETY: called through `Out` only, which forgets this closure in `gone()`, when the body is dropped. The body and the
        // connection belong to one dispatcher on this very thread, and the dispatcher drops both together: while the closure can be
        // called the descriptor is open and is this connection's.
        let socket = unsafe { BorrowedFd::borrow_raw(self.0) };
        // An error means that it is over already.
        let _ = socket2::SockRef::from(&socket).shutdown(Shutdown::Both);
    }
}

/// Answers a handshake: what is pushed into the [`Out`] goes to the peer, what the peer sends comes out of the [`Inbound`].
pub(super) fn accept(
    site: &web::Data<Site>,
    request: &HttpRequest,
    payload: Payload,
) -> Result<(HttpResponse, Out, Inbound), ApiError> {
    let mut response = ws::handshake(request).map_err(|refused| {
        ApiError::new(
            StatusCode::BAD_REQUEST,
            "websocket_expected",
            format!("This address is a websocket: {refused}."),
        )
    })?;
    let kill = request.conn_data::<Connection>().copied().map(|connection| {
        let kill: Box<dyn Fn()> = Box::new(move || connection.cut());
        kill
    });
    let out = Out::new(kill);
    let inbound = Inbound::new(payload, out.clone());
    let body = Body { out: out.clone(), _busy: Busy::with(site) };
    Ok((response.body(body), out, inbound))
}

/// The way out, as a response body.
struct Body {
    out: Out,
    _busy: Busy,
}

impl MessageBody for Body {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        self.out.poll_chunk(cx).map(|chunk| chunk.map(Ok))
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.out.gone();
    }
}

/// The way in: frames joined to messages; pings answered; everything against the protocol ends the socket with its code.
pub(super) struct Inbound {
    payload: Payload,
    codec: Codec,
    buffer: BytesMut,
    /// A message whose last frame has not come yet.
    message: Option<BytesMut>,
    out: Out,
    over: bool,
}

impl Inbound {
    fn new(payload: Payload, out: Out) -> Self {
        let codec = Codec::new().max_size(MAX_FRAME);
        Self { payload, codec, buffer: BytesMut::new(), message: None, out, over: false }
    }

    /// The body must end too: it would otherwise wait for frames for ever, with the connection half open.
    fn end(&mut self, code: CloseCode) -> Poll<Option<Incoming>> {
        self.over = true;
        self.out.close(code);
        Poll::Ready(Some(Incoming::Over))
    }

    /// What a frame means; `Pending` when it means nothing yet.
    fn take(&mut self, frame: Frame) -> Poll<Option<Incoming>> {
        match frame {
            Frame::Text(text) => self.text(&text),
            Frame::Ping(payload) => {
                self.out.push(pong_frame(&payload));
                Poll::Pending
            }
            Frame::Pong(_) => Poll::Pending,
            Frame::Close(_) => self.end(CloseCode::Bye),
            Frame::Binary(_) | Frame::Continuation(Item::FirstBinary(_)) => self.end(CloseCode::NotAllowed),
            Frame::Continuation(Item::FirstText(part)) => {
                self.message = Some(BytesMut::new());
                self.join(&part)
            }
            Frame::Continuation(Item::Continue(part)) => self.join(&part),
            Frame::Continuation(Item::Last(part)) => {
                let joined = self.join(&part);
                match self.message.take() {
                    Some(message) if joined.is_pending() => self.text(&message),
                    _ => joined,
                }
            }
        }
    }

    fn join(&mut self, part: &[u8]) -> Poll<Option<Incoming>> {
        let message = self.message.get_or_insert_with(BytesMut::new);
        if message.len() + part.len() > MAX_MESSAGE {
            return self.end(CloseCode::TooBig);
        }
        message.extend_from_slice(part);
        Poll::Pending
    }

    fn text(&mut self, bytes: &[u8]) -> Poll<Option<Incoming>> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Poll::Ready(Some(Incoming::Text(text.to_owned()))),
            Err(_) => self.end(CloseCode::BadText),
        }
    }
}

impl Stream for Inbound {
    type Item = Incoming;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Incoming>> {
        let this = &mut *self;
        while !this.over {
            match this.codec.decode(&mut this.buffer) {
                Ok(Some(frame)) => {
                    let taken = this.take(frame);
                    if taken.is_ready() {
                        return taken;
                    }
                    continue;
                }
                Ok(None) => {}
                Err(ProtocolError::Overflow) => return this.end(CloseCode::TooBig),
                Err(_) => return this.end(CloseCode::Protocol),
            }
            if this.buffer.is_empty() {
                // An idle socket holds no buffer.
                this.buffer = BytesMut::new();
            }
            match Pin::new(&mut this.payload).poll_next(cx) {
                Poll::Ready(Some(Ok(bytes))) => this.buffer.extend_from_slice(&bytes),
                Poll::Ready(_) => return this.end(CloseCode::Bye),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::error::PayloadError;
    use futures_util::{StreamExt, stream};
    use std::task::Waker;

    /// A frame as a browser sends it: masked, here with zeros.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![first];
        match payload.len() {
            n @ 0..=125 => bytes.push(0x80 | n as u8),
            n => {
                bytes.push(0x80 | 127);
                bytes.extend((n as u64).to_be_bytes());
            }
        }
        bytes.extend([0; 4]);
        bytes.extend(payload);
        bytes
    }

    /// What comes in, and the bytes that go out, when `input` arrives in pieces of `size`.
    async fn run(input: &[u8], size: usize) -> (Vec<String>, Vec<u8>) {
        let chunks: Vec<_> =
            input.chunks(size).map(|chunk| Ok::<_, PayloadError>(Bytes::copy_from_slice(chunk))).collect();
        let out = Out::new(None);
        let payload: Payload = Payload::Stream { payload: Box::pin(stream::iter(chunks)) };
        let incoming: Vec<Incoming> = Inbound::new(payload, out.clone()).collect().await;
        let texts = incoming.into_iter().map(|one| match one {
            Incoming::Text(text) => text,
            Incoming::Over => "(over)".to_owned(),
        });
        let texts = texts.collect();
        let mut sent = Vec::new();
        while let Poll::Ready(Some(bytes)) = out.poll_chunk(&Context::from_waker(Waker::noop())) {
            sent.extend_from_slice(&bytes);
        }
        (texts, sent)
    }

    fn code(sent: &[u8]) -> u16 {
        u16::from_be_bytes([sent[2], sent[3]])
    }

    #[actix_web::test]
    async fn messages_arrive_whole_however_they_were_cut() {
        let input = [
            frame(0x81, b"one"),
            frame(0x01, b"t"),
            frame(0x89, b"are you there"),
            frame(0x00, b"w"),
            frame(0x80, "ö".as_bytes()),
            frame(0x88, &[0x03, 0xe8]),
        ]
        .concat();
        for size in [1, 3, 1000] {
            let (texts, sent) = run(&input, size).await;
            assert_eq!(texts, ["one", "twö", "(over)"]);
            assert!(sent.starts_with(b"\x8a\x0dare you there\x88"));
        }
    }

    #[actix_web::test]
    async fn whatever_is_against_the_protocol_ends_with_its_code() {
        let part = frame(0x00, &vec![b'x'; 60_000]);
        let long =
            [frame(0x01, &vec![b'x'; 60_000]), part.clone(), part.clone(), part.clone(), part].concat();
        let cases = [
            (frame(0x81, &[0xff, 0xfe]), 1007),
            (frame(0x81, &vec![b'x'; 70_000]), 1009),
            (long, 1009),
            (frame(0x82, b"binary"), 1008),
            (frame(0x80, b"no beginning"), 1002),
            (vec![0x81, 0x01, b'x'], 1002),
            (frame(0x83, b"reserved"), 1002),
        ];
        for (input, wanted) in cases {
            let (texts, sent) = run(&input, 4096).await;
            assert_eq!(texts, ["(over)"]);
            assert_eq!(code(&sent), wanted);
        }
    }

    #[actix_web::test]
    async fn a_peer_that_leaves_leaves_no_body_behind() {
        let (texts, sent) = run(b"", 1).await;
        assert_eq!((texts, code(&sent)), (vec!["(over)".to_owned()], 1000));
    }
}
