//! The two faces that bills are printed in: the glyph of each character, how wide it is, and where lines break.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use skrifa::raw::TableProvider as _;
use skrifa::{FontRef, MetadataProvider as _};

/// A length in twentieths of a point.
pub(super) type Twips = i64;

static REGULAR: &[u8] = include_bytes!("../../../assets/atkinson-regular.ttf");
static BOLD: &[u8] = include_bytes!("../../../assets/atkinson-bold.ttf");

static REGULAR_MEASURES: LazyLock<Measures> = LazyLock::new(|| Measures::read(REGULAR));
static BOLD_MEASURES: LazyLock<Measures> = LazyLock::new(|| Measures::read(BOLD));

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Face {
    Regular,
    Bold,
}

/// A glyph and its width, in the face's units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Glyph {
    pub(super) id: u32,
    pub(super) advance: u16,
}

/// What a face says of its characters.
struct Measures {
    em: u16,
    glyphs: HashMap<char, Glyph>,
    /// The box that stands for every other character.
    unknown: Glyph,
}

impl Measures {
    fn read(file: &'static [u8]) -> Measures {
        Measures::parse(file).expect("the faces are part of the program, and have U+FFFD")
    }

    fn parse(file: &'static [u8]) -> Option<Measures> {
        let font = FontRef::new(file).ok()?;
        let widths = font.hmtx().ok()?;
        let glyphs: HashMap<char, Glyph> = font
            .charmap()
            .mappings()
            .filter_map(|(code, id)| {
                Some((char::from_u32(code)?, Glyph { id: id.to_u32(), advance: widths.advance(id)? }))
            })
            .collect();
        let unknown = glyphs.get(&char::REPLACEMENT_CHARACTER).copied()?;
        Some(Measures { em: font.head().ok()?.units_per_em(), glyphs, unknown })
    }
}

impl Face {
    /// The file.
    pub(super) fn file(self) -> &'static [u8] {
        match self {
            Face::Regular => REGULAR,
            Face::Bold => BOLD,
        }
    }

    fn measures(self) -> &'static Measures {
        match self {
            Face::Regular => &REGULAR_MEASURES,
            Face::Bold => &BOLD_MEASURES,
        }
    }

    /// How many of its units a size is.
    pub(super) fn em(self) -> u16 {
        self.measures().em
    }

    /// The glyphs of a text, each with the place of its character there. What the face has not is a box; the character
    /// itself stays behind it for whoever copies or hears the text.
    pub(super) fn glyphs(self, text: &str) -> impl Iterator<Item = (Range<usize>, Glyph)> {
        let measures = self.measures();
        text.char_indices()
            .filter(|(_, c)| !is_shapeless(*c))
            .map(move |(at, c)| (at..at + c.len_utf8(), measures.glyphs.get(&c).copied().unwrap_or(measures.unknown)))
    }

    /// How wide a text is at a size.
    pub(super) fn width(self, text: &str, size: Twips) -> Twips {
        let units: Twips = self.glyphs(text).map(|(_, glyph)| Twips::from(glyph.advance)).sum();
        let em = Twips::from(self.em());
        (units * size + em - 1) / em
    }

    /// The lines of a text within a width. Words stay whole, unless one alone is wider. A line that goes on after a space
    /// keeps it, so that all lines together are the text.
    pub(super) fn wrap(self, text: &str, size: Twips, width: Twips) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in text.split(is_break).filter(|word| !word.is_empty()) {
            if !line.is_empty() {
                line.push(' ');
                if self.width(&line, size) + self.width(word, size) <= width {
                    line.push_str(word);
                    continue;
                }
                lines.push(std::mem::take(&mut line));
            }
            line.push_str(word);
            while let Some(at) = self.overflow(&line, size, width) {
                let rest = line.split_off(at);
                lines.push(std::mem::replace(&mut line, rest));
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
        lines
    }

    /// Where a word has to be cut that is wider than its column: at least after its first character.
    fn overflow(self, word: &str, size: Twips, width: Twips) -> Option<usize> {
        let mut end = 0;
        for (at, c) in word.char_indices() {
            let next = at + c.len_utf8();
            if at > 0 && self.width(&word[..next], size) > width {
                return Some(end);
            }
            end = next;
        }
        None
    }
}

/// A space, or the end of a line; not a space that must not break.
fn is_break(c: char) -> bool {
    c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{202f}')
}

/// What is no character to look at: controls, soft hyphens, joiners, marks of direction and of byte order.
fn is_shapeless(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fffe}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Twips = 190;

    #[test]
    fn lines_keep_words_and_together_are_the_text() {
        let text = "Casgliad gwastraff gardd, 1 Hydref 2026:\n£55.00 am  bob tŷ yn y stryd hon";
        let lines = Face::Regular.wrap(text, SIZE, 1_500);
        assert!(lines.len() > 3);
        assert_eq!(lines.concat(), "Casgliad gwastraff gardd, 1 Hydref 2026: £55.00 am bob tŷ yn y stryd hon");
        for line in &lines {
            assert!(Face::Regular.width(line.trim_end(), SIZE) <= 1_500, "{line:?}");
            assert!(text.split_whitespace().any(|word| line.starts_with(word)), "{line:?}");
        }
        assert!(Face::Bold.wrap(" \n", SIZE, 1_500).is_empty());
    }

    #[test]
    fn a_word_wider_than_its_column_is_cut() {
        let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let lines = Face::Regular.wrap(hash, SIZE, 2_000);
        assert!(lines.len() > 1 && lines.iter().all(|line| Face::Regular.width(line, SIZE) <= 2_000));
        assert_eq!(lines.concat(), hash);
        assert_eq!(Face::Regular.wrap("ŵy", SIZE, 1), ["ŵ", "y"]);
    }

    #[test]
    fn digits_are_of_one_width_and_every_character_has_a_glyph() {
        for face in [Face::Regular, Face::Bold] {
            let digits: Vec<Twips> = ('0'..='9').map(|digit| face.width(&digit.to_string(), 1_000)).collect();
            assert!(digits.iter().all(|width| *width == digits[0]));
            let of = |text: &str| face.glyphs(text).map(|(_, glyph)| glyph).collect::<Vec<_>>();
            let unknown = of("\u{fffd}");
            for known in "ŵŷŴŶâêîôûẃẅ£−–—’‘“”…·\u{a0}\u{2011}".chars() {
                assert_ne!(of(&known.to_string()), unknown, "{known:?}");
            }
            assert_eq!(of("Ж"), unknown);
            assert!(unknown[0].id != 0 && of("\u{feff}\u{ad}\0").is_empty());
        }
    }
}
