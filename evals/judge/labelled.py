"""Answers that people have judged, against which a judge is calibrated."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from evals.sample import DATA

LABELLED = DATA / "judge.jsonl"


class BadLabels(ValueError):
    """A labelled file that cannot be used: which line and why."""


class Labelled(BaseModel):
    """An answer that a person has judged."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    question: str
    expected: str
    answer: str
    label: Literal["right", "wrong"]


def read_labelled(file: Path = LABELLED) -> list[Labelled]:
    """The labelled answers of a JSONL file; raises BadLabels, also for a file with one label only."""
    found: list[Labelled] = []
    for number, line in enumerate(file.read_text().splitlines(), start=1):
        try:
            found.append(Labelled.model_validate_json(line))
        except ValidationError as error:
            raise BadLabels(f"{file.name}, line {number}: {error.errors()[0]['msg']}") from None
    doubled = [key for key, count in Counter(each.id for each in found).items() if count > 1]
    if doubled:
        raise BadLabels(f"{file.name}: the id {doubled[0]!r} stands there twice")
    if {each.label for each in found} != {"right", "wrong"}:
        raise BadLabels(f"{file.name}: it takes answers that are right and answers that are wrong")
    return found


def labelled_hash(labelled: Sequence[Labelled]) -> str:
    """Names a set of labelled answers: the same in any order."""
    lines = sorted(json.dumps(each.model_dump(), sort_keys=True) for each in labelled)
    return sha256("\n".join(lines).encode()).hexdigest()[:16]
