//! Forms that bring files, and files that go out. A file goes piece by piece from the connection to where files are kept;
//! neither all of it nor all of a form is ever in memory.

use std::io::{ErrorKind, Write as _};
use std::pin::Pin;
use std::sync::Arc;

use actix_multipart::{Field, Multipart};
use actix_web::dev::Payload;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, Charset,
    ContentDisposition, DispositionParam, DispositionType, ExtendedValue, HeaderMap,
};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, HttpResponse};
use futures_util::{StreamExt as _, stream};
use uuid::Uuid;

use super::threads::{block, with_files};
use super::visit::{CSRF_FIELD, FORM_LIMIT, Posted, Sent, Visit, without_nul};
use crate::kernel::file_kind::plain_name;
use crate::kernel::{AuthorityId, FileKind};
use crate::platform::blob::{Stored, Writer};
use crate::platform::{Error, Result};

/// The longest file that is taken, in bytes.
pub const FILE_LIMIT: u64 = 20 * 1024 * 1024;
/// The most files of one form.
const MOST_FILES: usize = 10;
/// A longer request is not even read. What is above [`FILE_LIMIT`] and below this is read and thrown away, so that the
/// browser gets to see the page that says what was wrong.
const REQUEST_LIMIT: u64 = 512 * 1024 * 1024;
/// More parts than any page of ours sends.
const MOST_PARTS: usize = 2000;

/// A form that came from our own page, with or without files. Each file is stored by now, and goes again unless
/// somebody keeps it.
pub struct PostedWithFiles {
    /// Who sent it, and the other fields.
    pub posted: Posted,
    /// The files that may be kept.
    pub files: Vec<File>,
    /// The files that may not: nothing of them is left.
    pub refused: Vec<Refused>,
}

/// A file that came with a form.
pub struct File {
    /// The name of its field.
    pub field: String,
    /// Its name, fit to be shown and saved.
    pub name: String,
    /// What it is, by its content.
    pub kind: FileKind,
    /// The file.
    pub stored: Stored,
}

/// A file that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The name of its field.
    pub field: String,
    /// Its name.
    pub name: String,
    /// Why.
    pub why: Refusal,
}

/// Why a file is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing is in it.
    Empty,
    /// It is longer than [`FILE_LIMIT`].
    TooLarge,
    /// It is none of the kinds of [`FileKind`].
    WrongKind,
    /// It is none of those of [`FileKind::is_picture`], where only a picture will do.
    NoPicture,
    /// There are more than may be added.
    TooMany,
}

impl Refusal {
    /// The sentence that says so; it has the variable `name`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Refusal::Empty => "upload-empty",
            Refusal::TooLarge => "upload-too-large",
            Refusal::WrongKind => "upload-wrong-kind",
            Refusal::NoPicture => "upload-no-picture",
            Refusal::TooMany => "upload-too-many",
        }
    }
}

impl FromRequest for PostedWithFiles {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<PostedWithFiles>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !request.content_type().eq_ignore_ascii_case("multipart/form-data") {
            let posted = Posted::from_request(request, payload);
            return Box::pin(
                async move { Ok(PostedWithFiles { posted: posted.await?, files: vec![], refused: vec![] }) },
            );
        }
        let (visit, request) = (Visit::of(request), request.clone());
        let length = length(request.headers());
        let parts = Multipart::new(request.headers(), payload.take());
        Box::pin(async move {
            if length > REQUEST_LIMIT {
                return Err(Error::TooLarge);
            }
            Form::new(visit?).read(&request, parts).await
        })
    }
}

fn length(headers: &HeaderMap) -> u64 {
    headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse().ok()).unwrap_or(0)
}

/// A form while it is being read.
struct Form {
    visit: Visit,
    fields: Vec<(String, String)>,
    files: Vec<File>,
    refused: Vec<Refused>,
    /// The token was right: only then is a file looked at.
    is_ours: bool,
    /// How much more text may come; none if more than that has come.
    text_left: Option<usize>,
    /// How much more may come of everything.
    left: u64,
}

impl Form {
    fn new(visit: Visit) -> Form {
        Form {
            visit,
            fields: Vec::new(),
            files: Vec::new(),
            refused: Vec::new(),
            is_ours: false,
            text_left: Some(FORM_LIMIT),
            left: REQUEST_LIMIT,
        }
    }

    async fn read(mut self, request: &HttpRequest, mut parts: Multipart) -> Result<PostedWithFiles> {
        let mut n = 0;
        while let Some(part) = parts.next().await {
            let part = part.map_err(|_| Error::Malformed("not a form"))?;
            n += 1;
            let name = part.name().unwrap_or_default().to_owned();
            if n > MOST_PARTS || name.is_empty() || name.len() > 200 || name.contains('\0') {
                return Err(Error::Malformed("not a form of ours"));
            }
            let file_name = part.content_disposition().and_then(ContentDisposition::get_filename).map(str::to_owned);
            match file_name {
                Some(_) if !self.is_ours => return Err(Error::Forged),
                Some(file_name) => self.file(part, name, &file_name).await?,
                None => {
                    let text = self.text(part).await?;
                    if name == CSRF_FIELD && !self.is_ours {
                        self.visit.is_ours(&text)?;
                        self.is_ours = true;
                    } else {
                        self.fields.push((name, text));
                    }
                }
            }
        }
        if !self.is_ours {
            return Err(Error::Forged);
        }
        if self.text_left.is_none() {
            return Err(Error::TooLarge);
        }
        let brings_files = !self.files.is_empty() || !self.refused.is_empty();
        let posted = Posted::of(self.visit, request, self.fields);
        if brings_files {
            // Sent once more it comes without them, so that the page is to be shown again.
            let stay = [("stay".to_owned(), "yes".to_owned())];
            let again = Arc::new(posted.fields().iter().cloned().chain(stay).collect());
            request.extensions_mut().insert(Sent(again));
        }
        Ok(PostedWithFiles { posted, files: self.files, refused: self.refused })
    }

    async fn text(&mut self, mut part: Field) -> Result<String> {
        let mut text = Vec::new();
        while let Some(bytes) = part.next().await {
            let bytes = bytes.map_err(|_| Error::Malformed("the body could not be read"))?;
            self.left = self.left.checked_sub(bytes.len() as u64).ok_or(Error::TooLarge)?;
            self.text_left = self.text_left.and_then(|left| left.checked_sub(bytes.len()));
            // What is too much is read and thrown away, so that the browser gets to see the page that says so.
            if self.text_left.is_some() {
                text.extend_from_slice(&bytes);
            }
        }
        let mut text = String::from_utf8_lossy(&text).into_owned();
        without_nul(&mut text);
        Ok(text)
    }

    async fn file(&mut self, mut part: Field, field: String, given: &str) -> Result<()> {
        // A browser sends an empty part where nothing was chosen.
        if !given.is_empty() {
            self.visit.site.file_limits.check(&(self.visit.here.id, self.visit.client))?;
        }
        let mut incoming =
            if self.files.len() < MOST_FILES { Incoming::New(Vec::new()) } else { Incoming::Refused(Refusal::TooMany) };
        let mut size = 0;
        while let Some(bytes) = part.next().await {
            let bytes = bytes.map_err(|_| Error::Malformed("the body could not be read"))?;
            self.left = self.left.checked_sub(bytes.len() as u64).ok_or(Error::TooLarge)?;
            size += bytes.len() as u64;
            if size > FILE_LIMIT && !matches!(incoming, Incoming::Refused(_)) {
                incoming = Incoming::Refused(Refusal::TooLarge);
            }
            incoming = incoming.take(&self.visit, bytes).await?;
        }
        if size == 0 {
            if given.is_empty() {
                return Ok(());
            }
            incoming = Incoming::Refused(Refusal::Empty);
        }
        if let Incoming::New(head) = incoming {
            incoming = Incoming::begin(&self.visit, head).await?;
        }
        match incoming {
            Incoming::Kept(writer, kind) => {
                let stored = self.visit.with_files(move || writer.finish()).await?;
                self.files.push(File { field, name: kind.name(given), kind, stored });
            }
            Incoming::New(..) => return Err(Error::Malformed("a file without bytes")),
            Incoming::Refused(why) => self.refused.push(Refused { field, name: plain_name(given), why }),
        }
        Ok(())
    }
}

/// A file while it comes in.
enum Incoming {
    /// What it is does not show yet from its first bytes.
    New(Vec<u8>),
    /// It is being written.
    Kept(Box<Writer>, FileKind),
    /// The rest of it is thrown away.
    Refused(Refusal),
}

impl Incoming {
    /// Takes the next bytes.
    async fn take(self, visit: &Visit, bytes: Bytes) -> Result<Incoming> {
        match self {
            Incoming::New(mut head) => {
                head.extend_from_slice(&bytes);
                if head.len() < FileKind::HEAD { Ok(Incoming::New(head)) } else { Incoming::begin(visit, head).await }
            }
            Incoming::Kept(mut writer, kind) => {
                if writer.room() >= bytes.len() {
                    writer.write_all(&bytes).map_err(anyhow::Error::from)?;
                    return Ok(Incoming::Kept(writer, kind));
                }
                block(move || {
                    writer.write_all(&bytes).map_err(anyhow::Error::from)?;
                    Ok(Incoming::Kept(writer, kind))
                })
                .await
            }
            refused @ Incoming::Refused(_) => Ok(refused),
        }
    }

    /// Begins to write a file if its first bytes are of a kind that is taken.
    async fn begin(visit: &Visit, head: Vec<u8>) -> Result<Incoming> {
        let Some(kind) = FileKind::of(&head[..head.len().min(FileKind::HEAD)]) else {
            return Ok(Incoming::Refused(Refusal::WrongKind));
        };
        let (blobs, tenant, now) = (visit.site.blobs.clone(), visit.here.id, visit.now);
        block(move || {
            let mut writer = Box::new(blobs.create(tenant, now).map_err(anyhow::Error::from)?);
            writer.write_all(&head).map_err(anyhow::Error::from)?;
            Ok(Incoming::Kept(writer, kind))
        })
        .await
    }
}

/// A stored file on its way to a reader, to be saved and not shown.
///
/// # Errors
/// [`Error::NotFound`] if there is none.
pub async fn download(
    visit: &Visit,
    owner: AuthorityId,
    key: Uuid,
    name: &str,
    kind: FileKind,
    size: u64,
) -> Result<HttpResponse> {
    let (blobs, turns) = (visit.site.blobs.clone(), visit.site.file_turns.clone());
    let reader = visit.with_files(move || match blobs.read(owner, key) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        reader => reader.map(Some),
    });
    let reader = reader.await?.ok_or(Error::NotFound)?;
    let pieces = stream::try_unfold((reader, turns), |(mut reader, turns)| async {
        let piece = with_files(&turns, move || Ok((Bytes::from(reader.piece()?.to_vec()), reader)));
        let (piece, reader) = piece.await?;
        Ok::<_, Error>((!piece.is_empty()).then_some((piece, (reader, turns))))
    });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, kind.media_type()))
        .insert_header((CONTENT_DISPOSITION, attachment(name)))
        .insert_header((CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .no_chunking(size)
        .streaming(pieces))
}

/// A name of any letters, and one of plain letters for programs that know no better (RFC 6266).
fn attachment(name: &str) -> ContentDisposition {
    let plain = |c: char| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' };
    let full = ExtendedValue { charset: Charset::Ext("UTF-8".to_owned()), language_tag: None, value: name.into() };
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![
            DispositionParam::Filename(name.chars().map(plain).collect()),
            DispositionParam::FilenameExt(full),
        ],
    }
}
