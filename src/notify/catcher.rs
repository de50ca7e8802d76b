//! The mail server of the demonstration and the tests: takes every mail on a loopback port and keeps it as a file, so
//! that nothing leaves the machine. It speaks as much of RFC 5321 as a mail client needs.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::Timestamp;
use mailparse::MailHeaderMap;
use uuid::Uuid;

use crate::kernel::new_id;
use crate::platform::Clock;

/// The largest mail it takes, in bytes.
const SIZE_LIMIT: u64 = 1024 * 1024;
/// A command's line, its end included, is no longer (RFC 5321 §4.5.3.1.4 asks for 512).
const LINE_LIMIT: u64 = 2048;
/// A client that says nothing for so long is gone.
const IDLE: Duration = Duration::from_mins(1);

/// A running catcher; it stops when dropped.
pub struct Catcher {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Catcher {
    /// Takes mail on a free loopback port and keeps it in `dir`.
    ///
    /// # Errors
    /// If the folder cannot be made or no port is free.
    pub fn start(dir: &Path, clock: Clock) -> io::Result<Catcher> {
        fs::create_dir_all(dir)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let (dir, stopped) = (dir.to_owned(), Arc::clone(&stop));
        let thread = thread::Builder::new().name("mail-catcher".to_owned()).spawn(move || {
            for client in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (dir, clock) = (dir.clone(), clock.clone());
                let served = client.and_then(|stream| {
                    thread::Builder::new().name("mail-session".to_owned()).spawn(move || {
                        if let Err(error) = session(&stream, &dir, &clock) {
                            tracing::debug!(%error, "a mail session ended early");
                        }
                    })
                });
                if let Err(error) = served {
                    tracing::warn!(%error, "the mail catcher could not serve a client");
                }
            }
        })?;
        Ok(Catcher { address, stop, thread: Some(thread) })
    }

    /// What `SMTP_URL` has to be for mail to come here.
    #[must_use]
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }
}

impl Drop for Catcher {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // The listener wakes for a connection; the one it wakes for is the last.
        let woken = TcpStream::connect(self.address).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| woken) {
            let _ = thread.join();
        }
    }
}

/// One client's conversation.
fn session(stream: &TcpStream, dir: &Path, clock: &Clock) -> io::Result<()> {
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_write_timeout(Some(IDLE))?;
    let mut reader = BufReader::new(stream);
    let say = |text: &str| -> io::Result<()> { (&mut &*stream).write_all(format!("{text}\r\n").as_bytes()) };
    let (mut greeted, mut sender, mut recipients) = (false, false, 0_u32);
    say("220 localhost mail catcher")?;
    loop {
        let mut line = Vec::new();
        if reader.by_ref().take(LINE_LIMIT).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        if !line.ends_with(b"\n") {
            return say("500 line too long");
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_ascii_uppercase();
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match verb {
            "EHLO" | "HELO" if rest.is_empty() => say("501 say who you are")?,
            "EHLO" | "HELO" => {
                (greeted, sender, recipients) = (true, false, 0);
                let answer = format!("250-localhost\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE {SIZE_LIMIT}");
                say(if verb == "EHLO" { &answer } else { "250 localhost" })?;
            }
            "MAIL" if !greeted || sender => say("503 bad sequence of commands")?,
            "MAIL" if !rest.starts_with("FROM:<") => say("501 MAIL FROM:<address>")?,
            "MAIL" => {
                sender = true;
                say("250 ok")?;
            }
            "RCPT" if !sender => say("503 bad sequence of commands")?,
            "RCPT" if !rest.starts_with("TO:<") || rest.starts_with("TO:<>") => say("501 RCPT TO:<address>")?,
            "RCPT" => {
                recipients += 1;
                say("250 ok")?;
            }
            "DATA" if recipients == 0 => say("503 bad sequence of commands")?,
            "DATA" => {
                say("354 end with a dot on a line of its own")?;
                (sender, recipients) = (false, 0);
                match data(&mut reader)? {
                    Some(mail) => {
                        keep(dir, new_id(clock.now()), &mail)?;
                        say("250 kept")?;
                    }
                    None => say("552 too large")?,
                }
            }
            "RSET" => {
                (sender, recipients) = (false, 0);
                say("250 ok")?;
            }
            "NOOP" => say("250 ok")?,
            "VRFY" => say("252 send it and see")?,
            "QUIT" => return say("221 goodbye"),
            _ => say("500 unknown command")?,
        }
    }
}

/// Reads a mail to its closing dot, without the dots that were stuffed in (RFC 5321 §4.5.2); `None` if it is too large.
fn data(reader: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut mail = Vec::new();
    let mut too_large = false;
    loop {
        let mut line = Vec::new();
        if reader.by_ref().take(SIZE_LIMIT).read_until(b'\n', &mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok((!too_large).then_some(mail));
        }
        too_large |= (mail.len() + line.len()) as u64 > SIZE_LIMIT;
        if !too_large {
            mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
    }
}

/// Writes a mail whole or not at all: readers see only finished files.
fn keep(dir: &Path, id: Uuid, mail: &[u8]) -> io::Result<()> {
    let unfinished = dir.join(format!("{id}.part"));
    fs::write(&unfinished, mail)?;
    fs::rename(&unfinished, file_of(dir, id))
}

fn file_of(dir: &Path, id: Uuid) -> PathBuf {
    dir.join(format!("{id}.eml"))
}

/// A mail that was caught.
#[derive(Clone, Debug)]
pub struct Caught {
    /// Names it among the others.
    pub id: Uuid,
    /// Its own date; when it came in, where it has none.
    pub at: Timestamp,
    /// The name that it says it is from, or the address where there is none.
    pub from: String,
    /// Who it says it is to.
    pub to: String,
    /// What it says it is about.
    pub subject: String,
    /// Its `Message-ID`.
    pub message_id: String,
    /// Its text.
    pub text: String,
    /// Every byte of it.
    pub raw: Vec<u8>,
}

/// The newest mails, newest first.
///
/// # Errors
/// If the folder or a mail cannot be read.
pub fn newest(dir: &Path, limit: usize) -> anyhow::Result<Vec<Caught>> {
    let mut ids: Vec<Uuid> = Vec::new();
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        ids.extend(name.to_str().and_then(|n| n.strip_suffix(".eml")).and_then(|n| n.parse::<Uuid>().ok()));
    }
    // UUIDv7 sorts by time.
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids.into_iter().take(limit).filter_map(|id| read(dir, id).transpose()).collect()
}

/// One mail; `None` if there is none of that id.
///
/// # Errors
/// If it cannot be read.
pub fn read(dir: &Path, id: Uuid) -> anyhow::Result<Option<Caught>> {
    let raw = match fs::read(file_of(dir, id)) {
        Ok(raw) => raw,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mail = mailparse::parse_mail(&raw)?;
    let header = |name: &str| mail.headers.get_first_value(name).unwrap_or_default();
    let caught = i64::try_from(id.get_timestamp().map_or(0, |time| time.to_unix().0))?;
    let from = mailparse::addrparse(&header("From"))?.extract_single_info();
    Ok(Some(Caught {
        id,
        at: Timestamp::from_second(mailparse::dateparse(&header("Date")).unwrap_or(caught))?,
        from: from.map(|from| from.display_name.unwrap_or(from.addr)).unwrap_or_default(),
        to: header("To"),
        subject: header("Subject"),
        message_id: header("Message-ID"),
        text: mail.get_body()?,
        raw: raw.clone(),
    }))
}
