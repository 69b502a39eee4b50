//! Bodies: how large they may be and how long they may take. A slow sender costs a timer, never a worker. And how many files may be open.

use crate::error::{ApiError, bad_body};
use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_LENGTH;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

/// Largest JSON body.
pub const JSON: usize = 1 << 20;
/// Largest callback of a provider.
pub const HOOK: usize = 3 << 20;
/// How long a body may take.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// An upload must go on at this rate, once its first 15 seconds are over.
const UPLOAD_BYTES_PER_SECOND: u64 = 8 << 10;

/// Reads a whole body of at most `limit` bytes. A body that came in one piece is not copied.
pub async fn whole<S>(request: &HttpRequest, payload: &mut S, limit: usize) -> Result<Bytes, ApiError>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    let announced =
        request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(ApiError::too_large(limit));
    }
    let read = tokio::time::timeout(PATIENCE, collect(payload, limit));
    read.await.unwrap_or_else(|_| Err(ApiError::too_slow()))
}

async fn collect<S>(payload: &mut S, limit: usize) -> Result<Bytes, ApiError>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    let Some(first) = payload.next().await else { return Ok(Bytes::new()) };
    let first = first.map_err(|problem| bad_body(&problem))?;
    let Some(second) = payload.next().await else {
        return if first.len() > limit { Err(ApiError::too_large(limit)) } else { Ok(first) };
    };
    let mut all = BytesMut::with_capacity(first.len() * 4);
    all.extend_from_slice(&first);
    let mut next = Some(second);
    while let Some(chunk) = next {
        let chunk = chunk.map_err(|problem| bad_body(&problem))?;
        if all.len() + chunk.len() > limit {
            return Err(ApiError::too_large(limit));
        }
        all.extend_from_slice(&chunk);
        next = payload.next().await;
    }
    Ok(all.freeze())
}

/// A body that must keep up with a pace: all of it within [`PATIENCE`], or for uploads at a rate.
pub struct Paced {
    payload: Payload,
    deadline: Pin<Box<Sleep>>,
    /// Each byte that arrives moves the deadline of an upload on.
    upload: bool,
}

impl Paced {
    pub fn new(payload: Payload, upload: bool) -> Self {
        Self { payload, deadline: Box::pin(sleep_until(Instant::now() + PATIENCE)), upload }
    }
}

impl Stream for Paced {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match Pin::new(&mut self.payload).poll_next(cx) {
            Poll::Ready(Some(Ok(bytes))) => {
                if self.upload {
                    let earned =
                        Duration::from_micros(bytes.len() as u64 * 1_000_000 / UPLOAD_BYTES_PER_SECOND);
                    // Credit is capped: whoever was fast may not go to sleep for hours.
                    let most = Instant::now() + 2 * PATIENCE;
                    let later = (self.deadline.deadline() + earned).min(most);
                    self.deadline.as_mut().reset(later);
                }
                Poll::Ready(Some(Ok(bytes)))
            }
            Poll::Pending if self.deadline.as_mut().poll(cx).is_ready() => {
                let late = Error::new(ErrorKind::TimedOut, "the body did not arrive in time");
                Poll::Ready(Some(Err(PayloadError::Io(late))))
            }
            other => other,
        }
    }
}

/// How many files this process may open: now, and at most.
pub fn descriptors() -> std::io::Result<(u64, u64)> {
    let limit = descriptor_limit()?;
    Ok((limit.rlim_cur, limit.rlim_max))
}

/// Raises the one to the other: every socket is an open file.
pub fn raise_descriptors() -> std::io::Result<()> {
    let mut limit = descriptor_limit()?;
    limit.rlim_cur = limit.rlim_max;
    #[expect(unsafe_code, reason = "the standard library has no limits")]
    // SAFETY: reads a live struct of the type it wants.
    let failed = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) };
    if failed == 0 { Ok(()) } else { Err(Error::last_os_error()) }
}

fn descriptor_limit() -> std::io::Result<libc::rlimit> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    #[expect(unsafe_code, reason = "the standard library has no limits")]
    // SAFETY: writes into a live struct of the type it wants.
    let failed = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) };
    if failed == 0 { Ok(limit) } else { Err(Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use futures_util::stream;

    fn payload(chunks: Vec<&'static [u8]>) -> Payload {
        let chunks = chunks.into_iter().map(|chunk| Ok::<_, PayloadError>(Bytes::from_static(chunk)));
        Payload::Stream { payload: Box::pin(stream::iter(chunks)) }
    }

    #[actix_web::test]
    async fn a_body_is_read_whole_or_refused() {
        let request = TestRequest::default().to_http_request();
        for (chunks, body) in
            [(vec![], &b""[..]), (vec![&b"ab"[..]], b"ab"), (vec![b"ab", b"c", b"d"], b"abcd")]
        {
            assert_eq!(whole(&request, &mut payload(chunks), 4).await.unwrap(), body);
        }
        for chunks in [vec![&b"abcde"[..]], vec![b"abc", b"de"]] {
            assert_eq!(whole(&request, &mut payload(chunks), 4).await.unwrap_err().code, "body_too_large");
        }
        let announced = TestRequest::default().insert_header((CONTENT_LENGTH, 5)).to_http_request();
        assert_eq!(whole(&announced, &mut payload(vec![]), 4).await.unwrap_err().status, 413);
    }

    #[actix_web::test]
    async fn a_sender_that_stalls_is_given_up() {
        tokio::time::pause();
        let stalled = || -> Payload { Payload::Stream { payload: Box::pin(stream::pending()) } };
        let request = TestRequest::default().to_http_request();
        assert_eq!(whole(&request, &mut stalled(), 4).await.unwrap_err().code, "request_timeout");
        let error = Paced::new(stalled(), true).next().await.unwrap().unwrap_err();
        assert_eq!(bad_body(&error).status, 408);
    }
}
