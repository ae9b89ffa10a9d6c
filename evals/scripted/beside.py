"""A run with a scripted model, held against what the product answered beside it without one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from evals.measured import Measured, measured_of
from evals.run import score_again
from evals.runs import Run
from evals.suite import Record, Suite


class Worse(BaseModel):
    """A sample that passes without a model and not with it."""

    suite: str
    id: str
    question: str
    why: str
    mode: str
    answer: str
    without: str


class Beside(BaseModel):
    """How a suite went with the model: replies by mode, fallbacks by reason, and what became of sentences.

    `fallen` are sentences sent back to the model, each time that one was, by the reason.
    """

    suite: str
    replies: int
    passed: int
    passed_without: int
    modes: dict[str, int]
    reasons: dict[str, int]
    fallen: dict[str, int]
    worse: list[Worse]


def without_model(run: Run, suites: Mapping[str, Suite]) -> Measured:
    """What the same run would have been without a model: what it is compared with."""
    manifest = run.manifest()
    old = measured_of(manifest, alone(run, suites), suites, gated_only=True)
    return old.model_copy(update={"id": f"{manifest.id} without a model"})


def alone(run: Run, suites: Mapping[str, Suite]) -> list[Record]:
    """The records of a run with the replies that were given without a model."""
    samples = {name: run.samples(name) for name in run.manifest().suites}
    return score_again([_swapped(record) for record in run.records()], suites, samples)


def beside(run: Run, suites: Mapping[str, Suite]) -> list[Beside]:
    """How each suite of a run went, with and without."""
    pairs = list(zip(run.records(), alone(run, suites), strict=True))
    return [_suite(suite, [pair for pair in pairs if pair[0].suite == name], run) for name, suite in suites.items()]


def _suite(suite: Suite, pairs: Sequence[tuple[Record, Record]], run: Run) -> Beside:
    replies = [record.output["reply"] for record, _ in pairs if "reply" in record.output]
    questions = {sample.id: sample.question for sample in run.samples(suite.name)}
    return Beside(
        suite=suite.name,
        replies=len(replies),
        passed=sum(_passes(suite, record) for record, _ in pairs),
        passed_without=sum(_passes(suite, record) for _, record in pairs),
        modes=Counter(reply["mode"] for reply in replies),
        reasons=Counter(reply["mode_reason"] for reply in replies if reply["mode_reason"]),
        fallen=Counter(each["reason"] for reply in replies for each in reply["scripted"]["fallen"]),
        worse=[
            _worse(suite, record, was, questions[record.id])
            for record, was in pairs
            if _passes(suite, was) and not _passes(suite, record)
        ],
    )


def _worse(suite: Suite, record: Record, was: Record, question: str) -> Worse:
    reply = record.output.get("reply", {})
    why = "; ".join(dict.fromkeys(each.why for each in record.scores.values() if each.value < 1 and each.why))
    return Worse(
        suite=suite.name,
        id=record.id,
        question=question,
        why=record.error or why,
        mode=reply.get("mode", "none"),
        answer=reply.get("answer", ""),
        without=was.output.get("reply", {}).get("answer", ""),
    )


def _passes(suite: Suite, record: Record) -> bool:
    score = record.scores.get(suite.passes)
    return score is not None and score.value >= 1


def _swapped(record: Record) -> Record:
    if "reply" not in record.output:
        return record
    return record.model_copy(update={"output": {"reply": record.output["reply"]["scripted"]["without"]}})
