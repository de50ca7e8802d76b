//! Files, kept outside the database: in a directory, or in a bucket that speaks S3. What is kept is sealed piece by piece
//! under a key of its own, which belongs to one authority and one place, so that nothing is ever whole in memory and a
//! file copied to another place does not open.
//!
//! A place is a UUIDv7 that was made for the file: it is written once, never again, and says when. Reading and writing
//! wait for disk or network: call them off the request threads.

mod bucket;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use self::bucket::Bucket;
use crate::kernel::seal::{FileSeal, Secret};
use crate::kernel::{AuthorityId, new_id};

/// How much is sealed together.
pub const PIECE: usize = 16 * 1024;

/// Where files are kept.
#[derive(Clone)]
pub struct Blobs {
    secret: Secret,
    place: Arc<Place>,
}

enum Place {
    Directory(PathBuf),
    Bucket(Box<Bucket>),
}

impl Blobs {
    /// `file:///var/lib/moothall/files`, or `s3://key:secret@host/bucket?region=eu-west-2` (`s3+http:` without TLS).
    ///
    /// # Errors
    /// If the address cannot be read, or the directory cannot be made.
    pub fn new(url: &str, secret: &Secret) -> anyhow::Result<Blobs> {
        let place = match url.strip_prefix("file://") {
            Some(path) if path.starts_with('/') => {
                fs::create_dir_all(path).with_context(|| format!("FILES_URL: cannot make {path}"))?;
                Place::Directory(PathBuf::from(path))
            }
            Some(_) => anyhow::bail!("FILES_URL names no whole path; for example file:///var/lib/moothall/files"),
            None => Place::Bucket(Box::new(Bucket::new(url)?)),
        };
        Ok(Blobs { secret: secret.clone(), place: Arc::new(place) })
    }

    /// Begins a file.
    ///
    /// # Errors
    /// The disk's.
    pub fn create(&self, tenant: AuthorityId, now: Timestamp) -> io::Result<Writer> {
        let key = new_id(now);
        self.writer(tenant, key, key)
    }

    /// `spool` names it while it is not finished.
    fn writer(&self, tenant: AuthorityId, key: Uuid, spool: Uuid) -> io::Result<Writer> {
        let path = match &*self.place {
            Place::Directory(dir) => {
                let of_one = dir.join(tenant.to_string());
                fs::create_dir_all(&of_one)?;
                of_one.join(format!("{spool}{UNFINISHED}"))
            }
            // A bucket wants to know how long a file is before it comes: it waits here, sealed.
            Place::Bucket(_) => std::env::temp_dir().join(format!("moothall-{spool}{UNFINISHED}")),
        };
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Writer {
            seal: self.secret.file_seal(tenant, key),
            blobs: self.clone(),
            tenant,
            key,
            spool: Spool(path),
            file,
            piece: Vec::with_capacity(PIECE + FileSeal::TAG),
            pieces: 0,
            size: 0,
            hash: Sha256::new(),
        })
    }

    /// Opens a file. A piece that is not as it was written ends the reading with an error.
    ///
    /// # Errors
    /// The disk's or the bucket's; [`io::ErrorKind::NotFound`] if there is none.
    pub fn read(&self, tenant: AuthorityId, key: Uuid) -> io::Result<Reader> {
        let sealed: Box<dyn Read + Send> = match &*self.place {
            Place::Directory(dir) => Box::new(File::open(path_of(dir, tenant, key))?),
            Place::Bucket(bucket) => Box::new(bucket.get(&name_of(tenant, key))?),
        };
        Reader::new(sealed, self.secret.file_seals(tenant, key).collect())
    }

    /// Seals a file anew if a former secret sealed it; says whether it did. It stays in its place: the seal is another,
    /// since the secret is, so that nothing is sealed twice with one key.
    ///
    /// # Errors
    /// As [`Blobs::read`] and [`Blobs::create`].
    pub fn renew(&self, tenant: AuthorityId, key: Uuid, now: Timestamp) -> io::Result<bool> {
        let mut reader = self.read(tenant, key)?;
        let mut piece = reader.piece()?.to_vec();
        if reader.is_current() {
            return Ok(false);
        }
        // A name of its own: one that was left by a run that was cut short is the sweep's.
        let mut writer = self.writer(tenant, key, new_id(now))?;
        while !piece.is_empty() {
            writer.write_all(&piece)?;
            piece = reader.piece()?.to_vec();
        }
        writer.finish()?.keep();
        Ok(true)
    }

    /// The keys of an authority's files.
    ///
    /// # Errors
    /// The disk's or the bucket's.
    pub fn keys(&self, tenant: AuthorityId) -> io::Result<Vec<Uuid>> {
        let names = match &*self.place {
            Place::Bucket(bucket) => bucket.list(&format!("{tenant}/"))?,
            Place::Directory(dir) => match fs::read_dir(dir.join(tenant.to_string())) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
                entries => entries?
                    .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
                    .collect::<io::Result<_>>()?,
            },
        };
        Ok(names.iter().filter_map(|name| Uuid::try_parse(name).ok()).collect())
    }

    /// Removes a file, if there is one.
    ///
    /// # Errors
    /// The disk's or the bucket's.
    pub fn remove(&self, tenant: AuthorityId, key: Uuid) -> io::Result<()> {
        match &*self.place {
            Place::Directory(dir) => absent_is_fine(fs::remove_file(path_of(dir, tenant, key))),
            Place::Bucket(bucket) => bucket.delete(&name_of(tenant, key)),
        }
    }

    /// The keys of an authority's files that were begun before a moment; files that were never finished go.
    ///
    /// # Errors
    /// The disk's or the bucket's.
    pub fn begun_before(&self, tenant: AuthorityId, moment: Timestamp) -> io::Result<Vec<Uuid>> {
        let old = |name: &str| Uuid::try_parse(name).ok().filter(|key| begun(*key).is_some_and(|at| at < moment));
        let dir = match &*self.place {
            Place::Bucket(bucket) => {
                return Ok(bucket.list(&format!("{tenant}/"))?.iter().filter_map(|n| old(n)).collect());
            }
            Place::Directory(dir) => dir.join(tenant.to_string()),
        };
        let mut keys = Vec::new();
        let entries = match fs::read_dir(&dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(keys),
            entries => entries?,
        };
        for entry in entries {
            let name = entry?.file_name().to_string_lossy().into_owned();
            match name.strip_suffix(UNFINISHED) {
                Some(unfinished) if old(unfinished).is_some() => absent_is_fine(fs::remove_file(dir.join(&name)))?,
                _ => keys.extend(old(&name)),
            }
        }
        Ok(keys)
    }
}

const UNFINISHED: &str = ".part";

fn path_of(dir: &Path, tenant: AuthorityId, key: Uuid) -> PathBuf {
    dir.join(tenant.to_string()).join(key.to_string())
}

fn name_of(tenant: AuthorityId, key: Uuid) -> String {
    format!("{tenant}/{key}")
}

fn absent_is_fine(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// When a key was made.
fn begun(key: Uuid) -> Option<Timestamp> {
    let (seconds, nanos) = key.get_timestamp()?.to_unix();
    Timestamp::new(i64::try_from(seconds).ok()?, i32::try_from(nanos).ok()?).ok()
}

/// A file on this machine that goes unless it is moved away.
struct Spool(PathBuf);

impl Drop for Spool {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A file that is being written. Dropped before [`Writer::finish`], it was never there.
pub struct Writer {
    blobs: Blobs,
    tenant: AuthorityId,
    key: Uuid,
    seal: FileSeal,
    spool: Spool,
    file: File,
    piece: Vec<u8>,
    pieces: u32,
    size: u64,
    hash: Sha256,
}

impl Writer {
    /// Ends the file: from here on it survives a power cut.
    ///
    /// # Errors
    /// The disk's or the bucket's.
    pub fn finish(mut self) -> io::Result<Stored> {
        self.put_away(true)?;
        self.file.sync_all()?;
        match &*self.blobs.place {
            Place::Directory(dir) => {
                let path = path_of(dir, self.tenant, self.key);
                fs::rename(&self.spool.0, &path)?;
                File::open(path.parent().unwrap_or(dir))?.sync_all()?;
            }
            Place::Bucket(bucket) => bucket.put(&name_of(self.tenant, self.key), File::open(&self.spool.0)?)?,
        }
        Ok(Stored {
            blobs: self.blobs,
            tenant: self.tenant,
            key: self.key,
            size: self.size,
            sha256: hex::encode(self.hash.finalize()),
            kept: false,
        })
    }

    /// How many bytes may be written before the disk is.
    #[must_use]
    pub fn room(&self) -> usize {
        PIECE - self.piece.len()
    }

    fn put_away(&mut self, last: bool) -> io::Result<()> {
        self.hash.update(&self.piece);
        self.seal.seal(self.pieces, last, &mut self.piece);
        self.file.write_all(&self.piece)?;
        self.piece.clear();
        self.pieces = self.pieces.checked_add(1).ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(())
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full piece is put away only when more comes: which one is the last shows at the end.
        if self.room() == 0 {
            self.put_away(false)?;
        }
        let some = &bytes[..bytes.len().min(self.room())];
        self.piece.extend_from_slice(some);
        self.size += some.len() as u64;
        Ok(some.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A file that is kept, and goes again unless somebody says [`Stored::keep`].
pub struct Stored {
    blobs: Blobs,
    tenant: AuthorityId,
    key: Uuid,
    size: u64,
    sha256: String,
    kept: bool,
}

impl Stored {
    /// Where it is.
    #[must_use]
    pub fn key(&self) -> Uuid {
        self.key
    }

    /// Its length in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The hash of its bytes, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// A row names it from here on. If the row's transaction is rolled back after all, the sweep for files that no row
    /// names finds it.
    pub fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Stored {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        let (blobs, tenant, key) = (self.blobs.clone(), self.tenant, self.key);
        let remove = move || {
            if let Err(error) = blobs.remove(tenant, key) {
                tracing::warn!(%error, "a file that is not wanted could not be removed");
            }
        };
        match &*self.blobs.place {
            Place::Directory(_) => remove(),
            // This may be a request's thread, which waits for no network.
            Place::Bucket(_) => drop(std::thread::spawn(remove)),
        }
    }
}

/// A file that is being read.
pub struct Reader {
    sealed: Box<dyn Read + Send>,
    /// Those that the file may have; from the first piece on the one that it has.
    seals: Vec<FileSeal>,
    /// Which of them that was.
    which: usize,
    /// The next piece as it is kept: whether there is one tells whether the piece before it is the last.
    ahead: Vec<u8>,
    piece: Vec<u8>,
    at: usize,
    pieces: u32,
    ended: bool,
}

impl Reader {
    fn new(sealed: Box<dyn Read + Send>, seals: Vec<FileSeal>) -> io::Result<Reader> {
        let (ahead, piece) = (Vec::new(), Vec::new());
        let mut reader = Reader { sealed, seals, which: 0, ahead, piece, at: 0, pieces: 0, ended: false };
        reader.look_ahead()?;
        Ok(reader)
    }

    /// Whether the present secret has sealed it; known once a piece was read.
    fn is_current(&self) -> bool {
        self.which == 0
    }

    /// Opens the piece in hand: the first one shows which seal the file has.
    fn open(&mut self) -> bool {
        if self.pieces > 0 || self.seals.len() == 1 {
            return self.seals.get(self.which).is_some_and(|seal| seal.open(self.pieces, self.ended, &mut self.piece));
        }
        let sealed = std::mem::take(&mut self.piece);
        for (which, seal) in self.seals.iter().enumerate() {
            self.piece.clone_from(&sealed);
            if seal.open(self.pieces, self.ended, &mut self.piece) {
                self.which = which;
                return true;
            }
        }
        false
    }

    fn look_ahead(&mut self) -> io::Result<()> {
        self.ahead.clear();
        self.sealed.by_ref().take((PIECE + FileSeal::TAG) as u64).read_to_end(&mut self.ahead)?;
        Ok(())
    }

    /// The next piece of the file; empty at its end.
    ///
    /// # Errors
    /// As [`Blobs::read`].
    pub fn piece(&mut self) -> io::Result<&[u8]> {
        if self.ended {
            return Ok(&[]);
        }
        std::mem::swap(&mut self.piece, &mut self.ahead);
        self.look_ahead()?;
        self.ended = self.ahead.is_empty();
        if !self.open() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the file is not as it was written"));
        }
        self.pieces += 1;
        Ok(&self.piece)
    }
}

impl Read for Reader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() {
            if self.ended {
                return Ok(0);
            }
            self.at = 0;
            self.piece()?;
        }
        let n = out.len().min(self.piece.len() - self.at);
        out[..n].copy_from_slice(&self.piece[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests;
