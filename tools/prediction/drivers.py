"""The reasons of a score: what its terms add, taken together by what they are about, and shown by events."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from memory.record import Record
from tools.prediction.known import Known, Reason
from tools.prediction.reasons import MAX_EVIDENCE, reason_of

#: Terms that speak of one thing, and are too alike for each to be a reason of its own. The first that fits.
FAMILIES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("silence", re.compile(r"recency_.*|silence.*|quiet_.*|missed_.*|overdue")),
    ("rhythm", re.compile(r".*gap_.*|horizon_over_gap")),
    ("tenure", re.compile(r"tenure.*|lived_days|span_.*")),
    ("troubles", re.compile(r"open_.*")),
    ("spending", re.compile(r"value_.*|purchases.*")),
    ("trend", re.compile(r"trend.*")),
    ("other_events", re.compile(r"other_events_.*")),
    ("event_types", re.compile(r"(?:count(?:_\d+)?|days_since(?:_first)?): .*", re.DOTALL)),
    ("details", re.compile(r"(?:mean_)?said: .*", re.DOTALL)),
    ("activity", re.compile(r"active_.*|events_.*|rate_.*|.*")),
)


@dataclass(frozen=True, slots=True)
class Driver:
    """One reason: what it adds to the score in log-odds, the numbers in its sentence, and the events that show it.

    `feature` is the one of its `terms` that adds most, which the sentence is about. `evidence` is the newest of
    `evidence_total` events; `rests_on` names the events of a number that not all of them tell.
    """

    name: str
    sentence: str
    direction: Literal["raises", "lowers"]
    contribution: float
    values: dict[str, tuple[int | float, str]]
    evidence: tuple[str, ...]
    rests_on: dict[str, tuple[str, ...]] = field(default_factory=dict)
    feature: str = ""
    terms: dict[str, float] = field(default_factory=dict)
    evidence_total: int = 0

    def behind(self, number: str) -> tuple[str, ...]:
        """The events that a number of the sentence was computed from."""
        return self.rests_on.get(number) or self.evidence


def make_drivers(contributions: Mapping[str, float], known: Known) -> tuple[Driver, ...]:
    """The drivers of one score, what adds most first; together they add up to the score less its intercept."""
    families: dict[str, dict[str, float]] = {}
    for term, added in contributions.items():
        families.setdefault(family_of(term), {})[term] = added
    found = [_driver(name, terms, known) for name, terms in families.items()]
    return tuple(sorted(found, key=lambda driver: (-abs(driver.contribution), driver.name)))


def family_of(term: str) -> str:
    """What a term is about."""
    return next(name for name, pattern in FAMILIES if pattern.fullmatch(term))


def _driver(name: str, terms: dict[str, float], known: Known) -> Driver:
    total = sum(terms.values())
    # The strongest of those that pull the way the whole does: another would contradict its sentence.
    ordered = sorted(terms, key=lambda term: (terms[term] * total < 0, -abs(terms[term]), term))
    told = ((term, reason_of(term, known)) for term in ordered)
    feature, reason = next(((term, reason) for term, reason in told if reason), (ordered[0], None))
    return _shown(name, total, terms, feature, reason or _nothing(name, known))


def _nothing(name: str, known: Known) -> Reason:
    """What is said of a family of which no event of this customer shows anything: that there is none."""
    words = name.replace("_", " ")
    return Reason(f"nothing on record about their {words}", {}, known.records[-1:])


def _shown(name: str, total: float, terms: dict[str, float], feature: str, reason: Reason) -> Driver:
    return Driver(
        name=name,
        sentence=reason.sentence,
        direction="raises" if total > 0 else "lowers",
        contribution=total,
        values=reason.values,
        evidence=_ids(reason.shown),
        rests_on={number: _ids(shown) for number, shown in reason.rests_on.items()},
        feature=feature,
        terms=terms,
        evidence_total=len(reason.shown),
    )


def _ids(records: Sequence[Record]) -> tuple[str, ...]:
    return tuple(record.message_id for record in records)[-MAX_EVIDENCE:]
