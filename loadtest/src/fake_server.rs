//! A server of fifty lines for the tests of the clients: takes callbacks, numbers them, tells its sockets, and misbehaves on request.

use crate::client::http::Connection;
use crate::client::socket::Socket;
use crate::marker::Marker;
use memchr::memmem;
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::spawn_local;

/// What happened so far and what is to go wrong.
#[derive(Default)]
pub(crate) struct World {
    /// One conversation for all.
    frames: RefCell<Vec<String>>,
    seen: RefCell<Vec<u32>>,
    /// So many callbacks are stored and then not answered.
    pub(crate) swallow: Cell<u32>,
    /// So many callbacks are answered 503.
    pub(crate) busy: Cell<u32>,
    newest: watch::Sender<usize>,
    /// Increase it to cut every socket.
    pub(crate) cut: watch::Sender<u32>,
}

/// Starts it on a free port, inside a `LocalSet`.
pub(crate) async fn start() -> (SocketAddr, Rc<World>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let world = Rc::new(World::default());
    let shared = world.clone();
    spawn_local(async move {
        while let Ok((stream, _)) = listener.accept().await {
            spawn_local(serve(stream, shared.clone()));
        }
    });
    (address, world)
}

async fn serve(mut stream: TcpStream, world: Rc<World>) {
    let mut bytes = Vec::new();
    loop {
        let whole = memmem::find(&bytes, b"\r\n\r\n").is_some_and(|head| {
            let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
            let length = text.lines().find_map(|line| line.strip_prefix("Content-Length: "));
            bytes.len() >= head + 4 + length.map_or(0, |length| length.parse::<usize>().unwrap())
        });
        if !whole {
            if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                return;
            }
            continue;
        }
        if bytes.starts_with(b"GET /ws/") {
            return listen(stream, world).await;
        }
        let Some(answer) = callback(&bytes, &world) else { return };
        bytes.clear();
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn callback(request: &[u8], world: &World) -> Option<String> {
    if world.busy.get() > 0 {
        world.busy.set(world.busy.get() - 1);
        return Some("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n".to_owned());
    }
    let at = memmem::find(request, b"\"body\":\"").unwrap() + 8;
    let marker = Marker::read(&request[at..]).unwrap();
    if !world.seen.borrow().contains(&marker.number) {
        world.seen.borrow_mut().push(marker.number);
        let mut frames = world.frames.borrow_mut();
        let seq = frames.len() + 1;
        frames.push(format!(
            r#"{{"t":"message.created","conversation_id":"72","seq":{seq},"d":{{"message":{{"id":"{seq}","text":"{}"}}}},"cursor":"e.{seq}"}}"#,
            marker.text(60)
        ));
        world.newest.send_replace(frames.len());
    }
    if world.swallow.get() > 0 {
        world.swallow.set(world.swallow.get() - 1);
        return None;
    }
    Some("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned())
}

async fn listen(mut stream: TcpStream, world: Rc<World>) {
    let accept = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    let head = format!("HTTP/1.1 101 Switching\r\n{accept}\r\nConnection: Upgrade\r\n\r\n");
    let mut sent = world.frames.borrow().len();
    let hello = format!(r#"{{"t":"hello","d":{{"cursor":"e.{sent}"}}}}"#);
    stream.write_all(&[head.as_bytes(), &frame(&hello)].concat()).await.unwrap();
    let mut first = [0; 512];
    let length = stream.read(&mut first).await.unwrap();
    let said: Vec<u8> =
        first[6..length].iter().zip([0x37, 0xFA, 0x21, 0x3D].iter().cycle()).map(|(b, m)| b ^ m).collect();
    if let Some(at) = memmem::find(&said, b"\"cursor\":\"e.") {
        let digits: String =
            said[at + 12..].iter().take_while(|b| b.is_ascii_digit()).map(|b| char::from(*b)).collect();
        let missed: Vec<u8> =
            world.frames.borrow()[digits.parse().unwrap()..sent].iter().flat_map(|f| frame(f)).collect();
        let resumed = frame(&format!(r#"{{"t":"resumed","req":"r","d":{{"cursor":"e.{sent}"}}}}"#));
        stream.write_all(&[missed, resumed].concat()).await.unwrap();
    }
    let (mut newest, mut cut) = (world.newest.subscribe(), world.cut.subscribe());
    loop {
        let more: Vec<u8> = world.frames.borrow()[sent..].iter().flat_map(|text| frame(text)).collect();
        sent = world.frames.borrow().len();
        if stream.write_all(&more).await.is_err() {
            return;
        }
        tokio::select! {
            _ = cut.changed() => return,
            changed = newest.changed() => if changed.is_err() { return },
        }
    }
}

fn frame(text: &str) -> Vec<u8> {
    let length = (text.len() as u16).to_be_bytes();
    let header =
        if text.len() < 126 { vec![0x81, text.len() as u8] } else { vec![0x81, 126, length[0], length[1]] };
    [&header[..], text.as_bytes()].concat()
}

mod tests {
    use super::*;
    use crate::agents::{Agent, all_ready};
    use crate::client::socket::Door;
    use crate::hook::Hook;
    use crate::journal::{Client, Line, Record};
    use crate::options::Rate;
    use crate::providers::{Load, Providers};
    use crate::run::{Phase, Run};
    use std::time::Duration;
    use tokio::task::LocalSet;

    fn door(to: SocketAddr) -> Door {
        let (path, origin) = ("/ws/agent".to_owned(), format!("http://{to}"));
        Door { to, path, origin, cookie: None, source: 0, receive_buffer: None }
    }

    /// Runs callbacks against the fake until `enough` are acknowledged; `disturb` happens half way.
    async fn load(rate: Rate, prepare: fn(&World), disturb: fn(&World)) -> (Record, u64, u64) {
        let folder = tempfile::tempdir().unwrap();
        let run = Rc::new(Run::new(3, folder.path()).unwrap());
        let (to, world) = start().await;
        prepare(&world);
        let shake = watch::Sender::new(0);
        let agents = vec![Agent::start(&run, door(to), &shake)];
        assert!(all_ready(&agents, Duration::from_secs(5)).await);
        run.measure();
        let hook = Hook::new("h", "1", "secret", "99").unwrap();
        let providers = Providers::start(&run, &Load { hook, to, connections: 4, senders: 10, rate });
        let acked = |count: u64| {
            let run = run.clone();
            async move {
                while run.tally.borrow().acked < count {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            }
        };
        acked(50).await;
        disturb(&world);
        acked(150).await;
        run.enter(Phase::Draining);
        providers.finish().await;
        while !run.all_heard(&[agents[0].index]) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        run.enter(Phase::Over);
        for agent in agents {
            agent.finish().await;
        }
        let tally = (run.tally.borrow().repeats, run.tally.borrow().socket.len());
        (run.finish().unwrap(), tally.0, tally.1)
    }

    fn entries(record: &Record) -> Vec<(i64, u32)> {
        let (client, lines) = &record.streams[0];
        assert_eq!(*client, Client::Agent);
        let entry = |line: &Line| match line {
            Line::Received(entry) => Some((entry.seq, entry.marker.unwrap().number)),
            _ => None,
        };
        lines.iter().filter_map(entry).collect()
    }

    #[tokio::test]
    async fn a_closed_loop_sends_journals_and_hears() {
        let (record, repeats, measured) = LocalSet::new().run_until(load(Rate::Max, |_| (), |_| ())).await;
        assert_eq!(repeats, 0);
        assert_eq!(record.intents.len(), record.acked.len());
        let heard = entries(&record);
        assert_eq!(heard.len(), record.acked.len());
        assert_eq!(measured, heard.len() as u64);
        assert!(heard.iter().zip(1..).all(|((seq, _), at)| *seq == at));
    }

    #[tokio::test]
    async fn an_open_loop_keeps_its_rate_and_repeats_what_was_not_acknowledged() {
        let trouble = |world: &World| {
            world.busy.set(3);
            world.swallow.set(5);
        };
        let (record, repeats, _) =
            LocalSet::new().run_until(load(Rate::Fixed(1000.0), trouble, |_| ())).await;
        assert_eq!(repeats, 8);
        assert_eq!(entries(&record).len(), record.acked.len());
    }

    #[tokio::test]
    async fn an_agent_who_is_cut_comes_back_and_misses_nothing() {
        let cut = |world: &World| world.cut.send_modify(|count| *count += 1);
        let (record, _, _) = LocalSet::new().run_until(load(Rate::Fixed(2000.0), |_| (), cut)).await;
        let lines = &record.streams[0].1;
        assert!(lines.contains(&Line::Resumed), "{lines:?}");
        let heard = entries(&record);
        assert!(heard.iter().zip(1..).all(|((seq, _), at)| *seq == at), "{heard:?}");
    }

    #[tokio::test]
    async fn a_refused_handshake_says_why() {
        let talk = async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let to = listener.local_addr().unwrap();
            spawn_local(async move {
                let (mut stream, _) = listener.accept().await.unwrap();
                let refusal = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nwho?";
                stream.write_all(refusal).await.unwrap();
                let _ = stream.read(&mut [0; 1024]).await;
            });
            let error = Socket::open(&door(to)).await.err().unwrap();
            assert!(error.to_string().contains("401 who?"), "{error}");
            assert!(Connection::open("127.0.0.1:9".parse().unwrap()).await.is_err());
        };
        LocalSet::new().run_until(talk).await;
    }
}
