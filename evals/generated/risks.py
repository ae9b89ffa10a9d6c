"""Whether a customer is about to leave, and what shows it: how long they are silent, and whether they are gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from evals.generated.draft import draft, fill, in_turn
from evals.generated.names import called
from evals.sample import Sample
from evals.truth.churn import Silence, silences
from evals.truth.tables import Tables

ASKED = (
    "Is {who} at risk of leaving, and why?",
    "Why might we lose {who}?",
    "How high is the churn risk of {who}?",
    "are we losing {who}?",
    "Could you check whether {who} is likely to churn, and what speaks for it?",
    "churn risk of {who}?",
)
#: Three active days show a rhythm, against which a silence means something.
_ACTIVE_DAYS = 3


def shop(tables: Tables, rng: Random) -> Iterator[Sample]:
    found = [each for each in silences(tables) if each.clear]
    gone = rng.sample([each for each in found if each.churned], 5)
    here = rng.sample([each for each in found if not each.churned and each.active_days >= _ACTIVE_DAYS], 8)
    return signals(tables, rng, [*gone, *here])


def software(tables: Tables, rng: Random) -> Iterator[Sample]:
    return signals(tables, rng, [each for each in silences(tables) if each.clear])


def signals(tables: Tables, rng: Random, found: Sequence[Silence]) -> Iterator[Sample]:
    """A question about each."""
    for each, template in zip(found, in_turn(rng, ASKED), strict=False):
        words = fill(template, who=called(tables, each.who, rng))
        # Of who cancelled, how long they are silent says nothing more.
        kind, gold = ("text", ["cancel"]) if each.cancelled else ("signal", value(each))
        yield draft(tables, words, kind, gold, each.evidence[-1:], who=[each.who], expect_tools=("churn",))


def value(of: Silence) -> dict[str, bool | int]:
    return {"churned": of.churned, "silent_days": of.silent_days}
