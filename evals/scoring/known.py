"""What is true of a workspace, in the form that judging an answer needs: who, which items, which events."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from evals.oracle import Happening, World, read_world
from evals.sample import Sample
from evals.scoring.dates import asked_as_of
from evals.scoring.folding import fold
from evals.scoring.number_words import COUNTING
from evals.sources import SOURCES


@dataclass(frozen=True, slots=True)
class Known:
    """A workspace up to its clock. `persons` gives the customer of each folded id and of each name only they have.

    `owners` are the ids that an event may be said to be of: its person's, and those it was sent with.
    """

    world: World
    items: Sequence[str]
    events: Mapping[str, Happening]
    owners: Mapping[str, frozenset[str]]
    persons: Mapping[str, str]
    naming: re.Pattern[str]
    counting: re.Pattern[str]

    def asked_at(self, sample: Sample) -> datetime:
        """The instant whose knowledge is asked for: nothing at or after it may be used."""
        stated = sample.as_of or sample.data.get("as_of") or asked_as_of(sample.question)
        if stated is None:
            return self.world.now
        return self.world.end_of(stated) if len(stated) == len("2026-03-31") else instant(stated)


@lru_cache
def know(workspace: str) -> Known:
    """What is known of a workspace of `evals.sources`; raises KeyError."""
    return known_of(read_world(workspace), SOURCES[workspace].lines())


def known_of(world: World, lines: Iterable[Mapping[str, Any]] = ()) -> Known:
    """What is known of a world; `lines` are its events as they were sent."""
    items = sorted({item for happening in world.happenings for item in happening.items})
    events = {happening.id: happening for happening in world.happenings}
    sent = {line["messageId"]: {line.get("userId"), line.get("anonymousId")} - {None} for line in lines}
    owners = {key: frozenset({event.who, *sent.get(key, ())}) for key, event in events.items()}
    persons = {fold(who): who for who in world.people()} | _names(world)
    texts = [*items, *events, *persons]
    return Known(
        world, items, events, owners, persons,
        _any_of(persons, before=r"\w@.,€£$-"),
        _any_of((text for text in texts if _counts(text) and not text.isdigit()), before=r"\w"),
    )  # fmt: skip


def instant(text: str) -> datetime:
    """An ISO 8601 instant; raises ValueError."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _names(world: World) -> dict[str, str]:
    """The folded names that one person alone has told."""
    found: dict[str, set[str]] = {}
    for happening in world.happenings:
        name = happening.properties.get("name") if happening.title == "identify" else None
        if isinstance(name, str) and name.strip():
            found.setdefault(fold(name), set()).add(happening.who)
    return {name: next(iter(who)) for name, who in found.items() if len(who) == 1}


def _counts(name: str) -> bool:
    """Whether there is a quantity in a name: left whole, it would read as one."""
    return any(char.isdigit() for char in name) or COUNTING.search(name) is not None


def _any_of(texts: Iterable[str], before: str) -> re.Pattern[str]:
    """Any of these folded texts as words of their own, the longest first; never matches where there are none."""
    longest = sorted({fold(text) for text in texts} - {""}, key=lambda text: (-len(text), text))
    either = "|".join(map(re.escape, longest)) or r"(?!)"
    return re.compile(rf"(?<![{before}])(?:{either})(?![\w@]|[-.,]\w)(?!\s?(?:eur|gbp|usd)\b)")
