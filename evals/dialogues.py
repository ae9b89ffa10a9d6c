"""Recall on long dialogues: python -m evals.dialogues FILE_OR_FOLDER [--against mem0,langchain-qdrant].

The files have the shape of LoCoMo (Maharana et al., 2024) and are no part of this project. Each turn is one event of
one customer, the conversation; each question with evidence is put to GET /clients/{id}/memory.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from evals import rivals
from evals.product import Product, product
from evals.stats.estimate import estimate
from evals.stats.lists import ndcg_at
from evals.suites.retrieval import recall_at
from evals.target import Json

_WORKSPACE = "dialogues"
_LIMIT = 20
_WIDTH = 140
#: Turns have no time of their own; this keeps their order inside a session.
_TURN = timedelta(seconds=20)
_SESSION = re.compile(r"session_(\d+)")
_EVIDENCE = re.compile(r"D:?(\d+):(\d+)")
#: The data's own numbers.
_CATEGORIES = {1: "multi-hop", 2: "when", 3: "open domain", 4: "single-hop", 5: "adversarial"}


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    evidence: tuple[str, ...]
    category: str


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One conversation: its turns as events of one customer, and what is asked of it."""

    id: str
    events: list[Json]
    questions: list[Question]


@dataclass(slots=True)
class Measured:
    """What one system did: for each question (dialogue, category, recall@5, recall@10, nDCG@10), and seconds."""

    name: str
    rows: list[tuple[str, str, float, float, float]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, dialogue: Dialogue, question: Question, found: Sequence[str], seconds: float) -> None:
        gold = question.evidence
        scores = recall_at(5, found, gold), recall_at(10, found, gold), ndcg_at(10, found, gold)
        self.rows.append((dialogue.id, question.category, *scores))
        self.seconds.append(seconds)


def read_dialogues(path: Path) -> list[Dialogue]:
    """The conversations of a file, or of all JSON files of a folder; raises ValueError for another shape."""
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    try:
        return [read_dialogue(each) for file in files for each in json.loads(file.read_text())]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} has not the shape of LoCoMo: {error!r}") from error


def read_dialogue(data: Json) -> Dialogue:
    """One conversation with its questions; those without evidence that exists are left out."""
    name, talk = str(data["sample_id"]), data["conversation"]
    numbers = sorted(int(match[1]) for key in talk if (match := _SESSION.fullmatch(key)))
    events = [event for number in numbers for event in _events(name, talk, number)]
    known = {event["messageId"] for event in events}
    found = [
        Question(str(each["question"]), gold, _CATEGORIES.get(each.get("category"), str(each.get("category"))))
        for each in data["qa"]
        if (gold := tuple(key for key in evidence(name, each.get("evidence") or []) if key in known))
    ]
    return Dialogue(name, events, found)


def evidence(name: str, stated: Sequence[str]) -> list[str]:
    """Message ids of turns as questions name them: "D8:6; D9:17" are two, "D:11:26" is D11:26, "D30:05" D30:5."""
    turns = (match for text in stated for match in _EVIDENCE.findall(text))
    return list(dict.fromkeys(f"{name}-D{int(session)}:{int(turn)}" for session, turn in turns))


def _events(name: str, talk: Json, number: int) -> Iterator[Json]:
    begins = datetime.strptime(talk[f"session_{number}_date_time"], "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
    for place, turn in enumerate(talk[f"session_{number}"]):
        session, spoken = (int(part) for part in turn["dia_id"].lstrip("D").split(":"))
        yield {
            "type": "track",
            "event": "Message Sent",
            "userId": name,
            "messageId": f"{name}-D{session}:{spoken}",
            "timestamp": (begins + place * _TURN).isoformat(),
            "properties": {"speaker": turn["speaker"], "message": turn["text"]},
            "context": {"sessionId": f"{name}-{number}"},
        }


async def measure(target: Product, dialogues: Sequence[Dialogue], console: Console) -> Measured:
    """Send every turn to the product, then ask it every question."""
    await target.send(_WORKSPACE, [event for each in dialogues for event in each.events], console)
    measured = Measured("throughline")
    # The first question waits for the model.
    await target.search(_WORKSPACE, dialogues[0].id, "hello", limit=1)
    for dialogue in dialogues:
        for question in dialogue.questions:
            begun = perf_counter()
            found = await target.search(_WORKSPACE, dialogue.id, question.text, limit=_LIMIT)
            measured.add(dialogue, question, found, perf_counter() - begun)
    return measured


def measure_rival(name: str, make: rivals.Maker, dialogues: Sequence[Dialogue]) -> Measured:
    """The same turns and questions, each conversation in a memory of its own."""
    measured = Measured(name)
    for dialogue in dialogues:
        search = make({event["messageId"]: _told(event) for event in dialogue.events})
        for question in dialogue.questions:
            begun = perf_counter()
            found = search(question.text, _LIMIT)
            measured.add(dialogue, question, found, perf_counter() - begun)
    return measured


def _told(event: Json) -> str:
    return f"{event['properties']['speaker']}: {event['properties']['message']}"


def table(measured: Sequence[Measured]) -> Table:
    """A row for each system and category, with 95% intervals over whole conversations."""
    shown = Table("system", "questions", "n", "recall@5", "recall@10", "nDCG@10", "p50 ms", "p95 ms")
    for each in measured:
        for category in ("all", *sorted({row[1] for row in each.rows})):
            shown.add_row(*_row(each, category))
    return shown


def _row(measured: Measured, category: str) -> list[str]:
    chosen = [place for place, row in enumerate(measured.rows) if category in ("all", row[1])]
    rows = [measured.rows[place] for place in chosen]
    clusters = [row[0] for row in rows]
    figures = [estimate(np.array([[row[column]] for row in rows]), clusters) for column in (2, 3, 4)]
    p50, p95 = np.quantile([measured.seconds[place] for place in chosen], [0.5, 0.95]) * 1_000
    told = [f"{each.value:.3f} [{each.low:.3f}, {each.high:.3f}]" for each in figures]
    return [measured.name, category, str(len(rows)), *told, f"{p50:.0f}", f"{p95:.0f}"]


async def run(path: Path, against: Sequence[str], console: Console) -> list[Measured]:
    dialogues = read_dialogues(path)
    makers: dict[str, Callable[..., Any]] = {name: rivals.maker(name) for name in against}
    async with product() as target:
        found = [await measure(target, dialogues, console)]
    console.print(_line(found[-1]))
    for name, make in makers.items():
        found.append(measure_rival(name, make, dialogues))
        console.print(_line(found[-1]))
    return found


def _line(measured: Measured) -> str:
    """One system in short, as soon as it is known: a run takes minutes."""
    name, _, n, at_5, at_10, *_ = _row(measured, "all")
    return f"{name}: recall@5 {at_5}, recall@10 {at_10}, {n} questions"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m evals.dialogues", description=__doc__)
    parser.add_argument("path", type=Path, help="a file of conversations, or a folder of such files")
    names = ",".join(rivals.NAMES)
    parser.add_argument("--against", default="", help=f"also measure {names}: install their packages yourself")
    given = parser.parse_args()
    console = Console()
    try:
        found = asyncio.run(run(given.path, [name for name in given.against.split(",") if name], console))
    except (ValueError, OSError, rivals.Missing) as error:
        parser.exit(2, f"{error}\n")
    # A report that is piped into a file has no width of its own.
    console.print(table(found), width=max(console.width, _WIDTH))


if __name__ == "__main__":
    main()
