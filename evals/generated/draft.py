"""A drawn question with its gold: a sample that has no id yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle
from random import Random
from typing import Any

from evals.sample import Gold, Sample
from evals.truth.tables import Tables

_UNNAMED = "draft"


def draft(
    tables: Tables,
    question: str,
    kind: str,
    value: Any,
    evidence: Iterable[str] = (),
    *,
    who: Sequence[str] = (),
    **more: Any,
) -> Sample:
    """A sample of a workspace about these customers; `more` are other fields of Sample."""
    return Sample(
        id=_UNNAMED,
        category=_UNNAMED,
        workspace=tables.workspace,
        customer_ids=tuple(who),
        question=question,
        gold=Gold(kind=kind, value=value, evidence=tuple(dict.fromkeys(evidence))),
        **more,
    )


def phrase(rng: Random, templates: Sequence[str], **words: Any) -> str:
    """One of the phrasings with its words filled in."""
    return fill(rng.choice(templates), **words)


def fill(template: str, **words: Any) -> str:
    """A phrasing with its words filled in; where one of them begins it, it gets a capital."""
    text = template.format(**words)
    is_address = "@" in text.split(" ", 1)[0]
    return text[0].upper() + text[1:] if template.startswith("{") and not is_address else text


def in_turn(rng: Random, templates: Sequence[str]) -> Iterator[str]:
    """All phrasings one after the other, again and again, from a drawn order."""
    return cycle(rng.sample(templates, len(templates)))
