"""Suite `own`: one's own questions to a running service, judged by what the service itself has on record.

What is looked up while asking goes into the output, so that a run can be scored again without the service.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from evals.oracle import Happening, World
from evals.remote import Remote, Unreachable
from evals.sample import BadSamples, Sample, read_samples
from evals.scoring.check import check
from evals.scoring.citations import cited_ids, evidence_ids
from evals.scoring.folding import fold
from evals.scoring.known import Known, instant, known_of
from evals.suite import Score, Suite
from evals.suites import answers
from evals.target import Json, Target

#: Gold that cannot be read shows when an empty answer is held against it, before anybody is asked.
_EMPTY_REPLY: Json = {
    "answer": "", "citations": [], "facts": [], "tools": [], "abstained": False, "as_of": "2000-01-01T00:00:00Z",
}  # fmt: skip
_NOTHING_KNOWN: Json = {"now": "9999-01-01T00:00:00Z", "time_zone": "UTC", "events": {}, "customers": []}


def own_suite(file: Path) -> Suite:
    """The suite over a JSONL file of samples; the file is read, and refused (BadSamples), when they are asked for."""
    return Suite(
        name="own",
        title="Own questions",
        samples=lambda: _readable(read_samples(file), file.name),
        solve=solve,
        score=score,
        metrics=tuple(answers.METRICS),
        passes="passed",
    )


async def solve(target: Target, sample: Sample) -> Json:
    """The reply, and what the service says of the events and customers in it."""
    if not isinstance(target, Remote):
        raise Unreachable("One's own questions are asked of a running service: name it with --url.")
    output = await answers.solve(target, sample)
    return {**output, "known": await _look_up(target, sample, output["reply"])}


def score(sample: Sample, output: Json) -> dict[str, Score]:
    """As in the suite `answers`, against what was looked up."""
    return check(sample, output["reply"], known_from(output["known"]))


def known_from(found: Json) -> Known:
    """What was looked up, in the form that scoring needs."""
    kept = {key: event for key, event in found["events"].items() if event}
    # A customer's row tells what an identify event does: who, and their name. No event has an empty id.
    rows = [_identified(row["client_id"], row["name"]) for row in found["customers"]]
    happenings = [_happening(key, event) for key, event in kept.items()]
    now = instant(found["now"])
    world = World([*rows, *happenings], ZoneInfo(found["time_zone"]), now, inactive_days=0)
    sent = [{"messageId": key, "userId": event["sent_for"]} for key, event in kept.items()]
    return known_of(world, [*sent])


async def _look_up(target: Remote, sample: Sample, reply: Json) -> Json:
    workspace = sample.workspace
    cited = set(cited_ids(reply))
    versions = await target.lookup(workspace, {*cited, *evidence_ids(reply)})
    # Asked for after the reply: a clock that runs is then later than the one that it was given at.
    now, zone = await target.clock(workspace)
    events = {
        key: version and _brief(version, await _owner(target, workspace, version, key in cited))
        for key, version in versions.items()
    }
    rows = _mentioned(await target.customers(workspace), sample, reply["answer"])
    return {"now": now, "time_zone": zone, "events": events, "customers": rows}


async def _owner(target: Remote, workspace: str, version: Json, is_cited: bool) -> str:
    """Whose a cited event is; of the many behind facts nobody asks."""
    sent_for: str = version["client_id"]
    return await target.person(workspace, sent_for) if is_cited else sent_for


def _brief(version: Json, owner: str) -> Json:
    """Of an event no more than scoring needs."""
    event = version["event"]
    return {
        "who": owner,
        "sent_for": version["client_id"],
        "at": version["occurred_at"],
        "title": event.get("event") or event.get("name") or event.get("type") or "",
        "properties": event.get("properties") or event.get("traits") or {},
    }


def _mentioned(customers: Iterable[Json], sample: Sample, answer: str) -> list[Json]:
    """The customers whose id or name stands in the answer, and those that the sample is about."""
    text = fold(answer)
    return [
        row
        for row in customers
        if row["client_id"] in sample.customer_ids
        or fold(row["client_id"]) in text
        or (row["name"] and fold(row["name"]) in text)
    ]


def _happening(key: str, event: Json) -> Happening:
    properties: dict[str, Any] = event["properties"]
    products = properties.get("products")
    names = (each.get("name") for each in products if isinstance(each, dict)) if isinstance(products, list) else ()
    items = tuple(name for name in names if isinstance(name, str))
    return Happening(key, instant(event["at"]), event["who"], event["title"], None, None, items, properties)


def _identified(customer_id: str, name: str | None) -> Happening:
    told = {"name": name} if name else {}
    return Happening("", datetime.min.replace(tzinfo=UTC), customer_id, "identify", None, None, (), told)


def _readable(samples: Sequence[Sample], name: str) -> Sequence[Sample]:
    nothing = known_from(_NOTHING_KNOWN)
    for sample in samples:
        for reply in (_EMPTY_REPLY, {**_EMPTY_REPLY, "abstained": True}):
            try:
                check(sample, reply, nothing)
            except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
                told = f"{name}: {sample.id!r} cannot be judged by its gold, of the kind {sample.gold.kind!r}"
                raise BadSamples(f"{told}: {type(error).__name__}: {error}") from None
    return samples
