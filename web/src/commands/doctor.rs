//! `switchboard doctor`: whether this machine and these settings can keep the promises, one line each.

use super::{SERVER, open};
use crate::config::{Config, is_local};
use crate::console::say;
use crate::demo::facts;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use switchboard_actors::clock::Clock;
use switchboard_schema::StoreError;

/// Below this, `ulimit -n` limits sockets before memory does.
const DESCRIPTORS: u64 = 8_192;
/// A flush slower than this makes every message slow.
const SLOW_FLUSH: Duration = Duration::from_millis(20);

enum Finding {
    Good(String),
    Warning(String),
    Bad(String),
}

pub(super) async fn run(config: &Config) -> ExitCode {
    let url = config.public_url_at(config.listen);
    let findings = [
        (
            "settings",
            Finding::Good(format!("listen {}, data in {}", config.listen, config.data_dir.display())),
        ),
        ("public URL", public_url(config, &url)),
        ("secret key", Finding::Good("present".to_owned())),
        ("database", database(config).await),
        ("disk", disk(&config.data_dir)),
        ("descriptors", descriptors()),
        ("front-end", front_end()),
    ];
    let mut healthy = true;
    for (check, finding) in &findings {
        let (mark, text) = match finding {
            Finding::Good(text) => ("ok  ", text),
            Finding::Warning(text) => ("warn", text),
            Finding::Bad(text) => {
                healthy = false;
                ("BAD ", text)
            }
        };
        say(format!("{mark}  {check:<12} {text}"));
    }
    if config.demo {
        say(format!("\n{}", facts::explain(&url)));
    }
    if healthy { ExitCode::SUCCESS } else { ExitCode::from(SERVER) }
}

fn public_url(config: &Config, url: &str) -> Finding {
    if config.listen.ip().is_loopback() || url.starts_with("https://") {
        Finding::Good(url.to_owned())
    } else if is_local(url) {
        Finding::Bad(format!("{url}, but {} is reachable from elsewhere: set --public-url", config.listen))
    } else {
        Finding::Warning(format!("{url} is not https: passwords cross the network unencrypted"))
    }
}

async fn database(config: &Config) -> Finding {
    let kind = config.database_url.split("://").next().unwrap_or_default().to_owned();
    let store = match open(config).await {
        Ok(store) => store,
        Err(StoreError::InUse) => return Finding::Good(format!("{kind}, in use by a running server")),
        Err(error) => return Finding::Bad(format!("{kind}: {error}")),
    };
    let started = Instant::now();
    let probe = store.write_probe(Clock::default().now()).await;
    let took = started.elapsed();
    let finding = match probe {
        Ok(()) => {
            Finding::Good(format!("{kind}, up to date, durable commits; one took {:.1} ms", millis(took)))
        }
        Err(error) => Finding::Bad(format!("{kind}: {error}")),
    };
    let finding = match (finding, store.wrong_counts().await) {
        (Finding::Good(text), Ok(0)) => Finding::Good(text),
        (Finding::Good(text), Ok(wrong)) => match store.rebuild_counts().await {
            Ok(()) => {
                Finding::Warning(format!("{text}; {wrong} counts of lists were wrong and have been mended"))
            }
            Err(error) => Finding::Bad(format!("{kind}: {wrong} counts of lists are wrong: {error}")),
        },
        (finding, _) => finding,
    };
    store.close().await;
    finding
}

/// Flushes a page a few times, as every commit does.
fn disk(data_dir: &Path) -> Finding {
    let path = data_dir.join("doctor.probe");
    let measured = std::fs::create_dir_all(data_dir).and_then(|()| flush_time(&path));
    let _ = std::fs::remove_file(&path);
    match measured {
        Ok(took) if took > SLOW_FLUSH => {
            Finding::Warning(format!("a flush takes {:.1} ms: messages will feel slow", millis(took)))
        }
        Ok(took) => Finding::Good(format!("a flush takes {:.2} ms", millis(took))),
        Err(error) => Finding::Bad(format!("{}: {error}", data_dir.display())),
    }
}

fn flush_time(path: &Path) -> std::io::Result<Duration> {
    let mut file = std::fs::File::create(path)?;
    let mut worst = Duration::ZERO;
    for _ in 0..10 {
        let started = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        worst = worst.max(started.elapsed());
    }
    Ok(worst)
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn descriptors() -> Finding {
    match crate::limits::descriptors() {
        Ok((_, hard)) if hard < DESCRIPTORS => Finding::Warning(format!(
            "at most {hard} open files: raise the limit (ulimit -Hn) for more sockets"
        )),
        Ok((_, hard)) => Finding::Good(format!("up to {hard} open files")),
        Err(error) => Finding::Warning(format!("the limit cannot be read: {error}")),
    }
}

fn front_end() -> Finding {
    match switchboard_ui::not_built() {
        Some(reason) => Finding::Warning(format!("not built: {reason}")),
        None if switchboard_ui::help_page().is_some() => {
            Finding::Warning("not built: npm run build in web/ui/app".to_owned())
        }
        None => Finding::Good("built in".to_owned()),
    }
}
