"""The two suites: demo questions, and retrieval; each asks the product and keeps what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evals.oracle import bought, read_world
from evals.product import Product, demo_workspaces
from evals.questions import Question, read_questions
from evals.retrieval import (
    Query,
    chance_at,
    hit_at_1,
    id_queries,
    item_queries,
    read_queries,
    recall_at,
)
from evals.scorers import Known, Reply, citation_hits, fault, owned_citations

LIMIT = 10
#: Called with (done, of).
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Judged:
    """One question with its reply; `fault` is why it does not pass."""

    question: Question
    reply: Reply
    fault: str | None
    precise: tuple[int, int]
    owned: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Found:
    """One query with what was measured; `chance` is recall@5 and @10 of a random order."""

    query: Query
    recall_5: float
    recall_10: float
    hit_1: float
    chance: tuple[float, float]


async def judge_questions(product: Product, tell: Tell) -> list[Judged]:
    """Every demo question, asked and judged."""
    worlds = {name: read_world(name) for name in demo_workspaces()}
    known = {name: Known(world.people().keys(), bought(world.happenings)) for name, world in worlds.items()}
    owners = {happening.id: happening.who for world in worlds.values() for happening in world.happenings}
    questions = read_questions()
    judged: list[Judged] = []
    for question in questions:
        reply = await product.ask(question.workspace, question.question, question.customer_id)
        why = fault(reply, question.gold, known[question.workspace])
        precise, owned = citation_hits(reply, question.gold), owned_citations(reply, question.gold, owners)
        judged.append(Judged(question, reply, why, precise, owned))
        tell(len(judged), len(questions))
    return judged


async def measure_retrieval(product: Product, tell: Tell) -> list[Found]:
    """Every retrieval query, searched and measured."""
    worlds = {name: read_world(name) for name in demo_workspaces()}
    queries = [
        *read_queries(),
        *item_queries("shop", worlds["shop"]),
        *(query for name, world in worlds.items() for query in id_queries(name, world)),
    ]
    found: list[Found] = []
    for query in queries:
        ranked = await product.search(query.workspace, query.customer_id, query.query, LIMIT)
        events = len(worlds[query.workspace].select(query.customer_id))
        found.append(
            Found(
                query,
                recall_at(5, ranked, query.gold),
                recall_at(10, ranked, query.gold),
                hit_at_1(ranked, query.gold),
                (chance_at(5, events), chance_at(10, events)),
            )
        )
        tell(len(found), len(queries))
    return found
