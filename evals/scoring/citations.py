"""Whether what an answer cites exists, belongs to whom it is about, was known at the time, and shows what is said.

A reply is the JSON of POST /chat. Besides what it cites, the evidence of its facts counts.
"""

from __future__ import annotations

from evals.sample import Gold, Sample
from evals.scoring.known import Known, instant
from evals.scoring.reading import MARKER, QUOTED
from evals.scoring.values import REFUSALS
from evals.target import Json

#: Of more evidence a fact carries a sample, so no answer can show more.
MOST_EVIDENCE = 50


def cited_ids(reply: Json) -> list[str]:
    return [citation["message_id"] for citation in reply["citations"]]


def evidence_ids(reply: Json) -> set[str]:
    """The events behind the facts of a reply."""
    return {key for fact in reply["facts"] for key in fact["evidence"]}


def invented(reply: Json, known: Known) -> str | None:
    """An event that is not of the workspace, or a marker that points to nothing."""
    missing = sorted({*cited_ids(reply), *evidence_ids(reply)} - known.events.keys())
    if missing:
        return f"no such event: {missing[:3]}"
    pointed = {int(number) for number in MARKER.findall(QUOTED.sub(" ", reply["answer"]))}
    loose = sorted(pointed - {citation["n"] for citation in reply["citations"]})
    return f"markers without a citation: {loose[:3]}" if loose else None


def not_owned(sample: Sample, reply: Json, known: Known) -> str | None:
    """A cited event of somebody else than it is said to be of, or than the sample is about."""
    for citation in reply["citations"]:
        owners = known.owners.get(citation["message_id"])
        if owners is None:
            continue
        if citation["customer_id"] not in owners:
            return f"{citation['message_id']} is not of {citation['customer_id']}"
        if sample.customer_ids and not owners & set(sample.customer_ids):
            return f"{citation['message_id']} is of {citation['customer_id']}, who was not asked about"
    return None


def misdated(sample: Sample, reply: Json, known: Known) -> str | None:
    """A wrong time of a cited event, anything known only later, or an answer as of a later time than asked."""
    asked = known.asked_at(sample)
    if instant(reply["as_of"]) > asked:
        return f"it answers as of {reply['as_of']}, later than asked"
    for citation in reply["citations"]:
        event = known.events.get(citation["message_id"])
        if event and instant(citation["occurred_at"]) != event.at:
            return f"{event.id} was not at {citation['occurred_at']}"
    used = {*cited_ids(reply), *evidence_ids(reply)} & known.events.keys()
    late = sorted(key for key in used if known.events[key].at >= asked)
    return f"known only later: {late[:3]}" if late else None


def uncited(gold: Gold, reply: Json) -> str | None:
    """An answer without citations, or with none of the events that show it."""
    if not reply["citations"]:
        return "it cites nothing"
    shown = not gold.evidence or set(cited_ids(reply)) & set(gold.evidence)
    return None if shown else "it cites none of the events that show it"


def precision(gold: Gold, reply: Json) -> float | None:
    """The share of cited events that are gold evidence; None where nothing is cited, or no gold lists evidence."""
    cited = set(cited_ids(reply))
    if not cited or not gold.evidence or gold.kind in REFUSALS:
        return None
    return len(cited & set(gold.evidence)) / len(cited)


def recall(gold: Gold, reply: Json) -> float | None:
    """The share of the gold evidence that is cited or behind a fact, of as much as an answer can show."""
    if not gold.evidence or gold.kind in REFUSALS:
        return None
    shown = {*cited_ids(reply), *evidence_ids(reply)} & set(gold.evidence)
    return min(1.0, len(shown) / min(len(set(gold.evidence)), MOST_EVIDENCE))
