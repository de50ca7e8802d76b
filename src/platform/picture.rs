//! Pictures, made anew from their pixels: upright, no larger than is of use, and without anything else that was in the
//! file, such as where the photo was taken and by which device.

use std::io::{Cursor, Read, Write};

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::codecs::png::{PngDecoder, PngEncoder};
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageError, Limits};

use super::blob::Reader;
use crate::kernel::FileKind;

/// Pictures of more pixels are refused before they are decoded.
const MOST_PIXELS: u64 = 50_000_000;
/// Longer sides are made this long.
const LONGEST_SIDE: u32 = 2560;
const JPEG_QUALITY: u8 = 85;

/// Why a picture was not made anew.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// It is broken, too large, or no such picture: it will never do.
    #[error("the picture cannot be read")]
    Unreadable,
    /// The file could not be read or written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl From<ImageError> for Failed {
    fn from(error: ImageError) -> Failed {
        match error {
            // Of the picture as well: it lies in memory, so an end that comes too soon is its own.
            ImageError::IoError(_)
            | ImageError::Decoding(_)
            | ImageError::Limits(_)
            | ImageError::Unsupported(_)
            | ImageError::Parameter(_) => Failed::Unreadable,
            error @ ImageError::Encoding(_) => Failed::Io(std::io::Error::other(error)),
        }
    }
}

/// Makes a picture of a kind anew. It takes as much memory as the file and its pixels: one at a time.
///
/// # Errors
/// [`Failed`].
pub fn renew(kind: FileKind, file: Reader, size_limit: u64, mut out: impl Write) -> Result<(), Failed> {
    let mut bytes = Vec::new();
    file.take(size_limit).read_to_end(&mut bytes)?;
    let mut made = Cursor::new(Vec::new());
    match kind {
        FileKind::Png => {
            let picture = upright(PngDecoder::with_limits(Cursor::new(bytes), limits())?)?;
            picture.write_with_encoder(PngEncoder::new(&mut made))?;
        }
        _ => {
            let picture = upright(JpegDecoder::new(Cursor::new(bytes))?)?;
            // JPEG knows no transparency and eight bits.
            let picture = DynamicImage::from(picture.into_rgb8());
            picture.write_with_encoder(JpegEncoder::new_with_quality(&mut made, JPEG_QUALITY))?;
        }
    }
    out.write_all(made.get_ref())?;
    Ok(())
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(30_000);
    limits.max_image_height = Some(30_000);
    // Sixteen bits in each of four channels.
    limits.max_alloc = Some(MOST_PIXELS * 8);
    limits
}

fn upright(mut decoder: impl ImageDecoder) -> Result<DynamicImage, Failed> {
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(Failed::Unreadable);
    }
    decoder.set_limits(limits())?;
    let turned = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    if width.max(height) > LONGEST_SIDE {
        picture = picture.resize(LONGEST_SIDE, LONGEST_SIDE, FilterType::Triangle);
    }
    picture.apply_orientation(turned);
    Ok(picture)
}
