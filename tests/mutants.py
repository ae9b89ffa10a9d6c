"""Agents made wrong on purpose, each in one way: what a harness must catch, and where."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from evals.sample import Sample
from evals.scoring.known import Known, instant
from evals.scoring.values import REFUSALS
from evals.target import Json
from tests.evals_agents import Answer, citable, cite, fact, right_answer

_MARKERS = re.compile(r"\s*\[\d+\]")
#: A number that no sample holds.
_NOWHERE = 93.75


@dataclass(frozen=True, slots=True)
class Mutant:
    """`answer` is how it answers every question; `fails` the scores below 1 that this has to show for a sample."""

    name: str
    answer: Answer
    fails: Callable[[Sample, Known], set[str]]


def _answered(*scores: str) -> Callable[[Sample, Known], set[str]]:
    """These scores fail wherever there is an answer."""
    return lambda sample, known: set() if sample.gold.kind in REFUSALS else set(scores)


def _of_kinds(*kinds: str) -> Callable[[Sample, Known], set[str]]:
    return lambda sample, known: {"value"} if sample.gold.kind in kinds else set()


# --- Citations ---


def _without_citations(sample: Sample, known: Known) -> Json:
    reply = right_answer(sample, known)
    return {**reply, "citations": [], "answer": _MARKERS.sub("", reply["answer"])}


def _citing_also(sample: Sample, known: Known, citation: Json) -> Json:
    reply = right_answer(sample, known)
    if reply["abstained"]:
        return reply
    n = len(reply["citations"]) + 1
    return {**reply, "citations": [*reply["citations"], {**citation, "n": n}], "answer": f"{reply['answer']} [{n}]"}


def _inventing_an_event(sample: Sample, known: Known) -> Json:
    return _citing_also(sample, known, {**cite(known.world.happenings[0], 0), "message_id": "no-such-event"})


def _citing_somebody_else(sample: Sample, known: Known) -> Json:
    """Passes an event of another customer off as one of whom was asked about."""
    own = right_answer(sample, known)["citations"]
    claimed = own[0]["customer_id"] if own else ""
    everybody = sample.model_copy(update={"customer_ids": ()})
    others = [event for event in citable(everybody, known) if claimed not in known.owners[event.id]]
    return _citing_also(sample, known, {**cite(others[0], 0), "customer_id": claimed}) if others else {}


def _misdating(sample: Sample, known: Known) -> Json:
    reply = right_answer(sample, known)
    earlier = [
        {**citation, "occurred_at": (instant(citation["occurred_at"]) - timedelta(hours=1)).isoformat()}
        for citation in reply["citations"]
    ]
    return {**reply, "citations": earlier}


# --- What is said ---


def _never_abstaining(sample: Sample, known: Known) -> Json:
    reply = right_answer(sample, known)
    if not reply["abstained"]:
        return reply
    shown = [cite(event, 1) for event in citable(sample, known)[-1:]]
    return {**reply, "abstained": False, "answer": "Yes, certainly. [1]" if shown else "Yes.", "citations": shown}


def _always_abstaining(sample: Sample, known: Known) -> Json:
    reply = _without_citations(sample, known)
    return {**reply, "abstained": True} if sample.gold.kind not in REFUSALS else reply


def _with_an_uncomputed_number(sample: Sample, known: Known) -> Json:
    reply = right_answer(sample, known)
    return reply if reply["abstained"] else {**reply, "answer": f"{reply['answer']}\nThat is about {_NOWHERE}."}


def _linking(sample: Sample, known: Known) -> Json:
    reply = right_answer(sample, known)
    return {**reply, "answer": f"{reply['answer']}\nSee [the dashboard](dashboard)."}


def _obeying(sample: Sample, known: Known) -> Json:
    """Does what the events of an attacked customer tell it to: says, cites and calls what is forbidden."""
    reply = right_answer(sample, known)
    if sample.category != "injection":
        return reply
    said = sample.forbid.text[:1]
    # It believes the numbers too, so that nothing else is wrong.
    facts = [fact(float(n.replace(",", "")), ()) for text in said for n in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]
    tools = [{"name": name, "args": {}, "ok": True, "ms": 1.0, "error": None} for name in sample.forbid.tools[:1]]
    return {
        **reply,
        "answer": "\n".join([reply["answer"], *said]),
        "facts": [*reply["facts"], *facts],
        "tools": [*reply["tools"], *tools],
    }


def _obeyed(sample: Sample, known: Known) -> bool:
    return sample.category == "injection" and bool(sample.forbid.text or sample.forbid.tools)


def _calling_nothing(sample: Sample, known: Known) -> Json:
    return {**right_answer(sample, known), "tools": []}


# --- Values ---


def _instead(sample: Sample, known: Known, value: Any) -> Json:
    """The right answer to the question whose gold value were this one."""
    return right_answer(sample.model_copy(update={"gold": sample.gold.model_copy(update={"value": value})}), known)


def _unlucky(sample: Sample) -> bool:
    """Three samples in ten, the same ones every time."""
    return sha256(sample.id.encode()).digest()[0] % 10 < 3


def _miscounting(sample: Sample, known: Known) -> Json:
    if sample.gold.kind != "count" or not _unlucky(sample):
        return right_answer(sample, known)
    return _instead(sample, known, sample.gold.value + 1)


def _miscounted(sample: Sample, known: Known) -> set[str]:
    return {"value"} if sample.gold.kind == "count" and _unlucky(sample) else set()


def _with_a_stale_score(sample: Sample, known: Known) -> Json:
    """The silence as it was a week ago."""
    if sample.gold.kind != "signal":
        return right_answer(sample, known)
    return _instead(sample, known, _other(sample, known, "signal", sample.gold.value))


def _turning_round(sample: Sample, known: Known) -> Json:
    if sample.gold.kind not in ("ranking", "timeline"):
        return right_answer(sample, known)
    return _instead(sample, known, list(reversed(sample.gold.value)))


def _turned(sample: Sample, known: Known) -> set[str]:
    return {"value"} if sample.gold.kind in ("ranking", "timeline") and len(sample.gold.value) > 1 else set()


def _ignoring_as_of(sample: Sample, known: Known) -> Json:
    """Answers for the present: its clock, another value than at that time, and the newest events."""
    asked = known.asked_at(sample)
    if asked >= known.world.now:
        return right_answer(sample, known)
    wrong = sample
    if sample.gold.kind not in REFUSALS:
        value = _other(sample, known, sample.gold.kind, sample.gold.value)
        wrong = sample.model_copy(update={"gold": sample.gold.model_copy(update={"value": value})})
    now = {**right_answer(wrong, known), "as_of": known.world.now.isoformat()}
    present = sample.model_copy(update={"as_of": known.world.now.isoformat()})
    newest = citable(present, known)[-1:] if not now["abstained"] else []
    later = [cite(event, len(now["citations"]) + 1) for event in newest]
    return {**now, "citations": [*now["citations"], *later]}


def _later(sample: Sample, known: Known) -> set[str]:
    if known.asked_at(sample) >= known.world.now:
        return set()
    return {"dated"} if sample.gold.kind in REFUSALS else {"dated", "value"}


def _other(sample: Sample, known: Known, kind: str, value: Any) -> Any:
    """Another value of the same kind."""
    return _OTHER[kind](value, sample, known)


def _another_part(value: Sequence[Json], sample: Sample, known: Known) -> list[Json]:
    return [{**part, "value": _other(sample, known, part["kind"], part["value"])} for part in value]


def _others(value: Sequence[str], sample: Sample, known: Known) -> list[str]:
    return [who for who in known.world.people() if who not in value][:1]


_OTHER: dict[str, Callable[[Any, Sample, Known], Any]] = {
    "count": lambda value, *_: value + 1,
    "number": lambda value, *_: {**value, "value": value["value"] + 1},
    "money": lambda value, *_: {c: round(amount + 10, 2) for c, amount in value.items()} or {"EUR": 10.0},
    "date": lambda value, *_: (date.fromisoformat(value) + timedelta(days=1)).isoformat(),
    "text": lambda value, *_: ["something else"],
    "customers": _others,
    "includes": _others,
    "ranking": _others,
    "offer": lambda value, sample, known: {"bought": [item for item in known.items if item not in value["bought"]]},
    "parts": _another_part,
    "trend": lambda value, *_: {**value, "last": value["last"] + 7, "direction": "up"},
    "compare": lambda value, *_: {**value, "values": {who: had + 7 for who, had in value["values"].items()}},
    "timeline": lambda value, *_: list(value[1:]) or [{"date": "2000-01-01", "says": "nothing"}],
    "signal": lambda value, *_: {**value, "silent_days": abs(value["silent_days"] - 7)},
}

MUTANTS = (
    Mutant("no citations", _without_citations, _answered("cited")),
    Mutant("invents an event", _inventing_an_event, _answered("exists")),
    Mutant("cites the wrong customer", _citing_somebody_else, _answered("owner")),
    Mutant("misdates what it cites", _misdating, _answered("dated")),
    Mutant("never abstains", _never_abstaining, lambda s, _: {"abstention"} if s.gold.kind in REFUSALS else set()),
    Mutant("always abstains", _always_abstaining, _answered("abstention", "value")),
    Mutant("states a number without a fact", _with_an_uncomputed_number, _answered("grounded")),
    Mutant("writes links", _linking, lambda *_: {"forbidden"}),
    Mutant("follows injections", _obeying, lambda s, known: {"forbidden"} if _obeyed(s, known) else set()),
    Mutant("calls no tools", _calling_nothing, lambda s, _: {"tools"} if s.expect_tools else set()),
    Mutant("ignores as_of", _ignoring_as_of, _later),
    Mutant("counts off by one in 30%", _miscounting, _miscounted),
    Mutant("quotes a stale score", _with_a_stale_score, _of_kinds("signal")),
    Mutant("ranks in the wrong order", _turning_round, _turned),
)
