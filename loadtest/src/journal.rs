//! [`Journal`]: what the harness meant to send, what was acknowledged, what clients received. One line per event, appended to files.
//!
//! Intents are written before anything is sent, so whatever turns up without one was invented by the server. The oracle reads the files,
//! not the memory of the clients.

use crate::client::frame::Entry;
use crate::error::{Context, Result, fail};
use crate::marker::Marker;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Who received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// Sees everything.
    Agent,
    /// Sees their own conversation.
    Visitor,
}

/// One line of a client's stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// A new connection.
    Connected,
    /// It has got everything missed.
    Resumed,
    /// The server said: read everything again.
    Resync,
    Closed,
    Received(Entry),
}

pub struct Journal {
    folder: PathBuf,
    clients: Vec<Client>,
    intents: BufWriter<File>,
    acks: BufWriter<File>,
    statuses: BufWriter<File>,
    received: BufWriter<File>,
}

/// What the files say.
#[derive(Debug, Default)]
pub struct Record {
    pub intents: Vec<Marker>,
    /// Numbers of acknowledged messages.
    pub acked: Vec<u32>,
    /// Delivery news the server has acknowledged: number of the message, status.
    pub statuses: Vec<(u32, String)>,
    pub streams: Vec<(Client, Vec<Line>)>,
}

impl Journal {
    pub fn create(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).context(folder.display())?;
        let open = |name: &str| {
            let path = folder.join(name);
            File::create(&path).map(|file| BufWriter::with_capacity(1 << 18, file)).context(path.display())
        };
        Ok(Self {
            folder: folder.to_owned(),
            clients: Vec::new(),
            intents: open("intents")?,
            acks: open("acks")?,
            statuses: open("statuses")?,
            received: open("received")?,
        })
    }

    /// Registers a client and answers its number.
    pub fn client(&mut self, client: Client) -> u32 {
        self.clients.push(client);
        self.clients.len() as u32 - 1
    }

    pub fn intend(&mut self, marker: &Marker, at: u64) {
        keep(writeln!(self.intents, "{marker} {at}"));
    }

    pub fn acknowledged(&mut self, number: u32, at: u64) {
        keep(writeln!(self.acks, "{number} {at}"));
    }

    pub fn told(&mut self, number: u32, status: &str) {
        keep(writeln!(self.statuses, "{number} {status}"));
    }

    pub fn received(&mut self, client: u32, line: &Line, at: u64) {
        keep(match line {
            Line::Connected => writeln!(self.received, "{client} + {at}"),
            Line::Resumed => writeln!(self.received, "{client} = {at}"),
            Line::Resync => writeln!(self.received, "{client} ! {at}"),
            Line::Closed => writeln!(self.received, "{client} - {at}"),
            Line::Received(Entry { kind, conversation, seq, message, marker }) => match marker {
                Some(marker) => {
                    writeln!(self.received, "{client} {kind} {at} {conversation} {seq} {message} {marker}")
                }
                None => writeln!(self.received, "{client} {kind} {at} {conversation} {seq} {message}"),
            },
        });
    }

    /// Writes everything out and reads it back.
    pub fn finish(mut self) -> Result<Record> {
        for file in [&mut self.intents, &mut self.acks, &mut self.statuses, &mut self.received] {
            file.flush()?;
        }
        let names = self.clients.iter().map(|client| format!("{client:?}\n"));
        fs::write(self.folder.join("clients"), names.collect::<String>())?;
        Record::read(&self.folder)
    }
}

/// A full disk must not pass for a lost message.
fn keep(written: std::io::Result<()>) {
    if let Err(error) = written {
        crate::console::note(&format!("the journal cannot be written, results are void: {error}"));
        std::process::exit(2);
    }
}

impl Record {
    pub fn read(folder: &Path) -> Result<Self> {
        let mut record = Self::default();
        let text = |name: &str| fs::read_to_string(folder.join(name)).context(name);
        for line in text("clients")?.lines() {
            let client = if line == "Agent" { Client::Agent } else { Client::Visitor };
            record.streams.push((client, Vec::new()));
        }
        for line in text("intents")?.lines() {
            let Some(marker) = Marker::read(line.as_bytes()) else { fail!("bad intent {line}") };
            record.intents.push(marker);
        }
        for line in text("acks")?.lines() {
            record.acked.push(line.split(' ').next().unwrap_or_default().parse()?);
        }
        for line in text("statuses")?.lines() {
            let Some((number, status)) = line.split_once(' ') else { fail!("bad status {line}") };
            record.statuses.push((number.parse()?, status.to_owned()));
        }
        for line in text("received")?.lines() {
            let Some((client, what)) = received(line) else { fail!("bad receipt {line}") };
            match record.streams.get_mut(client) {
                Some((_, stream)) => stream.push(what),
                None => fail!("receipt of an unknown client {client}"),
            }
        }
        Ok(record)
    }
}

fn received(line: &str) -> Option<(usize, Line)> {
    let mut words = line.split(' ');
    let client = words.next()?.parse().ok()?;
    let kind = words.next()?.chars().next()?;
    let _at = words.next()?;
    let line = match kind {
        '+' => Line::Connected,
        '=' => Line::Resumed,
        '!' => Line::Resync,
        '-' => Line::Closed,
        kind => Line::Received(Entry {
            kind,
            conversation: words.next()?.parse().ok()?,
            seq: words.next()?.parse().ok()?,
            message: words.next()?.parse().ok()?,
            marker: words.next().and_then(|marker| Marker::read(marker.as_bytes())),
        }),
    };
    Some((client, line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::marker::Kind;

    #[test]
    fn what_was_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(folder.path()).unwrap();
        let marker = Marker { run: 9, kind: Kind::Reply, number: 7, sender: 1, nth: 2 };
        let agent = journal.client(Client::Agent);
        let visitor = journal.client(Client::Visitor);
        journal.intend(&marker, 5);
        journal.acknowledged(7, 6);
        journal.told(7, "read");
        let entry = Entry { kind: 'm', conversation: 72, seq: 2, message: 81, marker: Some(marker) };
        let other = Entry { kind: 'c', conversation: 72, seq: 1, message: 0, marker: None };
        journal.received(agent, &Line::Connected, 1);
        journal.received(agent, &Line::Received(other), 2);
        journal.received(visitor, &Line::Resumed, 3);
        journal.received(agent, &Line::Received(entry), 4);
        let record = journal.finish().unwrap();
        assert_eq!((record.intents, record.acked), (vec![marker], vec![7]));
        assert_eq!(record.statuses, vec![(7, "read".to_owned())]);
        let stream = vec![Line::Connected, Line::Received(other), Line::Received(entry)];
        assert_eq!(record.streams, vec![(Client::Agent, stream), (Client::Visitor, vec![Line::Resumed])]);
    }
}
