//! The server as a whole, where no user is needed: what it leaves behind, what it answers before set-up.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that fails says where")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};
use switchboard_web::{Config, Running, start};
use tokio::runtime::{Builder, Runtime};

fn database() -> Runtime {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn config(folder: &Path, database: &Runtime) -> Config {
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        database_url: format!("sqlite://{}", folder.join("switchboard.db").display()),
        data_dir: folder.to_path_buf(),
        public_url: None,
        webhooks_inside: true,
        demo: false,
        workers: Some(1),
        trusted_proxies: switchboard_web::proxies::Proxies::default(),
        limits: switchboard_web::config::Limits::default(),
        mail: switchboard_actors::mailer::MailSettings::default(),
        secret_key: [7; 32],
        previous_key: None,
        database_runtime: database.handle().clone(),
        allow_unsafe_durability: false,
    }
}

/// Runs a test against a fresh server, and ends the server.
fn with_server<F: Future<Output = ()>>(
    test: impl FnOnce(std::net::SocketAddr, actix_web::web::Data<switchboard_web::site::Site>) -> F,
) {
    let (folder, database) = (tempfile::tempdir().unwrap(), database());
    actix_web::rt::System::new().block_on(async {
        let running: Running = start(config(folder.path(), &database)).await.unwrap();
        test(running.addr, running.site.clone()).await;
        running.stop().await;
    });
    database.shutdown_timeout(Duration::from_secs(1));
}

/// Sends `request` as it is and answers what came back until the server closed or `needle` was seen.
async fn talk(addr: std::net::SocketAddr, request: String, needle: &'static str) -> (TcpStream, String) {
    let talk = move || {
        let mut stream = TcpStream::connect(addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let mut buffer = [0; 4096];
        while !String::from_utf8_lossy(&answer).contains(needle) {
            match stream.read(&mut buffer) {
                Ok(0) | Err(_) => break,
                Ok(read) => answer.extend_from_slice(&buffer[..read]),
            }
        }
        (stream, String::from_utf8_lossy(&answer).into_owned())
    };
    tokio::task::spawn_blocking(talk).await.unwrap()
}

fn handshake(path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://127.0.0.1\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

#[test]
fn a_socket_whose_peer_leaves_without_a_word_is_let_go() {
    with_server(|addr, site| async move {
        let (stream, answer) = talk(addr, handshake("/ws/visitor"), "\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
        assert!(!site.is_idle());
        drop(stream);
        let deadline = Instant::now() + Duration::from_secs(5);
        while !site.is_idle() {
            assert!(Instant::now() < deadline, "the connection is still held");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
}

#[test]
fn before_set_up_there_is_a_token_and_nobody_gets_in() {
    with_server(|addr, site| async move {
        assert!(site.setup.is_open());
        let (_, needed) = talk(addr, "GET /api/v1/setup HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), "}").await;
        assert!(needed.contains(r#"{"needed":true,"demo":false}"#), "{needed}");
        let (_, refused) = talk(addr, handshake("/ws/agent"), "}}").await;
        assert!(refused.starts_with("HTTP/1.1 401") && refused.contains("not_signed_in"), "{refused}");
    });
}

#[test]
fn every_answer_is_dressed() {
    with_server(|addr, _| async move {
        for path in ["/api/v1/setup", "/api/v1/nothing", "/health/live", "/"] {
            let (_, answer) =
                talk(addr, format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "\0")
                    .await;
            let head = answer.split("\r\n\r\n").next().unwrap().to_lowercase();
            for wanted in [
                "x-content-type-options: nosniff",
                "referrer-policy: no-referrer",
                "content-security-policy: ",
                "x-request-id: ",
            ] {
                assert!(head.contains(wanted), "{path} lacks {wanted}: {head}");
            }
            assert!(!head.contains("\r\nserver:"), "{head}");
        }
    });
}
