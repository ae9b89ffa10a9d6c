"""What of a tool's result is put before a chat model: no personal data, wherever an event held it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent.answer import ToolUse
from agent.intent import Run
from agent.prompts import Labels, result_text
from memory.record import Record
from tests.builders import customer, passage, record
from tools.fact import Passage
from tools.figure_args import Figure, FigureRow
from tools.grouping import group
from tools.measure import FiguresResult
from tools.naming import word_fact
from tools.tool import passage as passage_of

MAIL, PHONE, CARD = "ada.byron@example.com", "+34 612 34 56 78", "4111 1111 1111 1111"
DETAILS = {"contact_email": MAIL, "phone": PHONE, "card": CARD, "note": f"write to {MAIL}", "size": "large"}


def told(result: FiguresResult) -> str:
    run = Run(ToolUse(name="measure", args={}, ok=True, ms=1.0, error=None), result)
    return result_text(run, Labels())


def result_of(rows: list[FigureRow], passages: list[Passage], facts: list[Any]) -> FiguresResult:
    return FiguresResult(facts=facts, passages=passages, rows=rows, total_rows=len(rows), count=1, customers=1)


@pytest.fixture
def booked() -> Record:
    return record("Kennel Booked", "2026-01-02", "ada", id="b1", properties=DETAILS)


@pytest.mark.parametrize("label", ["contact email", "phone", "card", "note"])
async def test_rows_by_a_property_that_holds_personal_data_are_masked(booked: Record, label: str) -> None:
    (found,) = (await group([(customer("ada", [booked]), [booked])], label, None)).values()
    assert found.name == booked.detail(label)
    row = FigureRow(key=found.name, values=[], events=1, evidence=["b1"])
    text = told(result_of([row], [], [word_fact(label, found.name, ["b1"], "measure")]))
    assert "[1]" in json.dumps(json.loads(text)["facts"][0]["refs"])
    for secret in (MAIL, PHONE, CARD):
        assert secret not in text


def test_passages_are_masked(booked: Record) -> None:
    text = told(result_of([], [passage_of(booked, "ada")], []))
    assert "large" in text
    for secret in (MAIL, PHONE, CARD):
        assert secret not in text


def test_a_card_that_was_sent_as_a_number_is_masked() -> None:
    number = int(CARD.replace(" ", ""))
    row = FigureRow(key="", values=[Figure(value=number)], events=1, evidence=["b1"])
    fact = word_fact("largest", "x", ["b1"], "measure").model_copy(update={"value": number})
    assert str(number) not in told(result_of([row], [], [fact]))


def test_plain_values_ids_and_amounts_stay_as_they_are() -> None:
    values = [Figure(value=1234.5, unit="EUR"), Figure(value=600111222, unit="GBP")]
    row = FigureRow(key="north", client_id=MAIL, values=values, events=12, evidence=["b1"])
    shown = json.loads(told(result_of([row], [passage("b1")], [])))
    plain = [value.model_dump() for value in values]
    assert shown["result"]["rows"] == [{"key": "north", "client_id": MAIL, "values": plain, "events": 12}]
    assert "b1" not in json.dumps(shown["result"])
