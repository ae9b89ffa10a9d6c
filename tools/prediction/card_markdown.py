"""A model's card as a page of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from tools.prediction import card_words as words
from tools.prediction.card import Card, Holdout

#: As many as help to understand a model; the JSON holds all.
MOST_FEATURES = 14
_PUNCTUATION = re.compile(r"([\\`*_\[\]#|~$!])")
_BAR_CELLS = 20
_BLOCKS = " ▏▎▍▌▋▊▉█"


def card_markdown(card: Card) -> str:
    """The whole page; the same for the same card."""
    lines = [f"# {escaped(words.title(card))}", "", f"{words.question(card.definition)} {card.form_words}.", ""]
    lines += [f"**{card.warning}**", ""] if card.warning else []
    for section in (_facts, _figures, _reliability, _candidates, _features, _bands, _events, _limits):
        lines += section(card)
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Text of others in one line, in which nothing is read as Markdown or HTML, and no address becomes a link."""
    plain = words.one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    marked = _PUNCTUATION.sub(r"\\\1", plain)
    # Many readers turn a bare address into a link.
    return re.sub(r"(?i)(https?|ftp|mailto|www)([:.])", r"\1&#8203;\2", marked).replace("@", "&#64;")


def bar(share: float) -> str:
    """A bar of block letters as long as the share (0..1) of _BAR_CELLS."""
    eighths = round(min(max(share, 0.0), 1.0) * _BAR_CELLS * 8)
    whole, rest = divmod(eighths, 8)
    return (_BLOCKS[8] * whole + (_BLOCKS[rest] if rest else "")) or _BLOCKS[1]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """The lines of a table, the columns `right` set to the right; cells must have been escaped."""
    rule = "|".join("---:" if column in right else "---" for column in range(len(head)))
    return [f"| {' | '.join(head)} |", f"|{rule}|", *(f"| {' | '.join(row)} |" for row in rows), ""]


def _facts(card: Card) -> list[str]:
    return _table(("", ""), [(name, escaped(value)) for name, value in words.facts(card)])


def _figures(card: Card) -> Iterator[str]:
    yield from ("## How good it is", "")
    if card.holdout is None:
        yield from ("It has not been tested on this workspace yet.", "")
        return
    yield from (words.holdout_sentence(card.holdout), "")
    yield from _table(("figure", "result", "how to read it"), words.figures(card), right=(1,))


def _reliability(card: Card) -> Iterator[str]:
    if card.holdout is None or not card.holdout.reliability:
        return
    yield from ("## Forecast and outcome", "", words.RELIABILITY, "")
    yield from _table(
        ("forecast", "came", "95% interval", "customers", "forecast ▸ came"), _bins(card.holdout), right=(0, 1, 2, 3)
    )


def _bins(holdout: Holdout) -> Iterator[tuple[str, ...]]:
    for each in holdout.reliability:
        interval = f"{words.percent(each.low)} to {words.percent(each.high)}"
        bars = f"{bar(each.forecast / holdout.top)}<br>{bar(each.observed / holdout.top)}"
        yield (words.percent(each.forecast), words.percent(each.observed), interval, f"{each.n:,}", bars)


def _candidates(card: Card) -> Iterator[str]:
    if not card.candidates:
        return
    yield from ("## Why this kind of model", "", words.CANDIDATES, "")
    head = ("model", *map(words.day, card.origins), "mean", "")
    rows = [
        (
            words.FORM_NAMES[c.form],
            *map(words.number, c.log_losses),
            words.number(c.log_loss),
            "chosen" if c.chosen else "",
        )
        for c in card.candidates
    ]
    yield from _table(head, rows, right=range(1, len(head) - 1))


def _features(card: Card) -> Iterator[str]:
    if not any(feature.importance > 0 for feature in card.features):
        return
    yield from ("## What it looks at", "", words.FEATURES, "")
    most = card.features[0].importance
    rows = [
        (escaped(words.name(f.words)), words.number(f.importance), bar(f.importance / most))
        for f in card.features[:MOST_FEATURES]
    ]
    yield from _table(("feature", "weight", ""), rows, right=(1,))
    yield from words.left_out(card, MOST_FEATURES)


def _bands(card: Card) -> Iterator[str]:
    if card.bands:
        yield from ("## Bands", "", words.BANDS, "")
        yield from _table(
            ("band", "from"),
            [(escaped(words.name(b.band)), words.percent(b.probability)) for b in card.bands],
            right=(1,),
        )


def _events(card: Card) -> Iterator[str]:
    if card.activity or card.calendar:
        yield from ("## Event types", "")
        yield from ([f"- Activity: {escaped(words.names(card.activity))}"] if card.activity else [])
        yield from ([f"- {words.CALENDAR}: {escaped(words.names(card.calendar))}"] if card.calendar else [])
        yield ""


def _limits(card: Card) -> Iterator[str]:
    yield from ("## What it does not know", "", *(f"- {escaped(limit)}" for limit in card.limits), "")
