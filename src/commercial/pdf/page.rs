//! Sheets of A4: where the next line goes, when a new sheet begins, what each text is to whoever hears the document rather
//! than sees it; and at the end the file, which is PDF/UA-1 or nothing.
//!
//! Sheets are laid out before any is drawn, in whole twentieths of a point: the same text has the same bytes everywhere,
//! and each sheet knows how many there are.

use std::mem;
use std::num::NonZeroU16;
use std::ops::Range;

use anyhow::anyhow;
use jiff::civil::Date;
use krilla::color::rgb;
use krilla::configure::{Accessibility, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, Node, SpanTag, TableHeaderScope, Tag, TagGroup, TagKind, TagTree,
};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings};

use super::font::{Face, Glyph, Twips};
use crate::platform::Result;

/// A4.
const WIDTH: Twips = 11_906;
const HEIGHT: Twips = 16_838;
/// Where the text begins and ends.
const LEFT: Twips = 1_134;
const TOP: Twips = 1_020;
const BOTTOM: Twips = HEIGHT - 1_360;
/// Where the line at the foot stands.
const FOOT: Twips = HEIGHT - 1_020;

/// Around the head of a table.
const HEAD_PAD: Twips = 70;
/// A hair's breadth, and a rule to be seen.
pub(super) const HAIR: Twips = 10;
pub(super) const THICK: Twips = 40;

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Style {
    face: Face,
    size: Twips,
    /// From one line to the next.
    pub(super) leading: Twips,
    shade: Shade,
}

impl Style {
    pub(super) const TITLE: Style = Style::of(Face::Bold, 520, 620, Shade::Ink);
    pub(super) const NUMBER: Style = Style::of(Face::Regular, 260, 340, Shade::Ink);
    pub(super) const SUM: Style = Style::of(Face::Bold, 440, 540, Shade::Ink);
    pub(super) const HEADING: Style = Style::of(Face::Bold, 220, 300, Shade::Ink);
    pub(super) const TEXT: Style = Style::of(Face::Regular, 190, 260, Shade::Ink);
    pub(super) const STRONG: Style = Style::of(Face::Bold, 190, 260, Shade::Ink);
    pub(super) const LABEL: Style = Style::of(Face::Regular, 170, 240, Shade::Soft);
    pub(super) const CELL: Style = Style::of(Face::Regular, 180, 240, Shade::Ink);
    pub(super) const CELL_STRONG: Style = Style::of(Face::Bold, 180, 240, Shade::Ink);
    pub(super) const NOTE: Style = Style::of(Face::Regular, 160, 210, Shade::Soft);

    const fn of(face: Face, size: Twips, leading: Twips, shade: Shade) -> Style {
        Style { face, size, leading, shade }
    }

    /// How wide a text is.
    pub(super) fn width(self, text: &str) -> Twips {
        self.face.width(text, self.size)
    }

    /// Its lines within a width.
    pub(super) fn wrap(self, text: &str, width: Twips) -> Vec<String> {
        self.face.wrap(text, self.size, width)
    }
}

/// The colours there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shade {
    Ink,
    Soft,
    Rule,
    Band,
}

/// A column of the sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) x: Twips,
    pub(super) width: Twips,
    /// Whether its lines end at its right edge, rather than begin at its left.
    pub(super) ends: bool,
}

impl Slot {
    /// All of it.
    pub(super) const WHOLE: Slot = Slot { x: LEFT, width: WIDTH - 2 * LEFT, ends: false };
    const GAP: Twips = 320;

    /// So many of the same width, side by side.
    pub(super) fn columns<const N: usize>() -> [Slot; N] {
        let n = Twips::try_from(N).unwrap_or(1).max(1);
        let width = (Slot::WHOLE.width - (n - 1) * Slot::GAP) / n;
        let mut x = LEFT;
        std::array::from_fn(|_| {
            let slot = Slot { x, width, ends: false };
            x += width + Slot::GAP;
            slot
        })
    }

    /// The same, with lines that end at its right edge.
    pub(super) const fn ending(self) -> Slot {
        Slot { ends: true, ..self }
    }
}

/// What a text is to whoever hears the document.
#[derive(Clone, Copy)]
enum Role {
    /// Read where the structure has it.
    Said,
    /// A table's head once more: nothing new.
    Repeated,
    /// The line at the foot of each sheet.
    Foot,
}

/// What is drawn. All but what is [`Role::Said`] is left out when the document is read.
enum Mark {
    Text { x: Twips, baseline: Twips, text: String, style: Style, role: Role },
    Fill { x: Twips, top: Twips, width: Twips, height: Twips, shade: Shade },
}

impl Mark {
    /// A line of text, of which the space at its end counts for nothing.
    fn line(slot: Slot, top: Twips, text: String, style: Style, role: Role) -> Mark {
        let x = if slot.ends { slot.x + slot.width - style.width(text.trim_end()) } else { slot.x };
        // Capitals are two thirds of the size: so they stand in the middle of the line.
        let baseline = top + (3 * style.leading + 2 * style.size) / 6;
        Mark::Text { x, baseline, text, style, role }
    }
}

/// The structure as it is read: what a part is and what it holds, down to the texts by the order in which they are drawn.
pub(super) enum Part {
    Group(TagKind, Vec<Part>),
    Text(usize),
}

/// Where a heading stands.
struct Heading {
    text: String,
    sheet: usize,
    top: Twips,
}

/// What a document is, besides its text.
pub(super) struct About {
    /// Its title.
    pub(super) title: String,
    /// The language that it is in.
    pub(super) language: &'static str,
    /// Who made it.
    pub(super) author: String,
    /// When.
    pub(super) on: Date,
    /// Which it is.
    pub(super) id: String,
}

/// Sheets being laid out.
#[derive(Default)]
pub(super) struct Sheets {
    done: Vec<Vec<Mark>>,
    marks: Vec<Mark>,
    y: Twips,
    parts: Vec<Part>,
    said: usize,
    /// The head of the table that the sheet is in, which every further sheet repeats.
    head: Vec<(Slot, String)>,
    headings: Vec<Heading>,
}

impl Sheets {
    /// An empty one.
    pub(super) fn new() -> Sheets {
        Sheets { y: TOP, ..Sheets::default() }
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.done.len() + 1
    }

    /// How far down the sheet the next line begins.
    pub(super) fn y(&self) -> Twips {
        self.y
    }

    /// Leaves so much free.
    pub(super) fn skip(&mut self, height: Twips) {
        self.y += height;
    }

    /// Begins a new sheet where so much does not fit on this one, but would on the next.
    pub(super) fn keep(&mut self, height: Twips) {
        if self.y + height > BOTTOM && TOP + self.head_height() + height <= BOTTOM {
            self.done.push(mem::take(&mut self.marks));
            self.y = TOP;
            self.draw_head(Role::Repeated);
        }
    }

    /// A part of the structure: what is laid out inside is read as that.
    pub(super) fn within(&mut self, tag: impl Into<TagKind>, inside: impl FnOnce(&mut Sheets)) {
        let parts = self.aside(inside);
        self.parts.push(Part::Group(tag.into(), parts));
    }

    /// Parts that are laid out before their turn to be read; [`Sheets::adopt`] takes them when it comes.
    pub(super) fn aside(&mut self, inside: impl FnOnce(&mut Sheets)) -> Vec<Part> {
        let outer = mem::take(&mut self.parts);
        inside(self);
        mem::replace(&mut self.parts, outer)
    }

    /// Reads here what was laid out before.
    pub(super) fn adopt(&mut self, parts: Vec<Part>) {
        self.parts.extend(parts);
    }

    /// Blocks side by side that all begin here; what follows begins below the longest.
    pub(super) fn beside<const N: usize>(&mut self, slots: [Slot; N], mut block: impl FnMut(&mut Sheets, usize, Slot)) {
        let (sheet, top) = (self.done.len(), self.y);
        let mut low = top;
        for (n, slot) in slots.into_iter().enumerate() {
            let is_here = self.done.len() == sheet;
            self.y = if is_here { top } else { self.y };
            block(self, n, slot);
            low = if self.done.len() == sheet { low.max(self.y) } else { self.y };
        }
        self.y = low;
    }

    /// One line at a height of this sheet, wherever the next one goes.
    pub(super) fn put(&mut self, slot: Slot, top: Twips, text: String, style: Style) {
        self.parts.push(Part::Text(self.said));
        self.said += 1;
        self.marks.push(Mark::line(slot, top, text, style, Role::Said));
    }

    /// A text, over as many lines and sheets as it takes.
    pub(super) fn write(&mut self, slot: Slot, text: &str, style: Style) {
        for line in style.wrap(text, slot.width) {
            self.keep(style.leading);
            self.put(slot, self.y, line, style);
            self.y += style.leading;
        }
    }

    /// A paragraph; of another language than the document's where one is named.
    pub(super) fn paragraph(&mut self, slot: Slot, text: &str, style: Style, language: Option<&str>) {
        let tag = Tag::P.with_lang(language.map(str::to_owned));
        self.within(tag, |sheets| sheets.write(slot, text, style));
    }

    /// What something is called, and below what it is.
    pub(super) fn fact(&mut self, slot: Slot, label: &str, value: &str, language: Option<&str>) {
        self.within(Tag::P, |sheets| {
            sheets.write_on(slot, label, Style::LABEL);
            let tag = Tag::Span.with_lang(language.map(str::to_owned));
            sheets.within(tag, |sheets| sheets.write(slot, value, Style::TEXT));
        });
        self.skip(60);
    }

    /// A heading of several looks, each on lines of its own.
    pub(super) fn heading(&mut self, level: u16, slot: Slot, looks: &[(&str, Style)]) {
        let text = looks.iter().map(|(text, _)| *text).collect::<Vec<_>>().join(" ");
        self.headings.push(Heading { text: text.clone(), sheet: self.done.len(), top: self.y });
        let level = NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN);
        self.within(Tag::Hn(level, Some(text)), |sheets| {
            for (text, style) in looks {
                sheets.write_on(slot, text, *style);
            }
        });
    }

    /// A section's heading, on the sheet on which the section begins.
    pub(super) fn section(&mut self, title: &str) {
        if self.y > TOP {
            self.skip(280);
        }
        self.keep(Style::HEADING.leading + 3 * Style::TEXT.leading);
        self.heading(2, Slot::WHOLE, &[(title, Style::HEADING)]);
        self.skip(40);
    }

    /// Lines that each begin anew, in one breath.
    pub(super) fn write_lines(&mut self, slot: Slot, lines: &[&str], style: Style) {
        for line in lines {
            self.write_on(slot, line, style);
        }
    }

    /// A text that something follows in the same breath: it ends with a space.
    fn write_on(&mut self, slot: Slot, text: &str, style: Style) {
        self.write(slot, text, style);
        if let Some(Mark::Text { text, role: Role::Said, .. }) = self.marks.last_mut() {
            text.push(' ');
        }
    }

    /// A cell of a table: one line at a height of this sheet.
    pub(super) fn cell(&mut self, tag: impl Into<TagKind>, slot: Slot, top: Twips, text: &str, style: Style) {
        self.within(tag, |sheets| sheets.put(slot, top, text.to_owned(), style));
    }

    /// A rule all across.
    pub(super) fn rule(&mut self, height: Twips, shade: Shade) {
        self.fill(height, shade);
        self.y += height;
    }

    /// A band all across, behind what comes next.
    fn fill(&mut self, height: Twips, shade: Shade) {
        let Slot { x, width, .. } = Slot::WHOLE;
        self.marks.push(Mark::Fill { x, top: self.y, width, height, shade });
    }

    /// The head of a table, repeated on every sheet until [`Sheets::end_table`].
    pub(super) fn begin_table(&mut self, head: Vec<(Slot, String)>) {
        self.head = head;
        self.draw_head(Role::Said);
    }

    /// The table is at its end.
    pub(super) fn end_table(&mut self) {
        self.head.clear();
    }

    fn head_height(&self) -> Twips {
        if self.head.is_empty() { 0 } else { 2 * HEAD_PAD + Style::CELL_STRONG.leading }
    }

    fn draw_head(&mut self, role: Role) {
        let height = self.head_height();
        if height == 0 {
            return;
        }
        self.fill(height, Shade::Band);
        let (top, style) = (self.y + HEAD_PAD, Style::CELL_STRONG);
        let head = mem::take(&mut self.head);
        match role {
            Role::Said => self.within(Tag::THead, |sheets| {
                sheets.within(Tag::TR, |sheets| {
                    for (slot, title) in &head {
                        sheets.cell(Tag::TH(TableHeaderScope::Column), *slot, top, title, style);
                    }
                });
            }),
            role => {
                let again = head.iter().map(|(slot, title)| Mark::line(*slot, top, title.clone(), style, role));
                self.marks.extend(again);
            }
        }
        self.head = head;
        self.y += height;
    }

    /// The file. `foot` says which sheet of how many one is.
    ///
    /// # Errors
    /// If it would not be PDF/UA-1.
    pub(super) fn write_pdf(self, about: &About, foot: impl Fn(usize, usize) -> String) -> Result<Vec<u8>> {
        let configuration = ConfigurationBuilder::new()
            .with_accessibility_validator(Accessibility::UA1)
            .finish()
            .map_err(|wrong| anyhow!("a PDF cannot be of that kind: {wrong:?}"))?;
        let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
        let (Some(fonts), Some(paper)) = (Fonts::read(), PageSettings::from_wh(points(WIDTH), points(HEIGHT))) else {
            return Err(anyhow!("the faces or the paper of a PDF are not as they should be").into());
        };
        let mut sheets = self.done;
        sheets.push(self.marks);
        let count = sheets.len();
        let mut said = Vec::with_capacity(self.said);
        for (n, mut marks) in sheets.into_iter().enumerate() {
            let style = Style::NOTE;
            marks.push(Mark::line(Slot::WHOLE, FOOT, about.title.clone(), style, Role::Foot));
            marks.push(Mark::line(Slot::WHOLE.ending(), FOOT, foot(n + 1, count), style, Role::Foot));
            let mut page = document.start_page_with(paper.clone());
            let mut surface = page.surface();
            for mark in &marks {
                said.extend(fonts.draw(&mut surface, mark));
            }
            surface.finish();
            page.finish();
        }
        document.set_outline(outline(self.headings));
        let mut tree = TagTree::new().with_lang(Some(about.language.to_owned()));
        tree.children = nodes(self.parts, &said);
        document.set_tag_tree(tree);
        document.set_metadata(about.metadata());
        Ok(document.finish().map_err(|wrong| anyhow!("a PDF was not written: {wrong:?}"))?)
    }
}

impl About {
    fn metadata(&self) -> Metadata {
        let on = DateTime::new(u16::try_from(self.on.year()).unwrap_or_default())
            .month(self.on.month().unsigned_abs())
            .day(self.on.day().unsigned_abs())
            .utc_offset_hour(0);
        Metadata::new()
            .title(self.title.clone())
            .language(self.language.to_owned())
            .authors(vec![self.author.clone()])
            .creator("Moothall".to_owned())
            .creation_date(on)
            .document_id(self.id.clone())
    }
}

/// The headings to jump to: the first has the others below it.
fn outline(headings: Vec<Heading>) -> Outline {
    let mut nodes = headings.into_iter().map(|heading| {
        let place = Point::from_xy(points(LEFT), points(heading.top));
        OutlineNode::new(heading.text, XyzDestination::new(heading.sheet, place))
    });
    let mut outline = Outline::new();
    if let Some(title) = nodes.next() {
        let mut title = title.with_open(true);
        nodes.for_each(|section| title.push_child(section));
        outline.push_child(title);
    }
    outline
}

/// The structure, with the texts as they were drawn.
fn nodes(parts: Vec<Part>, said: &[Identifier]) -> Vec<Node> {
    let node = |part| match part {
        Part::Group(tag, parts) => Some(TagGroup::with_children(tag, nodes(parts, said)).into()),
        Part::Text(n) => said.get(n).copied().map(Node::from),
    };
    parts.into_iter().filter_map(node).collect()
}

/// The faces as the file takes them.
struct Fonts {
    regular: Font,
    bold: Font,
}

impl Fonts {
    fn read() -> Option<Fonts> {
        let of = |face: Face| Font::new(face.file().into(), 0);
        Some(Fonts { regular: of(Face::Regular)?, bold: of(Face::Bold)? })
    }

    /// Draws a mark; says by what a text is found that is read.
    fn draw(&self, surface: &mut Surface<'_>, mark: &Mark) -> Option<Identifier> {
        match mark {
            Mark::Text { x, baseline, text, style, role } => {
                let em = f32::from(style.face.em());
                let glyph = |(place, glyph): (Range<usize>, Glyph)| {
                    let advance = f32::from(glyph.advance) / em;
                    KrillaGlyph::new(GlyphId::new(glyph.id), advance, 0.0, 0.0, 0.0, place, None)
                };
                let glyphs: Vec<KrillaGlyph> = style.face.glyphs(text).map(glyph).collect();
                let font = match style.face {
                    Face::Regular => &self.regular,
                    Face::Bold => &self.bold,
                };
                surface.set_fill(Some(style.shade.fill()));
                let found = surface.start_tagged(role.tag());
                let start = Point::from_xy(points(*x), points(*baseline));
                surface.draw_glyphs(start, &glyphs, font.clone(), text, points(style.size), false);
                surface.end_tagged();
                matches!(role, Role::Said).then_some(found)
            }
            Mark::Fill { x, top, width, height, shade } => {
                let mut path = PathBuilder::new();
                path.push_rect(Rect::from_xywh(points(*x), points(*top), points(*width), points(*height))?);
                let path = path.finish()?;
                surface.set_fill(Some(shade.fill()));
                surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
                surface.draw_path(&path);
                surface.end_tagged();
                None
            }
        }
    }
}

impl Role {
    fn tag(self) -> ContentTag<'static> {
        match self {
            Role::Said => ContentTag::Span(SpanTag::empty()),
            Role::Repeated => ContentTag::Artifact(Artifact::with_kind(ArtifactType::PaginationOther)),
            Role::Foot => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Footer)),
        }
    }
}

impl Shade {
    fn fill(self) -> Fill {
        let colour = match self {
            Shade::Ink => rgb::Color::new(0x0b, 0x0c, 0x0c),
            Shade::Soft => rgb::Color::new(0x50, 0x5a, 0x5f),
            Shade::Rule => rgb::Color::new(0xc4, 0xca, 0xcf),
            Shade::Band => rgb::Color::new(0xf1, 0xf3, 0xf5),
        };
        Fill { paint: colour.into(), ..Fill::default() }
    }
}

/// A place on the paper, which has less than 2¹⁵ twentieths of a point each way.
fn points(twips: Twips) -> f32 {
    f32::from(i16::try_from(twips).unwrap_or(i16::MAX)) / 20.0
}
