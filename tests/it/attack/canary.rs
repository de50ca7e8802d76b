//! Canaries: `CANARY-EAS-…` is Eastmere's alone, `CANARY-EAS-WEA-…` also Wealdshire's, which works that case or is party to
//! that agreement. Whoever sees one that names others only has seen too much.

use std::io::{self, Write};
use std::sync::{Mutex, OnceLock};

use regex::Regex;

/// The canary of what only these authorities may see: their prefixes, the owner's first.
pub fn of(prefixes: &[&str]) -> String {
    format!("CANARY-{}", prefixes.join("-"))
}

/// The canaries in a text that an authority must not see.
pub fn foreign(viewer: &str, text: &str) -> Vec<String> {
    static CANARY: OnceLock<Regex> = OnceLock::new();
    let canary = CANARY.get_or_init(|| Regex::new("(?i)canary((?:[-_](?:mar|eas|har|wea|ope))+)").unwrap());
    let mut found: Vec<String> = canary
        .captures_iter(text)
        .filter(|c| !c[1].split(['-', '_']).any(|code| code.eq_ignore_ascii_case(viewer)))
        .map(|c| c[0].to_owned())
        .collect();
    found.dedup();
    found
}

/// Everything that this process has logged since [`listen`] was first called.
static HEARD: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Ear;

impl Write for Ear {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        HEARD.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Begins to keep the log of this process: as the server writes it, and more of it.
pub fn listen() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let log = tracing_subscriber::fmt().with_env_filter("info,moothall=debug").with_writer(|| Ear).json();
        log.with_current_span(true).with_span_list(false).try_init().expect("no other test takes the log");
    });
}

/// The log so far.
pub fn heard() -> String {
    String::from_utf8_lossy(&HEARD.lock().unwrap()).into_owned()
}

/// The log holds nothing that anybody typed or owns, wherever it came from.
#[track_caller]
pub fn log_is_clean() {
    let heard = heard();
    assert!(!heard.is_empty(), "the log is not kept");
    let told: Vec<&str> = heard.lines().filter(|line| line.to_uppercase().contains("CANARY")).take(3).collect();
    assert!(told.is_empty(), "the log holds what people wrote: {told:?}");
}

#[test]
fn a_canary_names_who_may_see_it() {
    assert_eq!(foreign("MAR", "x CANARY-MAR-1, canary-mar-wea@x, CANARY-WEA-MAR"), [""; 0]);
    assert_eq!(foreign("MAR", "CANARY-EAS-1 and canary-eas-wea@x"), ["CANARY-EAS", "canary-eas-wea"]);
    assert_eq!(foreign("WEA", "CANARY-EAS-WEA-note CANARY-MAR-note"), ["CANARY-MAR"]);
}
