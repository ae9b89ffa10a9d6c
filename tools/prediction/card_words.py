"""How figures, times and names of a model's card are written, the same on every page."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from math import log

from tools.prediction.card import Card, CardDefinition, Form, Holdout

#: A name on a page is one line of at most so many letters; the JSON holds all of it.
MOST_CHARS = 120
MOST_NAMES = 20
_HIDING = ("Cc", "Cf", "Cs", "Zl", "Zp")

FORM_NAMES: dict[Form, str] = {
    "steps": "Boosting machine",
    "prior": "Prior",
    "offset": "Prior with offset",
    "bgnbd": "BG/NBD",
}
RELIABILITY = (
    "Ten groups of customers, from the lowest forecasts to the highest: what was forecast for them on average, and to "
    "how many of them it happened."
)
CANDIDATES = (
    "Log loss (lower is better) at times in the past, each forecast from what was known then. The simpler model stays "
    "unless a richer one is better by more than chance."
)
FEATURES = "Weight: by how much it moves a customer's log-odds, up or down, on average."
BANDS = "Names for ranges of the probability, by the workspace's settings or its usual rate."
CALENDAR = "Found to come by the calendar, and not counted as activity"


def number(value: float | None, digits: int = 3) -> str:
    """A figure; a dash where it is not defined."""
    return "–" if value is None else f"{value:.{digits}f}"


def percent(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}%}"


def day(moment: datetime | None) -> str:
    """A date, with the time of day (UTC) where it is not midnight."""
    if moment is None:
        return "–"
    midnight = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return f"{moment:%Y-%m-%d}" if midnight else f"{moment:%Y-%m-%d %H:%M}"


def days(count: int) -> str:
    return "1 day" if count == 1 else f"{count:,} days"


def one_line(text: str) -> str:
    """Text of others in one line: control and direction marks could hide or turn around what is written beside it."""
    shown = "".join(" " if unicodedata.category(letter) in _HIDING else letter for letter in text)
    return " ".join(shown.split())


def name(text: str) -> str:
    """A name of others, in one line of at most MOST_CHARS."""
    line = one_line(text)
    return line if len(line) <= MOST_CHARS else line[: MOST_CHARS - 1] + "…"


def names(texts: Sequence[str]) -> str:
    """The first of many names, and how many more there are."""
    shown = ", ".join(f"“{name(text)}”" for text in texts[:MOST_NAMES])
    return shown if len(texts) <= MOST_NAMES else f"{shown} and {len(texts) - MOST_NAMES:,} more"


def question(definition: CardDefinition) -> str:
    """What the probability is of, in a sentence."""
    within = f"within the next {days(definition.horizon_days)}"
    if definition.outcome == "conversion":
        return f"The probability of a first purchase {within}."
    if definition.outcome == "repeat_purchase":
        return f"The probability of another purchase {within}."
    if definition.kind == "cancel":
        return f"The probability that the customer cancels {within}."
    return f"The probability that the customer does nothing of their own {within}."


def title(card: Card) -> str:
    outcome = card.definition.outcome.replace("_", " ")
    return f"Model card: {outcome} within {days(card.definition.horizon_days)}"


def figures(card: Card) -> list[tuple[str, str, str]]:
    """The figures of the test: what, how much, and how to read it."""
    if card.holdout is None:
        return []
    found = card.holdout.metrics
    floor = percent(found.ece_noise_floor)
    return [
        (
            "ROC-AUC",
            number(found.roc_auc),
            "how often, of two customers, the one to whom it happens has the higher forecast",
        ),
        ("PR-AUC", number(found.pr_auc), f"average precision; by chance {number(found.rate)}"),
        ("Log loss", number(found.log_loss), f"nats; always forecasting the mean rate: {number(_entropy(found.rate))}"),
        ("Brier score", number(found.brier), f"squared error; always the mean rate: {number(_variance(found.rate))}"),
        ("Calibration error", percent(found.ece), f"ECE, ten bins; a perfect forecast of this size shows {floor}"),
        (
            "Lift at 10 %",
            number(found.lift_at_10, 2),
            "rate among the tenth with the highest forecasts, over that of all",
        ),
    ]


def _entropy(rate: float | None) -> float | None:
    if rate is None or rate in (0.0, 1.0):
        return None if rate is None else 0.0
    return -rate * log(rate) - (1 - rate) * log(1 - rate)


def _variance(rate: float | None) -> float | None:
    return None if rate is None else rate * (1 - rate)


def holdout_sentence(holdout: Holdout) -> str:
    """What was tested on whom, and that nothing of it was in the training."""
    found = holdout.metrics
    return (
        f"Held out by time: {found.n:,} customers as they were on {day(holdout.origin)}, forecast by a model that "
        f"learnt from {holdout.trained_on_cut_offs:,} earlier cut-offs whose windows had ended by then. It happened "
        f"to {found.happened:,} of them ({percent(found.rate)})."
    )


def facts(card: Card) -> list[tuple[str, str]]:
    """What the model is and what it learnt from, by name."""
    learnt, definition = card.learnt, card.definition
    cut_offs = f"{len(learnt.cut_offs):,}"
    if learnt.cut_offs:
        cut_offs += f", {day(learnt.cut_offs[0])} to {day(learnt.cut_offs[-1])}"
    if learnt.every_days and len(learnt.cut_offs) > 1:
        cut_offs += f", every {days(learnt.every_days)}"
    span = f"{day(learnt.first_event)} to {day(learnt.last_event)} ({days(round(learnt.span_days))})"
    found = [
        ("Version", card.version),
        ("Made", f"{card.made_at:%Y-%m-%d %H:%M} UTC"),
        ("Definition", f"{definition.kind.replace('_', ' ')}, horizon {days(definition.horizon_days)}"),
        ("Activity", names(definition.activity) or "every event that customers start"),
        ("Model", card.form_words),
        ("Data", span if learnt.first_event else "no events"),
        ("Trained on what was known until", day(learnt.trained_until)),
        ("Cut-offs", cut_offs),
        ("Customers, rows", f"{learnt.customers:,}, {learnt.rows:,}"),
        ("Base rate in training", percent(learnt.base_rate)),
    ]
    if definition.kind == "cancel":
        ends = names(definition.cancel_events) or "every event that means an end"
        found.insert(4, ("Ends a customer's life", ends))
    return found


def left_out(card: Card, most: int) -> list[str]:
    """That there are more features than shown, if there are."""
    more = len(card.features) - most
    return [f"… and {more:,} more, in the JSON.", ""] if more > 0 else []
