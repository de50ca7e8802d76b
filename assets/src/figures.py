"""Makes assets/moothall-figures.woff2: the ten digits of Atkinson Hyperlegible Next, one width each, with an open zero.

Atkinson's zero is slashed and has no unslashed form. The slash helps in a case reference (O or 0?), but in a column
of money it reads as noise. So the slash is taken out: the right upper quarter of the zero's counter is whole in the
original, and is mirrored into the other three, in every weight (the mirror is linear, so the weight deltas are too).
The result is a Modified Version under the OFL, with a name of its own. docs/licences/ has the licence.

    python3 -m venv /tmp/fonts && /tmp/fonts/bin/pip install fonttools brotli
    /tmp/fonts/bin/python assets/src/figures.py
"""
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import GlyphCoordinates
from fontTools.ttLib.tables.TupleVariation import TupleVariation
from fontTools.varLib.iup import iup_delta

DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
OUTER = range(0, 16)                    # the outline of the zero

font = TTFont("assets/atkinson-latin.woff2", recalcTimestamp=False)
glyf, gvar = font["glyf"], font["gvar"]
zero = glyf["zero"]
zero.expand(glyf)
points = list(zero.coordinates)
right = points.index((497, 335))        # the counter's right-most point, on the curve
top = points.index((324, 608))          # its top, on the curve; between them four points off the curve


def open_zero(at):
    """The new outline as a linear function of the old points (or of their deltas)."""
    (rx, ry), (tx, ty) = at[right], at[top]
    quarter = [at[i] for i in range(right + 1, top)]
    flip_x = lambda p: (2 * tx - p[0], p[1])
    flip_y = lambda p: (p[0], 2 * ry - p[1])
    both = lambda p: flip_x(flip_y(p))
    ring = [(rx, ry), *quarter, (tx, ty), *map(flip_x, reversed(quarter)), flip_x((rx, ry)),
            *map(both, quarter), flip_y((tx, ty)), *map(flip_y, reversed(quarter))]
    return [at[i] for i in OUTER] + ring


steps = top - right - 1
ring_flags = ([1] + [0] * steps) * 4
ghosts = [(0, 0)] * 4                   # the four points that carry the widths; iup wants them in the list
new_variations = []
for variation in gvar.variations["zero"]:
    full = iup_delta(variation.coordinates, points + ghosts, list(zero.endPtsOfContours))
    moved = [(round(x), round(y)) for x, y in open_zero([tuple(d) for d in full[:-4]])]
    new_variations.append(TupleVariation(variation.axes, moved + [tuple(g) for g in full[-4:]]))

flags = list(zero.flags)
zero.coordinates = GlyphCoordinates([(round(x), round(y)) for x, y in open_zero(points)])
zero.flags = bytearray([flags[i] for i in OUTER] + ring_flags)
zero.endPtsOfContours = [15, 15 + len(ring_flags)]
zero.numberOfContours = 2
zero.recalcBounds(glyf)
gvar.variations["zero"] = new_variations

for table in font["cmap"].tables:       # the tabular digit becomes the digit
    table.cmap = {c: (g + ".tf" if g in DIGITS else g) for c, g in table.cmap.items()}
for record in font["name"].names:
    if record.nameID in (1, 16):
        record.string = "Moothall Figures"
    elif record.nameID == 4:
        record.string = "Moothall Figures Regular"
    elif record.nameID in (3, 6, 25):
        record.string = "MoothallFigures"

options = subset.Options()
options.layout_features, options.name_IDs, options.notdef_outline = [], ["*"], True
options.flavor, options.hinting = "woff2", False
digits = subset.Subsetter(options)
digits.populate(unicodes=range(0x30, 0x3A))
digits.subset(font)
font.flavor = "woff2"
font.save("assets/moothall-figures.woff2")
