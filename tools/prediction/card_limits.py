"""What a model does not know, in plain words: some holds for every model, the rest follows from its figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.prediction.card import CardDefinition, Form, Holdout, Learnt

#: Below so many of either outcome the rates of ten bins are guesses.
_FEW_OUTCOMES = 50
_YEAR_DAYS = 365
#: So many times its noise floor, and so much, is a calibration error that luck does not explain.
_OVER_FLOOR, _MISCALIBRATED = 2.0, 0.02
#: The base rates of training and test may differ by so much before it is said.
_DRIFT = 0.05


def limits_of(
    definition: CardDefinition, form: Form, learnt: Learnt, holdout: Holdout | None, calendar: Sequence[str]
) -> list[str]:
    """Sentences for the card."""
    return [
        *_always(definition),
        *_of_form(form),
        *_of_history(learnt),
        *(_of_holdout(learnt, holdout) if holdout else _untested()),
        *_of_calendar(calendar),
    ]


def _always(definition: CardDefinition) -> Iterator[str]:
    yield (
        f"It speaks of the next {definition.horizon_days} days only: somebody who comes back later counts as gone, and "
        "nothing is said of what follows."
        if definition.kind == "inactivity"
        else f"It speaks of the next {definition.horizon_days} days only, and not of what follows."
    )
    yield (
        "It knows what the events sent to this workspace tell, and nothing else: no competitor's offer, no change of "
        "price, no illness."
    )
    yield "Its reasons say what the probability rests on, not what would change it."


def _of_form(form: Form) -> Iterator[str]:
    if form == "prior":
        yield (
            "Prior, uncalibrated: it was learnt from other businesses. The order of customers is likely to be right, "
            "the probabilities may be off until this workspace's own history can be learnt from."
        )
    if form == "bgnbd":
        yield "It looks at when customers were active and at nothing else: not at amounts, troubles or other events."


def _of_history(learnt: Learnt) -> Iterator[str]:
    days = round(learnt.span_days)
    if learnt.first_event is None:
        yield "There are no events yet."
    elif days < _YEAR_DAYS:
        yield f"The data span {days:,} days, less than a year: it has not seen every season."


def _untested() -> Iterator[str]:
    yield "It has not been tested on this workspace: no label window has ended since there was enough to train on."


def _of_holdout(learnt: Learnt, holdout: Holdout) -> Iterator[str]:
    found = holdout.metrics
    fewer = min(found.happened, found.n - found.happened)
    if fewer < _FEW_OUTCOMES:
        yield (
            f"The test has {found.happened:,} customers to whom it happened and {found.n - found.happened:,} to whom "
            "it did not: its figures are rough."
        )
    if found.ece is not None and found.ece_noise_floor is not None and found.ece > _MISCALIBRATED:
        times = found.ece / found.ece_noise_floor if found.ece_noise_floor else float("inf")
        if times > _OVER_FLOOR:
            yield (
                f"Its probabilities were off by {found.ece:.1%} on average in the test, more than luck explains "
                f"({found.ece_noise_floor:.1%})."
            )
    if learnt.base_rate is not None and found.rate is not None and abs(found.rate - learnt.base_rate) > _DRIFT:
        yield (
            f"The rate moves: {learnt.base_rate:.1%} in training, {found.rate:.1%} in the test. Where it moves again, "
            "the probabilities will lag behind."
        )


def _of_calendar(calendar: Sequence[str]) -> Iterator[str]:
    if calendar:
        yield "Event types that come by the calendar were found; they say nothing of what the customer wants."
