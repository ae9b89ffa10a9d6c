"""Pieces of a drawing: text that fits, scales, ticks, marks. Sizes are in pixels of a drawing WIDTH wide."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from evals.report.wording import clean, one_line

#: As wide as a phone, so that nothing gets too small to read on one; a page sets drawings side by side.
WIDTH = 360
TEXT_PX = 12
SMALL_PX = 11
#: Mean width of a letter in a system font, in heights of the font; ideographs are as wide as high.
_LETTER, _IDEOGRAPH = 0.57, 1.0
#: Series differ in form as well as in colour.
_DASHES = ("", "6 3", "2 3", "8 3 2 3")
COLOURS = 5
#: Corners around a point; none for a circle.
_FORMS: tuple[tuple[tuple[float, float], ...], ...] = (
    (),
    ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    ((0, -1.2), (1.15, 0.9), (-1.15, 0.9)),
)
_DIAMOND = 2

Scale = Callable[[float], float]


def drawing(title: str, description: str, height: float, parts: Iterable[str]) -> str:
    """A whole picture, named and described for those who do not see it."""
    return (
        f'<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img"'
        f" aria-label={quoteattr(one_line(title))}><title>{escape(clean(title))}</title>"
        f"<desc>{escape(clean(description))}</desc>{''.join(parts)}</svg>"
    )


def text(x: float, y: float, words: str, name: str = "label", anchor: str = "start", room: float = WIDTH) -> str:
    """Words in at most `room` pixels; what does not fit is in the title that shows on pointing at it."""
    fitting = fit(words, room, TEXT_PX if name == "label" else SMALL_PX)
    title = f"<title>{escape(one_line(words))}</title>" if fitting != one_line(words) else ""
    return f'<text class="{name}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(fitting)}{title}</text>'


def line(x1: float, y1: float, x2: float, y2: float, name: str) -> str:
    return f'<line class="{name}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def path(points: Sequence[tuple[float, float]], series: int) -> str:
    """A line through points, in the colour and the dashes of its series."""
    steps = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashes = _DASHES[series % len(_DASHES)]
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<polyline class="line s{series % COLOURS}" points="{steps}"{dashed}/>'


def mark(x: float, y: float, series: int, size: float = 4, title: str = "", name: str = "") -> str:
    """A circle, square, diamond or triangle around a point, in the colour of its series or as a class says."""
    corners = _FORMS[series % len(_FORMS)]
    name = name or f"mark s{series % COLOURS}"
    said = f"<title>{escape(one_line(title))}</title>"
    if not corners:
        return f'<circle class="{name}" cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}">{said}</circle>'
    points = " ".join(f"{x + size * dx:.1f},{y + size * dy:.1f}" for dx, dy in corners)
    return f'<polygon class="{name}" points="{points}">{said}</polygon>'


def chance(x: float, y: float, title: str) -> str:
    """The hollow diamond that stands for guessing."""
    return mark(x, y, _DIAMOND, 4, title, "chance")


def fit(words: str, room: float, size: float) -> str:
    """As much of the words as fits, in one line."""
    words, used = one_line(words), 0.0
    widths = [size * (_IDEOGRAPH if unicodedata.east_asian_width(letter) in "WF" else _LETTER) for letter in words]
    if sum(widths) <= room:
        return words
    for index, width in enumerate(widths):
        used += width
        if used > room - size * _LETTER:
            return words[:index].rstrip() + "…"
    return words


def scale(domain: tuple[float, float], start: float, end: float) -> Scale:
    """Maps a domain to pixels; a domain of one value to the middle."""
    low, high = domain
    if not high > low:
        return lambda value: (start + end) / 2
    return lambda value: start + (min(max(value, low), high) - low) / (high - low) * (end - start)


def ticks(domain: tuple[float, float], most: int = 5) -> list[float]:
    """Round numbers in a domain: multiples of 1, 2 or 5 times a power of ten."""
    low, high = domain
    if not high > low:
        return [low]
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [index * step for index in range(first, math.floor(high / step + 1e-9) + 1)]


def extent(values: Iterable[float | None], *include: float) -> tuple[float, float]:
    """The smallest and the largest of what is defined and what is to be included; (0, 1) for nothing at all."""
    defined = [value for value in values if value is not None] + list(include)
    if not defined:
        return 0.0, 1.0
    low, high = min(defined), max(defined)
    return (low, high) if high > low else (low, low + 1.0)
