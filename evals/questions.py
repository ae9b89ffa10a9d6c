"""Demo questions and the gold of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class Gold:
    """What an answer must state, in the form of its kind (see `evals.scorers`), and the events that show it."""

    kind: str
    value: Any
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """`customer_id` is set only where the request itself is bound to a customer."""

    id: str
    category: str
    workspace: str
    question: str
    customer_id: str | None
    gold: Gold


def read_questions(file: Path = DATA / "questions.jsonl") -> list[Question]:
    """The questions of a JSONL file, in its order."""
    lines = [json.loads(line) for line in file.read_text().splitlines() if line.strip()]
    return [Question(**{**line, "gold": _gold(line["gold"])}) for line in lines]


def _gold(fields: dict[str, Any]) -> Gold:
    return Gold(fields["kind"], fields["value"], tuple(fields["evidence"]))
