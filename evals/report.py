"""What was measured: as tables for people, and as JSON for comparing runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from evals.intervals import Share, bootstrap, wilson
from evals.suites import Found, Judged

_ANSWER_CHARS = 300


def summarise(judged: Sequence[Judged], found: Sequence[Found]) -> dict[str, Any]:
    """Every number with its n and interval; the same for the same answers."""
    return {
        "questions": {
            "passed": _numbers(_passed(judged)),
            "by_category": {name: _numbers(_passed(group)) for name, group in _by_category(judged).items()},
            "citations_in_gold": _numbers(_cited([j.precise for j in judged], judged)),
            "citations_of_the_right_customer": _numbers(_cited([j.owned for j in judged], judged)),
            "failed": [failure(j) for j in judged if j.fault],
        },
        "retrieval": {suite: _retrieval(group) for suite, group in _by_suite(found).items()},
    }


def failure(judged: Judged) -> dict[str, Any]:
    question = judged.question
    return {
        "id": question.id,
        "workspace": question.workspace,
        "question": question.question,
        "fault": judged.fault,
        "expected": question.gold.value,
        "got": judged.reply["answer"][:_ANSWER_CHARS],
    }


def show(summary: dict[str, Any], console: Console) -> None:
    """Print the summary."""
    console.print(_retrieval_table(summary["retrieval"]))
    console.print(_question_table(summary["questions"]))
    for failed in summary["questions"]["failed"]:
        console.print(Text(f"\n✗ {failed['id']} ({failed['workspace']}): {failed['question']}", style="bold red"))
        console.print(Text(f"  {failed['fault']}\n  expected: {failed['expected']}", style="red"))
        console.print(Text(f"  got: {failed['got']}", style="dim"))


def _retrieval(group: Sequence[Found]) -> dict[str, Any]:
    # A query over everybody stands for itself; those of one customer hang together.
    clusters = [f.query.customer_id or f.query.query for f in group]
    if group[0].query.suite == "exact id":
        return {"hit@1": _numbers(bootstrap([f.hit_1 for f in group], clusters))}
    return {
        "recall@5": _numbers(bootstrap([f.recall_5 for f in group], clusters)),
        "recall@10": _numbers(bootstrap([f.recall_10 for f in group], clusters)),
        "chance@5": round(sum(f.chance[0] for f in group) / len(group), 4),
        "chance@10": round(sum(f.chance[1] for f in group) / len(group), 4),
        "customers": len(set(clusters)),
    }


def _passed(judged: Sequence[Judged]) -> Share:
    return wilson(sum(1 for j in judged if j.fault is None), len(judged))


def _cited(counts: Sequence[tuple[int, int]], judged: Sequence[Judged]) -> Share:
    """The share of citations that are right; those of one answer hang together."""
    values, clusters = [], []
    for (right, all_cited), judgement in zip(counts, judged, strict=True):
        values += [1.0] * right + [0.0] * (all_cited - right)
        clusters += [judgement.question.id] * all_cited
    return bootstrap(values, clusters)


def _by_category(judged: Sequence[Judged]) -> dict[str, list[Judged]]:
    groups: dict[str, list[Judged]] = {}
    for judgement in judged:
        groups.setdefault(judgement.question.category, []).append(judgement)
    return dict(sorted(groups.items()))


def _by_suite(found: Sequence[Found]) -> dict[str, list[Found]]:
    groups: dict[str, list[Found]] = {}
    for each in found:
        groups.setdefault(each.query.suite, []).append(each)
    return groups


def _retrieval_table(retrieval: dict[str, Any]) -> Table:
    table = Table("suite", "n", "recall@5", "by chance", "recall@10", "by chance", "hit@1", title="Retrieval")
    for suite, numbers in retrieval.items():
        if "hit@1" in numbers:
            table.add_row(suite, str(numbers["hit@1"]["n"]), "", "", "", "", _percent(numbers["hit@1"]))
            continue
        table.add_row(
            suite,
            str(numbers["recall@5"]["n"]),
            _percent(numbers["recall@5"]),
            f"{numbers['chance@5']:.0%}",
            _percent(numbers["recall@10"]),
            f"{numbers['chance@10']:.0%}",
            "",
        )
    return table


def _question_table(questions: dict[str, Any]) -> Table:
    table = Table("questions", "n", "passed", title="Demo questions, answered without a language model")
    for name, share in questions["by_category"].items():
        table.add_row(name, str(share["n"]), _percent(share))
    table.add_section()
    table.add_row("all", str(questions["passed"]["n"]), _percent(questions["passed"]), style="bold")
    for name, label in (("citations_in_gold", "citations in the gold evidence"),
                        ("citations_of_the_right_customer", "citations of the right customer")):  # fmt: skip
        table.add_row(label, str(questions[name]["n"]), _percent(questions[name]))
    return table


def _numbers(share: Share) -> dict[str, Any]:
    return {name: round(value, 4) for name, value in asdict(share).items()}


def _percent(share: dict[str, Any]) -> str:
    """A share with its 95% interval."""
    return f"{share['mean']:.1%}  ({share['low']:.0%} to {share['high']:.0%})"
