"""The reliability plot of a card as SVG: what was forecast, what came, how sure that is, and how often it was forecast.

Only figures and words of ours are in it. Colours come from the page, by class.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tools.prediction.card import Holdout
from tools.prediction.card_words import percent
from tools.prediction.metrics import ReliabilityBin

_WIDTH, _HEIGHT = 420, 508
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 402, 14, 358
_BARS_TOP, _BARS_BOTTOM = 390, 450
#: Marks on both scales by where they end, so that each is a round number.
_STEPS = {0.2: 4, 0.4: 4, 0.6: 3, 0.8: 4}
#: A mark of one radius a bin: bins are of equal count.
_RADIUS = 4.5


def reliability_svg(holdout: Holdout) -> str:
    """The plot, named and described for those who do not see it."""
    parts = [*_grid(holdout.top), *_bars(holdout), *_marks(holdout.reliability, holdout.top)]
    return (
        f'<svg class="plot" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-labelledby="plot-title plot-desc"><title id="plot-title">Reliability of the forecasts</title>'
        f'<desc id="plot-desc">{_described(holdout)}</desc>{"".join(parts)}</svg>'
    )


def _described(holdout: Holdout) -> str:
    told = [f"{percent(b.forecast)} forecast, {percent(b.observed)} came" for b in holdout.reliability]
    return f"{len(told)} groups of forecasts, lowest first: {'; '.join(told)}." if told else "There were no forecasts."


def _x(value: float, top: float) -> float:
    return _LEFT + min(value, top) / top * (_RIGHT - _LEFT)


def _y(value: float, top: float) -> float:
    return _BOTTOM - min(value, top) / top * (_BOTTOM - _TOP)


def _grid(top: float) -> Iterator[str]:
    steps = _STEPS.get(top, 5)
    for step in range(steps + 1):
        value = top * step / steps
        x, y = _x(value, top), _y(value, top)
        yield _line(x, _TOP, x, _BOTTOM, "grid") + _line(_LEFT, y, _RIGHT, y, "grid")
        yield _text(_LEFT - 8, y + 4, percent(value, 0), "end", "tick")
        yield _text(x, _BARS_BOTTOM + 17, percent(value, 0), "middle", "tick")
    yield _line(_LEFT, _BOTTOM, _RIGHT, _TOP, "ideal")
    yield _text((_LEFT + _RIGHT) / 2, _HEIGHT - 10, "Forecast probability", "middle", "axis")
    middle = (_TOP + _BOTTOM) / 2
    yield (
        f'<text class="axis" text-anchor="middle" transform="translate(14 {middle:.0f}) rotate(-90)">'
        "Share to whom it happened</text>"
    )


def _bars(holdout: Holdout) -> Iterator[str]:
    most, count = max(holdout.histogram, default=0), len(holdout.histogram)
    width = (_RIGHT - _LEFT) / max(count, 1)
    for number, forecasts in enumerate(holdout.histogram):
        height = forecasts / most * (_BARS_BOTTOM - _BARS_TOP) if most else 0.0
        if forecasts:
            # Somebody is there: half a pixel at least.
            height = max(height, 0.5)
        x = _LEFT + number * width + 0.5
        said = f"{forecasts:,} from {percent(holdout.top * number / count)}"
        yield (
            f'<rect class="bar" x="{x:.1f}" y="{_BARS_BOTTOM - height:.1f}" width="{width - 1:.1f}" '
            f'height="{height:.1f}"><title>{said}</title></rect>'
        )
    yield _line(_LEFT, _BARS_BOTTOM, _RIGHT, _BARS_BOTTOM, "base")
    yield _text(_RIGHT, _BARS_TOP - 9, f"number of forecasts, at most {most:,} a bar", "end", "tick")


def _marks(bins: Sequence[ReliabilityBin], top: float) -> Iterator[str]:
    points = " ".join(f"{_x(b.forecast, top):.1f},{_y(b.observed, top):.1f}" for b in bins)
    yield f'<polyline class="curve" points="{points}"/>'
    for each in bins:
        x, low, high = _x(each.forecast, top), _y(each.low, top), _y(each.high, top)
        yield _line(x, low, x, high, "whisker")
        yield _line(x - 4, low, x + 4, low, "whisker") + _line(x - 4, high, x + 4, high, "whisker")
    for each in bins:
        x, y = _x(each.forecast, top), _y(each.observed, top)
        said = (
            f"{percent(each.forecast)} forecast, {percent(each.observed)} came "
            f"({percent(each.low)} to {percent(each.high)}), {each.n:,} customers"
        )
        yield f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="{_RADIUS}"><title>{said}</title></circle>'


def _line(x1: float, y1: float, x2: float, y2: float, name: str) -> str:
    return f'<line class="{name}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, words: str, anchor: str, name: str) -> str:
    return f'<text class="{name}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>'
