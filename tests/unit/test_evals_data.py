"""The samples of the answers and of retrieval: their gold is what the oracles compute, and stands in its events."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest

from evals.generate import GENERATED
from evals.generated.registry import CATEGORIES, generate
from evals.oracle import World, churned, in_trial, net, open_tickets, read_world, returned
from evals.queries import ID_QUERIES, ITEM_QUERIES, id_queries, item_queries
from evals.sample import DATA, Gold, Sample, as_line, read_samples
from evals.sources import SOURCES
from evals.suites import retrieval
from evals.truth.tables import open_workspaces
from evals.truth.written import TRUTH

WRITTEN = read_samples(DATA / "answers.jsonl")
MADE = read_samples(GENERATED)
SAMPLES = [*WRITTEN, *MADE]
LEAST = 20
WORLDS: dict[str, World] = {name: read_world(name) for name in ("software", "shop")}
OWNERS = {name: {h.id: h.who for h in world.happenings} for name, world in WORLDS.items()}
TEXTS = {line["messageId"]: json.dumps(line, ensure_ascii=False) for name in WORLDS for line in SOURCES[name].lines()}
#: Texts that say what should be done: the events show why.
ADVICE = "recommend"


def bare(sample: Sample) -> Any:
    """The gold value as the oracle states it."""
    value = sample.gold.value
    if sample.gold.kind == "parts":
        return [part["value"] for part in value]
    return value["bought"] if sample.gold.kind == "offer" else value


def test_ids_are_unique_over_both_files() -> None:
    assert [key for key, times in Counter(sample.id for sample in SAMPLES).items() if times > 1] == []


def test_no_question_is_asked_twice_of_the_same_day() -> None:
    asked = Counter((s.workspace, s.before, s.question, s.as_of, s.bound_to) for s in SAMPLES)
    assert [key for key, times in asked.items() if times > 1] == []


@pytest.mark.parametrize("category", sorted({category for category, _, _ in CATEGORIES}))
def test_every_category_has_enough_samples(category: str) -> None:
    assert sum(1 for sample in SAMPLES if sample.category == category) >= LEAST


def test_written_samples_have_no_category_of_their_own() -> None:
    assert {sample.category for sample in WRITTEN} <= {category for category, _, _ in CATEGORIES}


def test_generating_again_gives_the_same_file() -> None:
    lines = "".join(f"{as_line(sample)}\n" for sample in generate(open_workspaces()))
    assert lines == GENERATED.read_text()


def test_another_seed_asks_other_questions() -> None:
    other = {sample.question for sample in generate(open_workspaces(), seed=5)}
    assert len(other - {sample.question for sample in MADE}) > len(other) / 2


def test_evidence_exists_and_belongs_to_whom_the_sample_is_about() -> None:
    for sample in SAMPLES:
        owners = {OWNERS[sample.workspace].get(key) for key in sample.gold.evidence}
        assert None not in owners, sample.id
        assert not sample.customer_ids or owners <= set(sample.customer_ids), sample.id


def test_customers_exist() -> None:
    for sample in SAMPLES:
        assert {*sample.customer_ids} <= set(OWNERS[sample.workspace].values()), sample.id


def test_no_evidence_lies_after_the_day_that_is_asked_about() -> None:
    for sample in SAMPLES:
        if sample.as_of:
            known = {h.id for h in WORLDS[sample.workspace].until(sample.as_of).happenings}
            assert set(sample.gold.evidence) <= known, sample.id


def test_rankings_are_of_as_many_customers_as_are_asked_for() -> None:
    for sample in MADE:
        if sample.gold.kind == "ranking":
            assert re.search(rf"\b{len(sample.gold.value)}\b", sample.question), sample.id


def test_every_computed_truth_belongs_to_a_written_sample() -> None:
    assert TRUTH.keys() <= {sample.id for sample in WRITTEN}


@pytest.mark.parametrize("sample", [s for s in WRITTEN if s.id in TRUTH], ids=lambda s: s.id)
def test_the_gold_is_what_the_oracle_computes(sample: Sample) -> None:
    value, evidence = TRUTH[sample.id](WORLDS[sample.workspace])
    assert (bare(sample), list(sample.gold.evidence)) == (value, evidence)


@pytest.mark.parametrize(
    "sample", [s for s in SAMPLES if s.gold.kind == "text" and s.category != ADVICE], ids=lambda s: s.id
)
def test_gold_phrases_stand_in_the_evidence(sample: Sample) -> None:
    shown = " ".join(TEXTS[key] for key in sample.gold.evidence).lower()
    missing = [p for p in sample.gold.value if not any(form.lower() in shown for form in p.split("|"))]
    assert missing == []


def test_dates_of_timelines_are_the_days_of_the_evidence() -> None:
    for sample in (s for s in SAMPLES if s.gold.kind == "timeline"):
        world = WORLDS[sample.workspace]
        at = {h.id: world.day(h.at) for h in world.happenings}
        assert [entry["date"] for entry in sample.gold.value] == [at[key] for key in sample.gold.evidence], sample.id


def test_what_is_set_for_an_earlier_day_differs_from_today() -> None:
    """Or the question would not show whether the day was heeded."""
    today = {
        (s.workspace, s.question): s.gold.value for s in SAMPLES if s.as_of is None and not s.before and not s.bound_to
    }
    for sample in (s for s in SAMPLES if s.as_of):
        assert today.get((sample.workspace, sample.question)) != sample.gold.value, sample.id


def test_gold_of_retrieval_are_events_of_the_customer_who_is_searched() -> None:
    for sample in retrieval.samples():
        found = {h.id for h in WORLDS[sample.workspace].select(sample.bound_to)}
        assert sample.gold.evidence, sample.id
        assert set(sample.gold.evidence) <= found, sample.id


def test_drawn_searches_are_the_same_on_every_run() -> None:
    shop = WORLDS["shop"]
    assert item_queries("shop", shop) == item_queries("shop", shop)
    assert id_queries("shop", shop) == id_queries("shop", shop)


def test_as_many_searches_are_drawn_as_are_wanted() -> None:
    assert len(item_queries("shop", WORLDS["shop"])) == ITEM_QUERIES
    assert len(id_queries("shop", WORLDS["shop"])) == ID_QUERIES


def test_gold_of_a_drawn_item_is_every_event_with_it() -> None:
    for sample in item_queries("shop", WORLDS["shop"], 10):
        happenings = WORLDS["shop"].select(sample.bound_to)
        gold = set(sample.gold.evidence)
        shared = set.intersection(*[set(h.items) for h in happenings if h.id in gold])
        assert any({h.id for h in happenings if item in h.items} == gold for item in shared)


def test_the_oracle_agrees_with_what_was_counted_by_hand() -> None:
    software = WORLDS["software"]
    assert churned(software) == ["aoife-brennan", "erik-lindqvist"]
    assert in_trial(software) == ["lukas-novak"]
    assert returned(software) == ["camille-dubois"]
    assert net(software.select("maria-lopez")) == {"EUR": 5 * 112 + 2 * 27.0}
    assert [h.properties["ticket_id"] for h in open_tickets(software.select("maria-lopez"))] == ["T-2124"]


def test_recall_is_the_share_of_gold_among_the_first() -> None:
    assert retrieval.recall_at(2, ["a", "b", "c"], ["b", "c"]) == 0.5
    assert retrieval.recall_at(3, ["a", "b", "c"], ["b", "c"]) == 1.0
    assert retrieval.recall_at(5, [], ["b"]) == 0.0


@pytest.mark.parametrize(("ranked", "hit"), [(["a", "b"], 1.0), (["b", "a"], 0.0), ([], 0.0)])
def test_an_id_is_a_hit_at_the_first_place_only(ranked: list[str], hit: float) -> None:
    asked = Sample(id="1", category=retrieval.EXACT_ID, question="T-1", gold=Gold(kind="events", evidence=("a",)))
    assert retrieval.score(asked, {"ranked": ranked, "events": 2})["hit_1"].value == hit
