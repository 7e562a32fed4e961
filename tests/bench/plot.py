# SPDX-License-Identifier: Apache-2.0
"""Line plots as SVG, readable on light and dark pages.

Drawn by hand: it is one kind of plot, and a library would be larger than what it draws (and pygal has no
style that follows the reader's colour scheme).
"""

import math
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 40, 50
LEGEND_LINE = 18
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # Okabe and Ito's

STYLE = """
text { font: 12px sans-serif; fill: #222 }
.title { font-size: 14px; font-weight: bold }
.axis { stroke: #222; fill: none }
.grid { stroke: #ccc; fill: none }
.line { fill: none; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
text { fill: #ddd } .axis { stroke: #ddd } .grid { stroke: #444 }
}
"""


class Series(NamedTuple):
    name: str
    points: list  # of (x, y)


class Plot(NamedTuple):
    name: str  # in the file's name
    title: str
    x: str
    y: str
    series: list
    log_x: bool = False
    log_y: bool = False
    marks: bool = False  # points are few, and each is shown


def steps(low, high, count=6):
    """Round numbers from `low` to `high`, about so many."""
    if high <= low:
        return [low]
    rough = (high - low) / count
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough)
    first = math.ceil(low / step - 1e-9)
    return [at * step for at in range(first, math.floor(high / step + 1e-9) + 1)]


def powers(low, high):
    """Powers of ten from below `low` to above `high`."""
    return [10.0 ** at for at in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]


class Axis:
    """From values to places."""

    def __init__(self, values, log, start, end):
        self.log, self.start, self.end = log, start, end
        if log:
            values = [value for value in values if value > 0] or [1]
            self.ticks = powers(min(values), max(values))
            self.low, self.high = self.ticks[0], max(self.ticks[-1], self.ticks[0] * 10)
        else:
            self.low, self.high = min(0, *values), max(values)
            self.high = self.high if self.high > self.low else self.low + 1
            self.ticks = steps(self.low, self.high)

    def at(self, value):
        if self.log:
            value = max(value, self.low)
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


def label(value):
    if value and abs(value) < 1:
        return f"{value:g}"
    return f"{value:,.10g}"


def text_at(x, y, text, anchor="middle", more=""):
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{more}>{escape(text)}</text>\n'


def frame(plot, x, y):
    """The grid, its labels, and what the axes are."""
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    out = text_at(LEFT, 22, plot.title, "start", ' class="title"')
    for tick in y.ticks:
        out += f'<path class="grid" d="M{LEFT} {y.at(tick)}H{right}"/>\n'
        out += text_at(LEFT - 6, y.at(tick) + 4, label(tick), "end")
    for tick in x.ticks:
        out += f'<path class="grid" d="M{x.at(tick)} {TOP}V{bottom}"/>\n'
        out += text_at(x.at(tick), bottom + 16, label(tick))
    out += f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{right}"/>\n'
    out += text_at((LEFT + right) / 2, HEIGHT - 12, plot.x)
    return out + text_at(14, (TOP + bottom) / 2, plot.y,
                         more=f' transform="rotate(-90 14 {(TOP + bottom) / 2})"')


def line(series, colour, x, y, marks):
    places = [(x.at(a), y.at(b)) for a, b in series.points]
    way = "L".join(f"{a} {b}" for a, b in places)
    out = f'<path class="line" stroke="{colour}" d="M{way}"/>\n'
    if marks:
        out += "".join(f'<circle cx="{a}" cy="{b}" r="3.5" fill="{colour}"/>\n' for a, b in places)
    return out


def draw(plot):
    """The plot as a whole SVG document."""
    series = [one for one in plot.series if one.points]
    points = [point for one in series for point in one.points]
    x = Axis([a for a, _ in points], plot.log_x, LEFT, WIDTH - RIGHT)
    y = Axis([b for _, b in points], plot.log_y, HEIGHT - BOTTOM, TOP)
    height = HEIGHT + LEGEND_LINE * len(series)
    out = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
           f'width="{WIDTH}" height="{height}" role="img">\n'
           f"<title>{escape(plot.title)}</title>\n<style>{STYLE}</style>\n")
    out += frame(plot, x, y)
    for at, one in enumerate(series):
        colour, below = COLOURS[at % len(COLOURS)], HEIGHT + LEGEND_LINE * at
        out += line(one, colour, x, y, plot.marks)
        out += f'<path class="line" stroke="{colour}" d="M{LEFT} {below}h24"/>\n'
        out += text_at(LEFT + 32, below + 4, one.name, "start")
    return out + "</svg>\n"
