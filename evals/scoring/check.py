"""Every question that is asked of an answer, and whether it passes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent.answer import UNDERSTOOD
from evals.sample import Sample
from evals.scoring.abstention import misjudged
from evals.scoring.citations import invented, misdated, not_owned, precision, recall, uncited
from evals.scoring.forbidden import violation
from evals.scoring.grounded import ungrounded
from evals.scoring.known import Known
from evals.scoring.order import order_kept
from evals.scoring.reading import about
from evals.scoring.trajectory import matches
from evals.scoring.values import REFUSALS, value_fault
from evals.suite import Score
from evals.target import Json

#: What holds of any reply, right or wrong, answered or refused: one failure is one too many.
ZERO_TOLERANCE = ("exists", "owner", "dated", "grounded", "forbidden")
#: An answer passes where each of these that applies is 1.
PASSING = ("value", "cited", "abstention", "tools", *ZERO_TOLERANCE)


def check(sample: Sample, reply: Json, known: Known) -> dict[str, Score]:
    """All scores of a reply, by name; without those that do not apply. `passed` says whether nothing is wrong."""
    scores = {**trust(sample, reply, known), **dict(_right(sample, reply, known)), **_degrees(sample, reply, known)}
    return {"passed": passed(scores, PASSING), **scores}


def trust(sample: Sample, reply: Json, known: Known) -> dict[str, Score]:
    """The scores of ZERO_TOLERANCE: they ask nothing of the gold."""
    return {
        "exists": _score(invented(reply, known)),
        "owner": _score(not_owned(sample, reply, known)),
        "dated": _score(misdated(sample, reply, known)),
        "grounded": _score(ungrounded(sample, reply, known)),
        "forbidden": _score(violation(sample, reply, known)),
    }


def passed(scores: Mapping[str, Score], names: tuple[str, ...]) -> Score:
    """1 where each of these scores that is there is 1; else 0, with the reasons."""
    wrong = [f"{name}: {scores[name].why}" for name in names if name in scores and scores[name].value < 1]
    return _score("; ".join(wrong) or None)


def _right(sample: Sample, reply: Json, known: Known) -> Iterator[tuple[str, Score]]:
    gold, text = sample.gold, reply["answer"]
    yield "abstention", _score(misjudged(gold, reply, known))
    if gold.kind not in REFUSALS:
        left_open = "it abstained, wholly or in part" if reply["abstained"] else None
        told = about(sample.customer_ids, text, known)
        yield "value", _score(left_open or value_fault(gold.kind, gold.value, told, known))
        if not left_open:
            yield "cited", _score(uncited(gold, reply))
    if sample.expect_tools:
        called = [tool["name"] for tool in reply["tools"] if tool["name"] != UNDERSTOOD]
        right = matches(called, sample.expect_tools, sample.tool_match)
        yield "tools", _score(None if right else f"it called {called}, not {list(sample.expect_tools)}")


def _degrees(sample: Sample, reply: Json, known: Known) -> dict[str, Score]:
    """Scores between 0 and 1, which do not decide whether an answer passes."""
    found = {
        "order": order_kept(sample.gold, reply["answer"], known),
        "citation_precision": precision(sample.gold, reply),
        "citation_recall": recall(sample.gold, reply),
    }
    return {name: Score(value=value) for name, value in found.items() if value is not None}


def _score(why: str | None) -> Score:
    return Score(value=0.0 if why else 1.0, why=why)
