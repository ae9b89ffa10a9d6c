"""Charts as inline SVG, one function a kind: a plot in, a picture out that says the same to those who do not see it.

The page colours them by class; form, dashes and words tell apart what colour alone would.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pydantic import BaseModel, ValidationError

from evals.report import svg
from evals.report.schema import Number
from evals.report.wording import UNDEFINED, counted, number
from evals.suite import Plot

_ROW_PX = 38
_LEFT, _RIGHT = 46.0, svg.WIDTH - 12.0
_TOP, _BOTTOM = 24.0, 214.0
_LEGEND_PX = 18
#: Of a line with more points only the last is marked.
_MARKED_POINTS = 24


class UnknownPlot(ValueError):
    """A plot that no chart is drawn for: its kind is unknown, or its data are not of its kind."""


class _Row(BaseModel):
    label: str
    value: Number = None
    low: Number = None
    high: Number = None
    n: int | None = None
    chance: Number = None


class _Rows(BaseModel):
    rows: list[_Row]
    unit: str = "share"


class _Point(BaseModel):
    predicted: Number = None
    observed: Number = None
    n: int = 0


class _Calibrated(BaseModel):
    label: str
    points: list[_Point]


class _Reliability(BaseModel):
    series: list[_Calibrated]


class _Line(BaseModel):
    label: str
    points: list[tuple[Number, Number]]


class _Lines(BaseModel):
    x_title: str = ""
    y_title: str = ""
    series: list[_Line]


def draw(plot: Plot) -> str:
    """The plot as SVG; raises UnknownPlot."""
    try:
        return KINDS[plot.kind](plot)
    except KeyError:
        raise UnknownPlot(
            f"no chart is drawn for plots of the kind {plot.kind!r}; there are {', '.join(KINDS)}"
        ) from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise UnknownPlot(f"the plot {plot.title!r} of the kind {plot.kind!r}: {field}: {first['msg']}") from None


def intervals(plot: Plot) -> str:
    """A dot and its 95% interval a row; what chance would reach is a hollow diamond."""
    data = _Rows.model_validate(plot.data)
    shown = [value for row in data.rows for value in (row.value, row.low, row.high, row.chance)]
    domain = svg.extent(shown, 0.0, 1.0) if data.unit == "share" else svg.extent(shown, 0.0)
    at = svg.scale(domain, 8, _RIGHT)
    bottom = 6 + _ROW_PX * len(data.rows)
    parts = _vertical_axis(domain, at, 4, bottom, data.unit)
    for index, row in enumerate(data.rows):
        parts += _interval_row(row, at, 6 + _ROW_PX * index, data.unit)
    return svg.drawing(plot.title, _told(data), bottom + 20, parts)


def bars(plot: Plot) -> str:
    """A bar a row, from zero."""
    data = _Rows.model_validate(plot.data)
    domain = svg.extent((row.value for row in data.rows), 0.0)
    at = svg.scale(domain, 8, _RIGHT)
    bottom = 6 + _ROW_PX * len(data.rows)
    parts = _vertical_axis(domain, at, 4, bottom, data.unit)
    for index, row in enumerate(data.rows):
        y = 6.0 + _ROW_PX * index
        parts += _row_words(row, y, data.unit)
        if row.value is not None:
            start, end = sorted((at(0), at(row.value)))
            parts.append(f'<rect class="bar" x="{start:.1f}" y="{y + 18:.1f}" width="{end - start:.1f}" height="11"/>')
    return svg.drawing(plot.title, _told(data), bottom + 20, parts)


def reliability(plot: Plot) -> str:
    """What was foretold against what came; on the diagonal both are equal. Larger marks hold more cases."""
    data = _Reliability.model_validate(plot.data)
    x, y = svg.scale((0, 1), _LEFT, _RIGHT), svg.scale((0, 1), _BOTTOM, _TOP)
    parts = _frame((0, 1), (0, 1), x, y, "share", "foretold", "came true")
    parts.append(svg.line(x(0), y(0), x(1), y(1), "diagonal"))
    most = max((point.n for series in data.series for point in series.points), default=0)
    for index, series in enumerate(data.series):
        points = [(p.predicted, p.observed, p.n) for p in series.points]
        defined = [(p, o, n) for p, o, n in points if p is not None and o is not None]
        parts.append(svg.path([(x(p), y(o)) for p, o, _ in defined], index))
        for p, o, n in defined:
            size = 3 + 4 * (max(n, 0) / most) ** 0.5 if most > 0 else 3
            parts.append(svg.mark(x(p), y(o), index, size, f"{number(p)} foretold, {number(o)} came true, n {n}"))
    told = "; ".join(f"{s.label}: {_reliable(s)}" for s in data.series) or "no series"
    return _with_legend(plot.title, told, [series.label for series in data.series], parts)


def lines(plot: Plot) -> str:
    """Lines over numbers; where a value is not defined a line is broken."""
    data = _Lines.model_validate(plot.data)
    points = [point for series in data.series for point in series.points]
    x_domain, y_domain = svg.extent(p[0] for p in points), svg.extent((p[1] for p in points), 0.0)
    x, y = svg.scale(x_domain, _LEFT, _RIGHT), svg.scale(y_domain, _BOTTOM, _TOP)
    parts = _frame(x_domain, y_domain, x, y, "", data.x_title, data.y_title)
    for index, series in enumerate(data.series):
        for piece in _pieces(series.points):
            placed = [(x(a), y(b)) for a, b in piece]
            parts.append(svg.path(placed, index))
            marked = placed if len(placed) <= _MARKED_POINTS else placed[-1:]
            parts += [svg.mark(*at, index, 3.5, series.label) for at in marked]
    told = "; ".join(f"{s.label}: {_walked(s.points)}" for s in data.series) or "no series"
    return _with_legend(plot.title, told, [series.label for series in data.series], parts)


KINDS: dict[str, Callable[[Plot], str]] = {
    "intervals": intervals,
    "reliability": reliability,
    "lines": lines,
    "bars": bars,
}


def _interval_row(row: _Row, at: svg.Scale, top: float, unit: str) -> list[str]:
    middle = top + 23
    parts = [*_row_words(row, top, unit), svg.line(8, middle, _RIGHT, middle, "track")]
    if row.low is not None and row.high is not None:
        parts.append(svg.line(at(row.low), middle, at(row.high), middle, "whisker"))
        parts += [svg.line(at(end), middle - 4, at(end), middle + 4, "whisker") for end in (row.low, row.high)]
    if row.chance is not None:
        parts.append(svg.chance(at(row.chance), middle, f"by chance {number(row.chance, unit)}"))
    if row.value is not None:
        parts.append(svg.mark(at(row.value), middle, 0, 5, _row_told(row, unit)))
    return parts


def _row_words(row: _Row, top: float, unit: str) -> list[str]:
    value = _row_value(row, unit)
    used = len(value) * svg.SMALL_PX * 0.57 + 10
    return [
        # Beside the line of zero, not on it.
        svg.text(12, top + 12, row.label, room=max(60, _RIGHT - 12 - used)),
        svg.text(_RIGHT, top + 12, value, "figure", "end"),
    ]


def _row_value(row: _Row, unit: str) -> str:
    return number(row.value, unit) + ("" if row.n is None else f" · n {row.n:,}")


def _row_told(row: _Row, unit: str) -> str:
    between = "" if row.low is None or row.high is None else f", {number(row.low, unit)} to {number(row.high, unit)}"
    chance = "" if row.chance is None else f", by chance {number(row.chance, unit)}"
    return f"{row.label}: {number(row.value, unit)}{between}{chance}" + ("" if row.n is None else f", n {row.n:,}")


def _told(data: _Rows) -> str:
    return "; ".join(_row_told(row, data.unit) for row in data.rows) or "no rows"


def _reliable(series: _Calibrated) -> str:
    return (
        ", ".join(f"{number(p.predicted)} foretold, {number(p.observed)} came true" for p in series.points)
        or "no points"
    )


def _walked(points: Sequence[tuple[float | None, float | None]]) -> str:
    defined = [(x, y) for x, y in points if x is not None and y is not None]
    if not defined:
        return UNDEFINED
    (first_x, first), (last_x, last) = defined[0], defined[-1]
    ends = f"from {number(first, '')} at {number(first_x, '')} to {number(last, '')} at {number(last_x, '')}"
    return f"{ends}, {counted(len(defined), 'point')}"


def _pieces(points: Sequence[tuple[float | None, float | None]]) -> list[list[tuple[float, float]]]:
    pieces: list[list[tuple[float, float]]] = [[]]
    for x, y in points:
        if x is None or y is None:
            pieces.append([])
        else:
            pieces[-1].append((x, y))
    return [piece for piece in pieces if piece]


def _vertical_axis(domain: tuple[float, float], at: svg.Scale, top: float, bottom: float, unit: str) -> list[str]:
    parts = []
    for tick in svg.ticks(domain):
        anchor = "start" if at(tick) < 20 else "end" if at(tick) > svg.WIDTH - 24 else "middle"
        parts.append(svg.line(at(tick), top, at(tick), bottom, "zero" if tick == 0 else "grid"))
        parts.append(svg.text(at(tick), bottom + 14, _tick(tick, unit), "tick", anchor))
    return parts


def _frame(
    xs: tuple[float, float], ys: tuple[float, float], x: svg.Scale, y: svg.Scale, unit: str, x_title: str, y_title: str
) -> list[str]:
    """Grid, ticks and titles of a drawing with two axes."""
    parts = [svg.text(8, 12, f"↑ {y_title}" if y_title else "", "tick")]
    for tick in svg.ticks(ys):
        parts.append(svg.line(_LEFT, y(tick), _RIGHT, y(tick), "grid"))
        parts.append(svg.text(_LEFT - 6, y(tick) + 4, _tick(tick, unit), "tick", "end", _LEFT - 6))
    for tick in svg.ticks(xs):
        anchor = "end" if x(tick) > svg.WIDTH - 24 else "middle"
        parts.append(svg.line(x(tick), _BOTTOM, x(tick), _BOTTOM + 4, "grid"))
        parts.append(svg.text(x(tick), _BOTTOM + 16, _tick(tick, unit), "tick", anchor))
    parts.append(svg.text(_RIGHT, _BOTTOM + 32, f"{x_title} →" if x_title else "", "tick", "end", _RIGHT - _LEFT))
    return parts


def _tick(value: float, unit: str) -> str:
    if unit == "share":
        return f"{100 * value:.3g}%"
    return f"{value / 1000:g}k" if 10_000 <= abs(value) < 1_000_000 else f"{value:.4g}"


def _with_legend(title: str, description: str, labels: Sequence[str], parts: list[str]) -> str:
    top = _BOTTOM + 44
    for index, label in enumerate(labels):
        y = top + _LEGEND_PX * index
        parts += [svg.path([(8, y), (36, y)], index), svg.mark(22, y, index, 3.5, label)]
        parts.append(svg.text(44, y + 4, label, room=_RIGHT - 44))
    return svg.drawing(title, description, top + _LEGEND_PX * len(labels), parts)
