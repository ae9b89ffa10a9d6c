"""An agent that knows every answer of a suite, and says it in the form of POST /chat."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any
from uuid import uuid4

from rich.console import Console

from evals.oracle import Happening
from evals.sample import Sample
from evals.scoring.citations import MOST_EVIDENCE
from evals.scoring.known import Known, know
from evals.scoring.values import REFUSALS
from evals.target import Json

#: (sample, what is known of its workspace) -> reply
Answer = Callable[[Sample, Known], Json]
#: What a kind of gold reads like: lines of text, and the numbers in them.
Stated = tuple[list[str], list[float]]

_CITED = 4


def right_answer(sample: Sample, known: Known) -> Json:
    """The reply that a perfect analyst gives: everything the gold asks for, and nothing that was not known."""
    lines, numbers = _STATE[sample.gold.kind](sample.gold.value, sample, known)
    refused = sample.gold.kind in REFUSALS
    shown = [] if refused else [known.events[key] for key in sample.gold.evidence] or citable(sample, known)[-1:]
    citations = [cite(event, n) for n, event in enumerate(shown[:_CITED], start=1)]
    markers = "".join(f"[{citation['n']}]" for citation in citations)
    return {
        "thread_id": uuid4().hex,
        "answer": "\n".join(f"{line} {markers}".strip() for line in lines),
        "citations": citations,
        "facts": [] if refused else [fact(number, shown) for number in numbers or [None]],
        "tools": [{"name": name, "args": {}, "ok": True, "ms": 1.0, "error": None} for name in sample.expect_tools],
        "abstained": refused,
        "mode": "deterministic",
        "mode_reason": None,
        "as_of": known.asked_at(sample).isoformat(),
    }


def citable(sample: Sample, known: Known) -> list[Happening]:
    """The events that may be cited: of whom the sample is about, and of the time before what is asked."""
    about, end = set(sample.customer_ids), known.asked_at(sample)
    return [
        event
        for event in known.world.happenings
        if event.at < end and (not about or about & known.owners[event.id]) and event.id not in sample.forbid.cite
    ]


def cite(event: Happening, n: int) -> Json:
    return {
        "n": n,
        "message_id": event.id,
        "customer_id": event.who,
        "occurred_at": event.at.isoformat(),
        "text": event.title,
    }


class Agent:
    """A Target that answers the questions of these samples; others it leaves open, as what comes before in a thread."""

    title = "an agent that knows the answers"

    def __init__(self, samples: Iterable[Sample], answer: Answer = right_answer) -> None:
        self._samples = {_key(s.workspace, s.question, s.bound_to, s.as_of, s.before): s for s in samples}
        self._asked: dict[str, tuple[str, ...]] = {}
        self._answer = answer

    async def prepare(self, workspaces: Collection[str], console: Console, *, by_meaning: bool = True) -> None:
        """Nothing: it knows."""

    async def ask(
        self,
        workspace: str,
        question: str,
        *,
        customer_id: str | None = None,
        as_of: str | None = None,
        thread_id: str | None = None,
    ) -> Json:
        before = self._asked.get(thread_id or "", ())
        sample = self._samples.get(_key(workspace, question, customer_id, as_of, before))
        known = know(workspace)
        reply = self._answer(sample, known) if sample else _opening(workspace, question, known)
        reply["thread_id"] = thread_id or reply["thread_id"]
        self._asked[reply["thread_id"]] = (*before, question)
        return reply

    async def search(
        self, workspace: str, customer_id: str | None, query: str, *, as_of: str | None = None, limit: int = 20
    ) -> list[str]:
        raise NotImplementedError("it only answers")

    async def churn(self, workspace: str, as_of: str) -> list[Json]:
        raise NotImplementedError("it only answers")

    async def recommend(
        self,
        workspace: str,
        customer_id: str,
        as_of: str,
        limit: int,
        *,
        kind: str | None = None,
        exclude_owned: bool = False,
    ) -> list[Json]:
        raise NotImplementedError("it only answers")


def _key(workspace: str, question: str, customer_id: str | None, as_of: str | None, before: Sequence[str]) -> Any:
    return workspace, question, customer_id, as_of, tuple(before)


def _opening(workspace: str, question: str, known: Known) -> Json:
    gold = {"kind": "unanswerable"}
    asked = {"id": "before", "category": "before", "workspace": workspace, "question": question, "gold": gold}
    return right_answer(Sample.model_validate(asked), known)


def fact(value: float | None, events: Sequence[Happening]) -> Json:
    return {
        "name": "value",
        "value": value,
        "unit": None,
        "tool": "oracle",
        "evidence": [event.id for event in events[:MOST_EVIDENCE]],
        "evidence_total": len(events),
        "query": None,
    }


# --- What each kind of gold reads like ---


def _count(value: int, sample: Sample, known: Known) -> Stated:
    return ([f"There are {value} of them."], [value]) if value else (["None on record."], [])


def _number(value: Json, sample: Sample, known: Known) -> Stated:
    return [f"It comes to {value['value']:.2f}."], [value["value"]]


def _money(value: dict[str, float], sample: Sample, known: Known) -> Stated:
    amounts = " and ".join(f"{amount:.2f} {currency}" for currency, amount in value.items())
    return [f"It comes to {amounts}." if amounts else "Nothing was paid."], list(value.values())


def _date(value: str, sample: Sample, known: Known) -> Stated:
    return [f"On {value}."], []


def _text(value: Sequence[str], sample: Sample, known: Known) -> Stated:
    return ['On record: "' + '", "'.join(phrase.split("|")[0] for phrase in value) + '".'], []


def _customers(value: Sequence[str], sample: Sample, known: Known) -> Stated:
    return [", ".join(value) + "." if value else "Nobody."], []


def _ranking(value: Sequence[str], sample: Sample, known: Known) -> Stated:
    return [f"{place}. {who}." for place, who in enumerate(value, start=1)], []


def _offer(value: dict[str, list[str]], sample: Sample, known: Known) -> Stated:
    new = next(item for item in known.items if item not in value["bought"])
    return [f'Offer "{new}".'], []


def _parts(value: Sequence[Json], sample: Sample, known: Known) -> Stated:
    parts = [_STATE[part["kind"]](part["value"], sample, known) for part in value]
    return [line for lines, _ in parts for line in lines], [number for _, numbers in parts for number in numbers]


def _trend(value: Json, sample: Sample, known: Known) -> Stated:
    first, last = (_shown(value[name], value) for name in ("first", "last"))
    said = {"up": "It went up", "down": "It went down", "flat": "It stayed the same"}[value["direction"]]
    return [f"{said}: from {first} to {last}."], [value["first"], value["last"]]


def _compare(value: Json, sample: Sample, known: Known) -> Stated:
    lines = [f"{who}: {_shown(amount, value)}." for who, amount in value["values"].items()]
    said = f"{value['winner']} has more." if value["winner"] else "They are equal."
    return [said, *lines], list(value["values"].values())


def _timeline(value: Sequence[Json], sample: Sample, known: Known) -> Stated:
    return [f'- On {entry["date"]}: "{entry["says"].split("|")[0]}".' for entry in value], []


def _signal(value: Json, sample: Sample, known: Known) -> Stated:
    said = "They count as churned." if value["churned"] else "They are still here."
    return [said, f"They did nothing of their own for {value['silent_days']} days."], [value["silent_days"]]


def _unanswerable(value: None, sample: Sample, known: Known) -> Stated:
    return ["Nothing on record answers this."], []


def _ambiguous(value: Sequence[str], sample: Sample, known: Known) -> Stated:
    return [f"Several fit: {' and '.join(value)}. Which one is meant?"], []


def _unknown(value: None, sample: Sample, known: Known) -> Stated:
    return ["There is no such customer here."], []


def _shown(amount: float, value: Json) -> str:
    currency = value.get("currency")
    return f"{amount:.2f} {currency}" if currency else re.sub(r"\.0+$", "", f"{amount:.2f}")


_STATE: dict[str, Callable[[Any, Sample, Known], Stated]] = {
    "count": _count,
    "number": _number,
    "money": _money,
    "date": _date,
    "text": _text,
    "customers": _customers,
    "includes": _customers,
    "ranking": _ranking,
    "offer": _offer,
    "parts": _parts,
    "trend": _trend,
    "compare": _compare,
    "timeline": _timeline,
    "signal": _signal,
    "unanswerable": _unanswerable,
    "ambiguous": _ambiguous,
    "unknown": _unknown,
}
