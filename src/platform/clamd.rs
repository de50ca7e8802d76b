//! ClamAV's daemon, spoken to as `man clamd` says (INSTREAM): what is not exactly said to be clean is not clean.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::blob::Reader;

/// What the scanner found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scanned {
    /// Nothing that it knows.
    Clean,
    /// Something that it knows.
    Infected,
}

/// How long the daemon may be silent.
const PATIENCE: Duration = Duration::from_secs(40);
/// It answers in a line; whatever is longer is no answer.
const LONGEST: u64 = 4096;

/// Has a file scanned. `address` is `host:port`, or the path of a socket.
///
/// # Errors
/// If the daemon cannot be reached, or answers anything but that the file is clean or infected: try again later.
pub fn scan(address: &str, file: &mut Reader) -> io::Result<Scanned> {
    if address.starts_with('/') {
        let socket = UnixStream::connect(address)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        return ask(socket, file);
    }
    let target = address.to_socket_addrs()?.next().ok_or(io::ErrorKind::AddrNotAvailable)?;
    let socket = TcpStream::connect_timeout(&target, Duration::from_secs(5))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    ask(socket, file)
}

fn ask(mut socket: impl Read + Write, file: &mut Reader) -> io::Result<Scanned> {
    socket.write_all(b"zINSTREAM\0")?;
    loop {
        let piece = file.piece()?;
        if piece.is_empty() {
            break;
        }
        let length = u32::try_from(piece.len()).map_err(io::Error::other)?;
        socket.write_all(&length.to_be_bytes())?;
        socket.write_all(piece)?;
    }
    socket.write_all(&[0; 4])?;
    let mut answer = Vec::new();
    socket.take(LONGEST).read_to_end(&mut answer)?;
    judge(&answer)
}

fn judge(answer: &[u8]) -> io::Result<Scanned> {
    match answer {
        b"stream: OK\0" => Ok(Scanned::Clean),
        found if found.starts_with(b"stream: ") && found.ends_with(b" FOUND\0") => Ok(Scanned::Infected),
        // Its own words may hold anything.
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "the scanner did not say whether the file is clean")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_answer_is_clean() {
        assert_eq!(judge(b"stream: OK\0").unwrap(), Scanned::Clean);
        assert_eq!(judge(b"stream: Eicar-Test-Signature FOUND\0").unwrap(), Scanned::Infected);
        for other in [
            &b""[..],
            b"stream: OK",
            b"stream: OK\0stream: OK\0",
            b"OK\0",
            b"stream: OK \0",
            b"INSTREAM size limit exceeded. ERROR\0",
            b"stream: OK\nstream: X FOUND\n",
            b"stream: X FOUND",
        ] {
            assert!(judge(other).is_err(), "{other:?}");
        }
    }
}
