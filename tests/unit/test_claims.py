"""References that a model writes are put into words and values by code."""

from __future__ import annotations

import pytest

from agent.claims import written_out
from agent.evidence import Computed, Evidence
from agent.ground import fault
from agent.prompts import Labels
from memory.workspace import WorkspaceSettings
from tests.builders import at, fact, passage
from tools.fact import Fact

TICKET = passage(
    "m1", "2026-03-01T23:30", "ada", title="Support Ticket Opened", text="Support Ticket Opened. message: It broke.",
    said="It broke.",
)  # fmt: skip
PAID = passage("m2", "2026-02-01", "ada", title="Order Completed", text="Order Completed. revenue: 20. currency: EUR")
SUM = Fact(name="sum", value=20.0, unit="EUR", tool="measure", evidence=["m2"], evidence_total=1)
ONE = Fact(name="count", value=1, unit="events", tool="measure", evidence=["m1"], evidence_total=1)
NAME = fact("Ada Byron", "name", "name")
MONEY = {"kind": "money", "client_ids": ["ada"]}
TICKETS = {"titles": ["Support Ticket Opened"], "client_ids": ["ada"], "since": "2026-03-01T00:00:00Z"}


@pytest.fixture
def labels() -> Labels:
    labels = Labels()
    assert [labels.number("m1"), labels.number("m2")] == [1, 2]
    for each in (
        Computed(SUM, MONEY, "ada", "", ("m2",)),
        Computed(ONE, TICKETS, "ada", "", ("m1",)),
        Computed(NAME, MONEY, "ada", "", ("m1",)),
        Computed(SUM, {"kind": "money"}, None, "", ("m2",)),
    ):
        labels.fact(each)
    return labels


def evidence(labels: Labels, zone: str = "UTC") -> Evidence:
    passages = {"m1": TICKET, "m2": PAID}
    return Evidence(
        passages, [SUM, ONE, NAME], frozenset(), WorkspaceSettings(time_zone=zone), at("2026-04-01"), strict=True,
        computed=tuple(labels.computed), names={"ada": "Ada Byron"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("[1]", 'On 2026-03-01, Ada Byron (ada): "Support Ticket Opened": "It broke.". [1]'),
        ("- [2]", '- On 2026-02-01, Ada Byron (ada): "Order Completed": "revenue: 20. currency: EUR". [2]'),
        ("{F1}", "Sum of money events for Ada Byron (ada): 20.00 EUR. [2]"),
        ("{F1} [2]", "Sum of money events for Ada Byron (ada): 20.00 EUR. [2]"),
        ("{F2}.", "Count of Support Ticket Opened events for Ada Byron (ada) since 2026-03-01: 1 event. [1]"),
        ("{F3}", "Name: Ada Byron. [1]"),
        ("{F4}", "Sum of money events for all customers: 20.00 EUR. [2]"),
        ("Ada has spent {F1}. [2]", "Ada has spent 20.00 EUR. [2]"),
        ("Ada has spent {F1}.", "Ada has spent 20.00 EUR. [2]"),
        ("Ada has spent {F1} EUR. [2]", "Ada has spent 20.00 EUR. [2]"),
        ("She asked. [1] Ada has spent {F1}.", "She asked. [1] Ada has spent 20.00 EUR. [2]"),
        ("No reference here.", "No reference here."),
    ],
)
def test_references_are_written_out(labels: Labels, line: str, written: str) -> None:
    assert written_out(line, labels, evidence(labels)) == written


@pytest.mark.parametrize("line", ["[1]", "[2]", "{F1}", "{F2}", "{F3}", "{F4}", "- {F1}", "Ada has spent {F1}."])
def test_what_code_wrote_holds_like_what_a_model_writes(labels: Labels, line: str) -> None:
    known = evidence(labels)
    assert fault(written_out(line, labels, known), labels.cited, known) is None


def test_an_event_has_the_date_of_the_workspaces_zone(labels: Labels) -> None:
    assert written_out("[1]", labels, evidence(labels, "Europe/Madrid")).startswith("On 2026-03-02, ")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{F9}", "{F9} is no fact that a tool returned"),
        ("Ada has spent {F9}. [1]", "{F9} is no fact that a tool returned"),
        ("[9]", "[9] points to no event in scope"),
    ],
)
def test_a_reference_to_nothing_is_taken_out_with_the_reason(labels: Labels, line: str, why: str) -> None:
    known = evidence(labels)
    assert fault(written_out(line, labels, known), labels.cited, known) == why


def test_two_references_are_two_sentences(labels: Labels) -> None:
    assert written_out("[1][2]", labels, evidence(labels)).count("On 2026-") == 2
