"""Whom a domain's questions are about: drawn customers with enough of a history, and what people call them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from evals.domains.figures import Of, people
from evals.generated.draft import draft
from evals.sample import Sample
from evals.truth.figures import Evidence
from evals.truth.tables import Tables

Truth = tuple[Any, Evidence]


@dataclass(slots=True)
class Asking:
    """One category's questions over one domain; who has been asked about comes up again last."""

    tables: Tables
    rng: Random
    _seen: list[str] = field(default_factory=list)

    def pick(self, of: Of, least: int = 1, fits: Callable[[str], bool] = lambda who: True) -> str:
        """A customer with so many of the events whom a condition fits; raises ValueError where there is none."""
        pool = [who for who in people(self.tables, of, least)[0] if fits(who)]
        if not pool:
            raise ValueError(f"nobody fits a question about {of}")
        fresh = [who for who in pool if who not in self._seen] or pool
        chosen = self.rng.choice(fresh)
        self._seen.append(chosen)
        return chosen

    def two(self, of: Of, least: int = 1, fits: Callable[[str, str], bool] = lambda a, b: True) -> tuple[str, str]:
        """Two customers with so many of the events."""
        one = self.pick(of, least)
        return one, self.pick(of, least, lambda other: other != one and fits(one, other))

    def call(self, who: str) -> str:
        """One of the ways to name a customer that fits nobody else: most often the full name."""
        name: str
        (name,) = self.tables.column("SELECT name FROM people WHERE who = $who", who=who)
        first = name.split()[0]
        sharing = self.tables.column(
            "SELECT who FROM people WHERE list_contains(string_split(name, ' '), $first)", first=first
        )
        ways: list[str] = [name, name, name, name, who, *([first, first] if len(sharing) == 1 else [])]
        return self.rng.choice(ways)

    def ask(self, words: str, kind: str, truth: Truth, *who: str, **more: Any) -> Sample:
        """A question in which {0}, {1} … stand for the customers that it is about."""
        called = [self.call(each) for each in who]
        before = tuple(each.format(*called) for each in more.pop("before", ()))
        value, evidence = truth
        return draft(self.tables, words.format(*called), kind, value, evidence, who=who, before=before, **more)


#: Makes the questions of a category.
Questions = Callable[[Asking], Iterator[Sample]]


def parts(*told: tuple[str, Truth]) -> Truth:
    """Several things in one question: the kind and truth of each."""
    value = [{"kind": kind, "value": truth[0]} for kind, truth in told]
    return value, tuple(key for _, truth in told for key in truth[1])
