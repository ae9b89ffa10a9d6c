"""The gold is what the oracle computes, and what is written by hand stands in the events it names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from evals.oracle import (
    DEMO_DATA,
    World,
    churned,
    in_trial,
    net,
    open_tickets,
    read_lines,
    read_world,
    returned,
)
from evals.questions import Question, read_questions
from evals.retrieval import ITEM_QUERIES, hit_at_1, id_queries, item_queries, read_queries, recall_at
from evals.scorers import _CHECKS, _REFUSALS
from evals.truth import TRUTH

QUESTIONS = read_questions()
WORLDS: dict[str, World] = {name: read_world(name) for name in ("software", "shop")}
TEXTS = {line["messageId"]: json.dumps(line, ensure_ascii=False)
         for file in ("software.jsonl", "retail.jsonl.gz") for line in read_lines(DEMO_DATA / file)}  # fmt: skip


def bare(question: Question) -> Any:
    """The gold value as the oracle states it."""
    value = question.gold.value
    if question.gold.kind == "parts":
        return [part["value"] for part in value]
    return value["bought"] if question.gold.kind == "offer" else value


def test_questions_have_their_own_ids_and_known_kinds() -> None:
    assert len({question.id for question in QUESTIONS}) == len(QUESTIONS)
    assert {question.gold.kind for question in QUESTIONS} <= _CHECKS.keys() | _REFUSALS.keys()


def test_every_computed_truth_belongs_to_a_question() -> None:
    assert TRUTH.keys() <= {question.id for question in QUESTIONS}


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q.id in TRUTH], ids=lambda q: q.id)
def test_the_gold_is_what_the_oracle_computes(question: Question) -> None:
    value, evidence = TRUTH[question.id](WORLDS[question.workspace])
    assert (bare(question), list(question.gold.evidence)) == (value, evidence)


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q.gold.kind == "text"], ids=lambda q: q.id)
def test_gold_phrases_stand_in_the_evidence(question: Question) -> None:
    if question.gold.kind == "text" and question.category != "advice":
        shown = " ".join(TEXTS[key] for key in question.gold.evidence).lower()
        for phrase in question.gold.value:
            assert any(form.lower() in shown for form in phrase.split("|")), phrase


def test_evidence_and_retrieval_gold_exist_in_their_workspace() -> None:
    known = {name: {h.id for h in world.happenings} for name, world in WORLDS.items()}
    for question in QUESTIONS:
        assert set(question.gold.evidence) <= known[question.workspace], question.id
    for query in read_queries():
        assert set(query.gold) <= known[query.workspace], query.query


def test_hand_written_queries_are_about_events_of_their_customer() -> None:
    for query in read_queries():
        found = {h.id for h in WORLDS[query.workspace].select(query.customer_id)}
        assert set(query.gold) <= found, query.query


def test_generated_queries_are_the_same_on_every_run() -> None:
    shop = WORLDS["shop"]
    assert item_queries("shop", shop) == item_queries("shop", shop)
    assert len(item_queries("shop", shop)) == ITEM_QUERIES
    assert id_queries("shop", shop) == id_queries("shop", shop)


def test_generated_gold_is_every_event_with_the_item() -> None:
    for query in item_queries("shop", WORLDS["shop"], 10):
        happenings = WORLDS["shop"].select(query.customer_id)
        shared = set.intersection(*[set(h.items) for h in happenings if h.id in query.gold])
        assert any({h.id for h in happenings if item in h.items} == set(query.gold) for item in shared)


def test_recall_is_the_share_of_gold_among_the_first() -> None:
    assert recall_at(2, ["a", "b", "c"], ["b", "c"]) == 0.5
    assert recall_at(3, ["a", "b", "c"], ["b", "c"]) == 1.0
    assert recall_at(5, [], ["b"]) == 0.0


def test_a_hit_is_counted_at_the_first_place_only() -> None:
    assert hit_at_1(["a", "b"], ["a"]) == 1.0
    assert hit_at_1(["b", "a"], ["a"]) == 0.0
    assert hit_at_1([], ["a"]) == 0.0


def test_the_oracle_agrees_with_what_was_counted_by_hand() -> None:
    software = WORLDS["software"]
    assert churned(software) == ["aoife-brennan", "erik-lindqvist"]
    assert in_trial(software) == ["lukas-novak"]
    assert returned(software) == ["camille-dubois"]
    assert net(software.select("maria-lopez")) == {"EUR": 5 * 112 + 2 * 27.0}
    assert [h.properties["ticket_id"] for h in open_tickets(software.select("maria-lopez"))] == ["T-2124"]
