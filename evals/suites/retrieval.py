"""Whether the right events are found: by words, by other words, by an id; in one customer's memory and in all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evals.oracle import read_world
from evals.queries import id_queries, item_queries
from evals.sample import DATA, Sample, read_samples
from evals.stats.lists import ndcg_at
from evals.suite import Metric, Observation, Record, Score, Suite, scored
from evals.target import Json, Target

LIMIT = 20
EXACT_ID = "exact id"


def samples() -> list[Sample]:
    """Queries written by hand, and those drawn from the shop's items and from both workspaces' ids."""
    drawn = [
        *item_queries("shop", read_world("shop")),
        *(sample for name in ("software", "shop") for sample in id_queries(name, read_world(name))),
    ]
    return [*read_samples(DATA / "retrieval.jsonl"), *drawn]


async def solve(target: Target, sample: Sample) -> Json:
    ranked = await target.search(sample.workspace, sample.bound_to, sample.question, as_of=sample.as_of, limit=LIMIT)
    events = len(read_world(sample.workspace).select(sample.bound_to))
    return {"ranked": ranked, "events": events}


def score(sample: Sample, output: Json) -> dict[str, Score]:
    """Recall at 5, 10 and 20, nDCG at 10, and for ids whether the first is right."""
    ranked, gold = output["ranked"], sample.gold.evidence
    if sample.category == EXACT_ID:
        hit = _score(float(bool(ranked) and ranked[0] in gold), f"it found {ranked[:1]} first")
        return {"hit_1": hit, "passed": hit}
    recalls = {f"recall_{k}": Score(value=recall_at(k, ranked, gold)) for k in (5, 10, 20)}
    recalls["passed"] = _score(recalls["recall_10"].value, f"not among the first 10: {_missing(ranked, gold)}")
    # What a random order of that many events would reach.
    chance = {f"chance_{k}": Score(value=min(1.0, k / max(output["events"], 1))) for k in (5, 10)}
    return {**recalls, **chance, "ndcg_10": Score(value=ndcg_at(10, ranked, gold))}


def recall_at(k: int, ranked: Sequence[str], gold: Sequence[str]) -> float:
    """The share of the gold events among the first k."""
    return len(set(ranked[:k]) & set(gold)) / len(set(gold))


def _missing(ranked: Sequence[str], gold: Sequence[str]) -> str:
    return ", ".join(key for key in gold if key not in ranked[:10])


def _score(value: float, why: str) -> Score:
    return Score(value=value, why=why if value < 1 else None)


def _of_everyone(record: Record) -> Iterable[Observation]:
    """Only searches in everybody's memory."""
    return scored("recall_10")(record) if record.category.endswith("everyone") else []


SUITE = Suite(
    name="retrieval",
    title="Retrieval: are the right events found?",
    samples=samples,
    solve=solve,
    score=score,
    metrics=(
        Metric("recall_10", "recall@10", gated=True, by_category=True),
        Metric("recall_5", "recall@5", gated=True, by_category=True),
        Metric("recall_20", "recall@20"),
        Metric("ndcg_10", "nDCG@10", gated=True),
        Metric("recall_10_everyone", "recall@10 over everyone", _of_everyone, gated=True),
        Metric("chance_10", "recall@10 by chance", better=None, by_category=True),
        Metric("chance_5", "recall@5 by chance", better=None, by_category=True),
        Metric("hit_1", "an id finds its event first", gated=True),
    ),
)
