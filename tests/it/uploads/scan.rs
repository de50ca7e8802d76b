//! ClamAV, and what is made of its answers.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use moothall::app;
use moothall::forms::FileState;
use moothall::identity::Role;

use super::desk::Desk;
use super::{PDF, photo};
use crate::harness::App;

/// ClamAV's daemon with one signature of ours, the industry's test string; it ends when dropped.
struct Clamd {
    daemon: Child,
    dir: tempfile::TempDir,
}

impl Clamd {
    fn start() -> Clamd {
        let dir = tempfile::tempdir().unwrap();
        let (signatures, config) = (dir.path().join("signatures"), dir.path().join("clamd.conf"));
        fs::create_dir(&signatures).unwrap();
        fs::write(signatures.join("ours.ndb"), format!("Eicar-Test:0:*:{}\n", hex::encode(eicar()))).unwrap();
        let user = Command::new("id").arg("-un").output().unwrap();
        let settings = format!(
            "Foreground yes\nUser {}\nLocalSocket {}\nDatabaseDirectory {}\nMaxThreads 2\n",
            String::from_utf8(user.stdout).unwrap().trim(),
            dir.path().join("socket").display(),
            signatures.display()
        );
        fs::write(&config, settings).unwrap();
        let daemon = Command::new("/usr/sbin/clamd")
            .arg(format!("--config-file={}", config.display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the tests need clamd: tests/install.sh browser");
        let clamd = Clamd { daemon, dir };
        let given_up = Instant::now() + Duration::from_secs(30);
        while UnixStream::connect(clamd.address()).is_err() {
            assert!(Instant::now() < given_up, "clamd does not start");
            thread::sleep(Duration::from_millis(20));
        }
        clamd
    }

    fn address(&self) -> String {
        self.dir.path().join("socket").display().to_string()
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// The string that every scanner takes for a virus (EICAR, 2003), in two pieces so that none takes this file for one.
fn eicar() -> String {
    [r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-", "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].concat()
}

#[test]
fn what_the_scanner_finds_is_removed_and_never_served() {
    let clamd = Clamd::start();
    let desk = Desk::open(App::start_with(|config| config.files.clamd = Some(clamd.address())));
    let mut citizen = desk.citizen("marlhaven");
    let infected = [b"%PDF-1.7\n", eicar().as_bytes()].concat();
    let files: &[(&str, &str, &[u8])] =
        &[("evidence", "good.pdf", PDF), ("evidence", "bad.pdf", &infected), ("evidence", "good.jpg", &photo(16, 16))];
    citizen.add(files).is(200);
    // She does not wait for the scanner, and the files are the case's before anybody has looked.
    let reference = citizen.send();
    app::settle(&desk.app.site).unwrap();
    let states = desk.app.database.texts("select name || ' ' || state as text from case_file order by n");
    assert_eq!(states, ["good.pdf clean", "bad.pdf infected", "good.jpg clean"]);
    assert_eq!(desk.kept(), 2);
    let mut officer = desk.app.signed_in(&desk.app.person("marlhaven", &[Role::Officer]));
    let address = format!("/staff/cases/marlhaven/{reference}");
    let page = officer.get(&address).is(200).has("Checked for viruses").has("Removed: it contained a virus");
    assert_eq!(page.body.matches(&format!("{address}/files/")).count(), 2);
    let id = desk.app.database.texts("select id::text as text from case_file where state = 'infected'").remove(0);
    officer.get(&format!("{address}/files/{id}")).is(404);
    desk.app.leave_jobs();
}

#[test]
fn whatever_else_the_scanner_says_is_not_clean() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let scanner = thread::spawn(move || {
        for answer in [&b"stream: OK"[..], b"INSTREAM size limit exceeded. ERROR\0", b"stream: OK\0"] {
            let (mut socket, _) = listener.accept().unwrap();
            let mut asked = vec![0; 10 + 4 + PDF.len() + 4];
            socket.read_exact(&mut asked).unwrap();
            assert!(asked.starts_with(b"zINSTREAM\0") && asked.ends_with(&[0; 4]));
            socket.write_all(answer).unwrap();
        }
    });
    let desk = Desk::open(App::start_with(|config| config.files.clamd = Some(address)));
    let mut citizen = desk.citizen("marlhaven");
    citizen.add(&[("evidence", "letter.pdf", PDF)]).is(200);
    let state = |at: &str| {
        desk.app.set_clock(at);
        app::settle(&desk.app.site).unwrap();
        desk.files(&citizen.draft)[0].state
    };
    assert_eq!(state("2026-11-20T11:00:00Z"), FileState::Waiting);
    assert_eq!(state("2026-11-20T12:00:00Z"), FileState::Waiting);
    let why = desk.app.database.texts("select last_error as text from outbox");
    assert_eq!(why, ["the scanner: the scanner did not say whether the file is clean"]);
    assert_eq!(state("2026-11-20T13:00:00Z"), FileState::Clean);
    scanner.join().unwrap();
    // Nobody is there any more.
    citizen.add(&[("evidence", "another.pdf", PDF)]).is(200);
    app::settle(&desk.app.site).unwrap();
    assert_eq!(desk.files(&citizen.draft)[1].state, FileState::Waiting);
    desk.app.leave_jobs();
}
