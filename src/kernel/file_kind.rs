//! What a file is, told from its bytes: its name and what a browser says of it may be anything.

use infer::{doc, image, odf};

/// A kind of file that citizens may add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// PDF.
    Pdf,
    /// A photo.
    Jpeg,
    /// A picture, mostly of a screen.
    Png,
    /// Word's newer documents.
    Docx,
    /// OpenDocument text.
    Odt,
}

impl FileKind {
    /// How many of a file's first bytes [`FileKind::of`] wants to see.
    pub const HEAD: usize = 8 * 1024;

    const ALL: [FileKind; 5] = [FileKind::Pdf, FileKind::Jpeg, FileKind::Png, FileKind::Docx, FileKind::Odt];

    /// The kind of the file that begins so; none if it is not one of these.
    #[must_use]
    pub fn of(head: &[u8]) -> Option<FileKind> {
        match () {
            () if head.starts_with(b"%PDF-") => Some(FileKind::Pdf),
            () if image::is_jpeg(head) => Some(FileKind::Jpeg),
            () if image::is_png(head) => Some(FileKind::Png),
            () if doc::is_docx(head) => Some(FileKind::Docx),
            () if odf::is_odt(head) => Some(FileKind::Odt),
            () => None,
        }
    }

    /// The word in the database, which is also how such files' names end.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            FileKind::Pdf => "pdf",
            FileKind::Jpeg => "jpg",
            FileKind::Png => "png",
            FileKind::Docx => "docx",
            FileKind::Odt => "odt",
        }
    }

    /// Reads [`FileKind::word`].
    #[must_use]
    pub fn read(word: &str) -> Option<FileKind> {
        FileKind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Its media type (IANA).
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            FileKind::Pdf => "application/pdf",
            FileKind::Jpeg => "image/jpeg",
            FileKind::Png => "image/png",
            FileKind::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            FileKind::Odt => "application/vnd.oasis.opendocument.text",
        }
    }

    /// Whether it is made of pixels.
    #[must_use]
    pub fn is_picture(self) -> bool {
        matches!(self, FileKind::Jpeg | FileKind::Png)
    }

    /// A name as somebody's browser gave it, fit to be shown and saved: no folders, no control characters, nothing that
    /// turns the direction of writing, not too long, and an ending that is the file's own.
    #[must_use]
    pub fn name(self, given: &str) -> String {
        let given = plain_name(given);
        let ending = given.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
        if ending == self.word() || (self == FileKind::Jpeg && ending == "jpeg") {
            given
        } else {
            format!("{given}.{}", self.word())
        }
    }
}

/// The same for a file of no known kind, which keeps its ending.
#[must_use]
pub fn plain_name(given: &str) -> String {
    const LONGEST: usize = 120;
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let unseen = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let plain: String = last.chars().filter(|c| !unseen(*c)).collect();
    let plain = plain.trim().trim_start_matches('.');
    let (stem, ending) = plain.rsplit_once('.').map_or((plain, String::new()), |(stem, e)| (stem, format!(".{e}")));
    let ending: String = ending.chars().take(10).collect();
    let stem: String = stem.chars().take(LONGEST).collect();
    match (stem.is_empty(), ending.is_empty()) {
        (true, true) => "file".to_owned(),
        _ => format!("{stem}{ending}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_told_by_content() {
        assert_eq!(FileKind::of(b"%PDF-1.7\n"), Some(FileKind::Pdf));
        assert_eq!(FileKind::of(b"\xff\xd8\xff\xe0\0\x10JFIF"), Some(FileKind::Jpeg));
        assert_eq!(FileKind::of(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), Some(FileKind::Png));
        for other in [&b"MZ\x90\0"[..], b"", b"<svg xmlns=", b"<!doctype html>", b"PK\x03\x04zip", b"GIF89a"] {
            assert_eq!(FileKind::of(other), None, "{other:?}");
        }
        let zipped = |name: &str, content: &str| {
            let mut zip = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
            for length in [content.len(), content.len()] {
                zip.extend(u32::try_from(length).unwrap().to_le_bytes());
            }
            zip.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
            zip.extend([0, 0]);
            zip.extend(name.as_bytes());
            zip.extend(content.as_bytes());
            zip
        };
        assert_eq!(FileKind::of(&zipped("mimetype", FileKind::Odt.media_type())), Some(FileKind::Odt));
        assert_eq!(FileKind::of(&zipped("word/document.xml", "<w>")), Some(FileKind::Docx));
        assert_eq!(FileKind::of(&zipped("evil.exe", "MZ")), None);
    }

    #[test]
    fn a_name_is_fit_to_be_saved() {
        for (given, name) in [
            ("photo.jpg", "photo.jpg"),
            ("photo.JPEG", "photo.JPEG"),
            ("C:\\Users\\alex\\photo.jpg", "photo.jpg"),
            ("../../etc/passwd", "passwd.jpg"),
            ("invoice.exe", "invoice.exe.jpg"),
            ("gpj\u{202e}.exe\r\nX: y", "gpj.exeX: y.jpg"),
            (".jpg", "jpg.jpg"),
            ("", "file.jpg"),
        ] {
            assert_eq!(FileKind::Jpeg.name(given), name, "{given:?}");
        }
        assert_eq!(FileKind::Pdf.name(&format!("{}.pdf", "ŵ".repeat(300))).chars().count(), 124);
    }
}
