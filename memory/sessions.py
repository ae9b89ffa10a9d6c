"""Which events belong to one sitting: the session they name, else no pause of half an hour between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from memory.fusion import Scores
from memory.record import Record

#: The pause that ends a visit by the convention of web analytics.
GAP = timedelta(minutes=30)
#: What was said just before counts half in meaning: it says what an answer is about. Words count in full.
_MEANING_BEFORE, _WORDS_BEFORE = 0.5, 1.0


@dataclass(frozen=True, slots=True)
class Sitting:
    """Where an event stands: the number of its session, and the event just before it there."""

    number: int
    before: str | None


def sittings(timeline: Iterable[Record]) -> dict[str, Sitting]:
    """The sitting of each event of one customer, by message id; the timeline is in order.

    Nothing is kept of this: an event that comes late finds its place, and moves its neighbours, by being there.
    """
    found: dict[str, Sitting] = {}
    numbers: dict[str | datetime, int] = {}
    last: dict[int, str] = {}
    started = latest = None
    for record in timeline:
        key: str | datetime | None = record.session
        if key is None:
            if latest is None or started is None or record.occurred_at - latest > GAP:
                started = record.occurred_at
            latest, key = record.occurred_at, started
        number = numbers.setdefault(key, len(numbers))
        found[record.message_id] = Sitting(number, last.get(number))
        last[number] = record.message_id
    return found


def meaning_in_context(scores: Scores, places: dict[str, Sitting]) -> dict[str, float]:
    """The cosine of each event with half of its predecessor's added, where that is near at all."""
    return {key: score + _MEANING_BEFORE * max(0.0, _before(key, scores, places)) for key, score in scores.items()}


def words_in_context(scores: Scores, places: dict[str, Sitting], among: Iterable[str]) -> dict[str, float]:
    """The word score of each event and its predecessor together; of those `among` that have any."""
    summed = {key: scores.get(key, 0.0) + _WORDS_BEFORE * _before(key, scores, places) for key in among}
    return {key: score for key, score in summed.items() if score > 0}


def lift_sessions(scores: Scores, places: dict[str, Sitting], share: float) -> dict[str, float]:
    """Each score with this share of the best of its session added."""
    best: dict[int, float] = {}
    for key, score in scores.items():
        number = places[key].number
        best[number] = max(score, best.get(number, 0.0))
    return {key: score + share * best[places[key].number] for key, score in scores.items()}


def _before(key: str, scores: Scores, places: dict[str, Sitting]) -> float:
    before = places[key].before
    return scores.get(before, 0.0) if before is not None else 0.0
