//! The lines between the parts, which a test holds up or cuts at the worst moment.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

/// Between the server and PostgreSQL.
pub struct DatabaseLine {
    dir: PathBuf,
    cuts: Arc<AtomicUsize>,
}

impl DatabaseLine {
    /// Passes on what comes to the socket in `dir` to the one in `to`.
    pub fn lay(dir: &Path, to: &Path) -> DatabaseLine {
        let name = ".s.PGSQL.5432";
        let (dir, to) = (dir.to_owned(), to.join(name));
        let listener = UnixListener::bind(dir.join(name)).unwrap();
        let cuts = Arc::new(AtomicUsize::new(0));
        let ordered = Arc::clone(&cuts);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A server that is down is a client turned away.
                let Ok(server) = UnixStream::connect(&to) else { continue };
                let (answers, asker) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let cuts = Arc::clone(&ordered);
                thread::spawn(move || {
                    pass(answers, &asker, |_| {});
                    // Whoever waits for an answer is told that none comes.
                    let _ = asker.shutdown(Shutdown::Both);
                });
                thread::spawn(move || questions(client, server, &cuts));
            }
        });
        DatabaseLine { dir, cuts }
    }

    /// Where its socket is.
    pub fn socket(&self) -> &Path {
        &self.dir
    }

    /// The next so many transactions that open a case are cut off right after their `COMMIT` has gone down the line: it is
    /// done, and the answer is lost.
    pub fn cut_at_commit(&self, times: usize) {
        self.cuts.store(times, Ordering::SeqCst);
    }

    /// How many cuts are still to be made.
    pub fn cuts_left(&self) -> usize {
        self.cuts.load(Ordering::SeqCst)
    }
}

fn questions(client: UnixStream, server: UnixStream, cuts: &AtomicUsize) {
    let (asker, done) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let mut opens_a_case = false;
    pass(client, server, |chunk| {
        let holds = |text: &[u8]| chunk.windows(text.len()).any(|w| w == text);
        // Only who opens a case sends a reference.
        opens_a_case |= [b"MAR-", b"EAS-", b"HAR-"].iter().any(|prefix| holds(*prefix));
        if holds(b"COMMIT\0") {
            let due =
                opens_a_case && cuts.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
            if due {
                let _ = asker.shutdown(Shutdown::Both);
            }
        }
        if holds(b"BEGIN") {
            opens_a_case = false;
        }
    });
    let _ = done.shutdown(Shutdown::Write);
}

/// Between the worker and the mail server.
pub struct MailLine {
    address: SocketAddr,
    held: Arc<(Mutex<Held>, Condvar)>,
}

#[derive(Default)]
struct Held {
    hold: bool,
    waiting: usize,
}

impl MailLine {
    /// Passes mail on to the server of `url`.
    pub fn lay(url: &str) -> MailLine {
        let to: SocketAddr = url.trim_start_matches("smtp://").parse().unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let held = Arc::<(Mutex<Held>, Condvar)>::default();
        let state = Arc::clone(&held);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(to).unwrap();
                let (answers, asker) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let state = Arc::clone(&state);
                thread::spawn(move || pass(client, server, |_| {}));
                thread::spawn(move || {
                    pass(answers, &asker, |chunk| {
                        if chunk.starts_with(b"250 kept") {
                            wait_while_held(&state);
                        }
                    });
                    let _ = asker.shutdown(Shutdown::Both);
                });
            }
        });
        MailLine { address, held }
    }

    /// What `SMTP_URL` has to be.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// From now on the mail server takes mails and its word that it did does not arrive.
    pub fn hold(&self) {
        self.held.0.lock().unwrap().hold = true;
    }

    /// How many mails were taken whose sender does not know it.
    pub fn waiting(&self) -> usize {
        self.held.0.lock().unwrap().waiting
    }

    /// Lets everything through.
    pub fn release(&self) {
        *self.held.0.lock().unwrap() = Held::default();
        self.held.1.notify_all();
    }
}

fn wait_while_held((held, changed): &(Mutex<Held>, Condvar)) {
    let mut state = held.lock().unwrap();
    state.waiting += usize::from(state.hold);
    while state.hold {
        state = changed.wait(state).unwrap();
    }
}

/// Passes bytes on until one side ends; `look` sees each piece before it goes.
fn pass(mut from: impl Read, mut to: impl Write, mut look: impl FnMut(&[u8])) {
    let mut piece = vec![0; 16 * 1024];
    while let Ok(n @ 1..) = from.read(&mut piece) {
        look(&piece[..n]);
        if to.write_all(&piece[..n]).is_err() {
            return;
        }
    }
}
