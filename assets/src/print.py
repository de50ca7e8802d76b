"""Makes assets/atkinson-regular.ttf and assets/atkinson-bold.ttf: what bills are printed in, two weights of Atkinson
Hyperlegible Next as files that a PDF can hold.

Each is one weight of the two variable files, Latin and Latin Extended (Welsh has ŵ and ŷ), put together, without
hinting and layout tables: bills are set glyph by glyph. The digits are those of moothall-figures.woff2, one width each
and the zero open, so that columns of money stand in line. Hyphens and spaces that must not break look like those that
may, and U+FFFD is a box that stands for every character these fonts have not.
The result is a Modified Version under the OFL, with a name of its own. docs/licences/ has the licence.

    python3 -m venv /tmp/fonts && /tmp/fonts/bin/pip install fonttools brotli
    /tmp/fonts/bin/python assets/src/print.py
"""
import copy
import os
import tempfile

from fontTools import subset
from fontTools.merge import Merger
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

LATIN, EXTENDED = "assets/atkinson-latin.woff2", "assets/atkinson-latin-ext.woff2"
FIGURES = "assets/moothall-figures.woff2"
WEIGHTS = {"Regular": 400, "Bold": 700}
ALIKE = {0x2010: 0x2D, 0x2011: 0x2D, 0x2009: 0x20, 0x202F: 0x20, 0xFFFD: None}
NO_TEXT = {0x00, 0x0D, 0xAD, 0xFEFF}    # what has no shape of its own


def plain(path, weight, leave_out=()):
    """One weight of a variable file, outlines and widths alone."""
    font = instantiateVariableFont(TTFont(path, recalcTimestamp=False), {"wght": weight})
    options = subset.Options()
    options.layout_features, options.hinting, options.notdef_outline = [], False, True
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "STAT", "gasp"]
    options.name_IDs, options.glyph_names = ["*"], True
    left = subset.Subsetter(options)
    left.populate(unicodes=set(font.getBestCmap()) - set(leave_out))
    left.subset(font)
    return font


def add(font, name, glyph, width):
    font.setGlyphOrder(font.getGlyphOrder() + [name])
    font["glyf"][name], font["hmtx"][name] = glyph, (width, getattr(glyph, "xMin", 0))


for style, weight in WEIGHTS.items():
    latin = plain(LATIN, weight, NO_TEXT)
    modified = latin["head"].modified
    extended = plain(EXTENDED, weight, NO_TEXT | set(latin.getBestCmap()))
    with tempfile.TemporaryDirectory() as folder:
        parts = [os.path.join(folder, name) for name in ("latin.ttf", "extended.ttf")]
        for part, path in zip((latin, extended), parts):
            part.flavor = None
            part.save(path)
        font = Merger().merge(parts)

    figures = plain(FIGURES, weight)
    shapes = figures.getGlyphSet()
    for code, name in figures.getBestCmap().items():
        drawn, outline = DecomposingRecordingPen(shapes), TTGlyphPen(None)
        shapes[name].draw(drawn)
        drawn.replay(outline)
        digit, shape = font.getBestCmap()[code], outline.glyph()
        shape.recalcBounds(font["glyf"])
        font["glyf"][digit], font["hmtx"][digit] = shape, (figures["hmtx"][name][0], shape.xMin)
    box = copy.deepcopy(font["glyf"][".notdef"])
    add(font, "replacement", box, font["hmtx"][".notdef"][0])

    for table in font["cmap"].tables:
        for code, like in ALIKE.items():
            table.cmap[code] = "replacement" if like is None else table.cmap[like]
    for record in list(font["name"].names):
        if record.nameID not in (0, 5, 13, 14):
            font["name"].removeNames(nameID=record.nameID)
    for number, text in {1: "Moothall Print", 2: style, 3: f"MoothallPrint-{style}", 4: f"Moothall Print {style}",
                         6: f"MoothallPrint-{style}"}.items():
        font["name"].setName(text, number, 3, 1, 0x409)
    font["OS/2"].usWeightClass = weight
    font["OS/2"].fsSelection = font["OS/2"].fsSelection & ~0x61 | (0x20 if style == "Bold" else 0x40)
    font["head"].macStyle = 1 if style == "Bold" else 0
    font.recalcTimestamp, font["head"].modified = False, modified
    font["head"].created = modified
    font["post"].formatType = 3.0
    font.save(f"assets/atkinson-{style.lower()}.ttf")
