"""A right answer passes; each way of spoiling it fails."""

from __future__ import annotations

from typing import Any

import pytest

from evals.questions import Gold
from evals.scorers import Known, amounts, citation_hits, fault, first_number, named, owned_citations

KNOWN = Known({"maria-lopez", "dana-okafor", "dana-whitfield", "14735"}, ["Party Bunting", "Regency Cakestand"])


def reply(text: str, *cited: str, abstained: bool = False) -> dict[str, Any]:
    return {"answer": text, "citations": [{"message_id": key} for key in cited], "abstained": abstained}


def gold(kind: str, value: Any = None, *evidence: str) -> Gold:
    return Gold(kind, value, evidence)


TICKETS = gold("count", 4, "m1", "m2")
PAID = gold("money", {"EUR": 614.0}, "m1")
DAY = gold("date", "2026-02-19", "m1")
REASON = gold("text", ["two more crews", "Excel|spreadsheet"], "m1")
CHURNED = gold("customers", ["dana-okafor", "maria-lopez"])
TOP = gold("ranking", ["dana-okafor", "maria-lopez"])
PARTS = gold("parts", [{"kind": "money", "value": {"EUR": 614.0}}, {"kind": "date", "value": "2026-02-19"}], "m1")
OFFER = gold("offer", {"bought": ["Party Bunting"]})

RIGHT = [
    (reply('"Support Ticket Opened" events of María López (maria-lopez): 4. [1][2]', "m1", "m2"), TICKETS),
    (reply("Purchases of customer 14735 from 2011-01-01 to 2011-02-01: 4. [1]", "m1"), TICKETS),
    (reply("María López has paid €614. [1]", "m1"), PAID),
    (reply("The value comes to 614 EUR, net of refunds. [1]\nPayments: 7. [1]", "m1"), PAID),
    (reply('On 2026-02-19, María López: "Signed In". [1]', "m1"), DAY),
    (reply('"Taking on TWO more crews", and no longer in a spreadsheet. [1]', "m1"), REASON),
    (reply("- María López (maria-lopez)\n- Dana Okafor (dana-okafor). [1]", "m9"), CHURNED),
    (reply("1. Dana Okafor (dana-okafor): 9. [1]\n2. María (maria-lopez): 3. [1]", "m9"), TOP),
    (reply("Last active on 2026-02-19. [1]\nThe value is 614 EUR. [1]", "m1"), PARTS),
    (reply('Offer Regency Cakestand: 3 of 9 took it up after "Party Bunting". [1]', "m9"), OFFER),
    (reply("No refunds of customer 14735 on record; 2 events were searched. [1]", "m1"), gold("count", 0)),
    (reply("I found nothing about that.", abstained=True), gold("unanswerable")),
    (
        reply("Which one: Dana Okafor (dana-okafor) or Dana Whitfield (dana-whitfield)?", abstained=True),
        gold("ambiguous", ["dana-okafor", "dana-whitfield"]),
    ),
    (reply('I know no customer called "99999".', abstained=True), gold("unknown")),
]


@pytest.mark.parametrize(("answer", "wanted"), RIGHT)
def test_a_right_answer_passes(answer: dict[str, Any], wanted: Gold) -> None:
    assert fault(answer, wanted, KNOWN) is None


@pytest.mark.parametrize(("answer", "wanted"), [pair for pair in RIGHT if not pair[0]["abstained"]])
def test_a_right_answer_without_citations_fails(answer: dict[str, Any], wanted: Gold) -> None:
    assert fault({**answer, "citations": []}, wanted, KNOWN) == "it cites nothing"


@pytest.mark.parametrize(("answer", "wanted"), [pair for pair in RIGHT if pair[1].evidence])
def test_a_right_answer_that_cites_other_events_fails(answer: dict[str, Any], wanted: Gold) -> None:
    assert fault(reply(answer["answer"], "m7"), wanted, KNOWN) == "it cites none of the events that show it"


@pytest.mark.parametrize(("answer", "wanted"), RIGHT)
def test_abstaining_where_there_is_an_answer_and_answering_where_there_is_none_fail(
    answer: dict[str, Any], wanted: Gold
) -> None:
    assert fault({**answer, "abstained": not answer["abstained"]}, wanted, KNOWN) is not None


WRONG = [
    (reply("Support tickets: 5. [1]", "m1"), TICKETS),
    (reply("Support tickets: 5, of which 4 are resolved. [1]", "m1"), TICKETS),
    (reply("There are some tickets, see 2026-04-04. [1]", "m1"), TICKETS),
    (reply("She paid 614 USD. [1]", "m1"), PAID),
    (reply("She paid 613.99 EUR. [1]", "m1"), PAID),
    (reply("She paid 614 EUR and 20 GBP. [1]", "m1"), PAID),
    (reply("On 2026-02-18, and again on 2026-02-19. [1]", "m1"), DAY),
    (reply('"Two more crews" is why. [1]', "m1"), REASON),
    (reply("dana-okafor. [1]", "m9"), CHURNED),
    (reply("dana-okafor, maria-lopez and dana-whitfield. [1]", "m9"), CHURNED),
    (reply("1. maria-lopez\n2. dana-okafor. [1]", "m9"), TOP),
    (reply("Last active on 2026-02-19. [1]\nThe value is 615 EUR. [1]", "m1"), PARTS),
    (reply("Offer Party Bunting again. [1]", "m9"), OFFER),
    (reply("There were 2 refunds. [1]", "m1"), gold("count", 0)),
    (reply("Dana Okafor (dana-okafor).", abstained=True), gold("ambiguous", ["dana-okafor", "dana-whitfield"])),
    (reply("Not 99999, but 14735 is here.", abstained=True), gold("unknown")),
    (reply("Nobody.", "m1", abstained=True), gold("unknown")),
]


@pytest.mark.parametrize(("answer", "wanted"), WRONG)
def test_a_wrong_answer_fails(answer: dict[str, Any], wanted: Gold) -> None:
    assert fault(answer, wanted, KNOWN) is not None


def test_the_first_number_is_no_marker_date_quotation_list_number_or_id() -> None:
    text = '2. On 2026-01-02 customer 14735 wrote "7 times" [3]: 1,234.50 GBP.'
    assert first_number(text, KNOWN) == 1234.5


def test_amounts_are_read_with_code_or_symbol_and_the_first_counts() -> None:
    assert amounts("£1,200.50 and 3 EUR, later 4 EUR") == {"GBP": 1200.5, "EUR": 3.0}


def test_customers_are_named_in_the_order_of_first_mention() -> None:
    assert named("Dana (dana-okafor), maria-lopez. dana-okafor!", KNOWN) == ["dana-okafor", "maria-lopez"]


def test_citations_are_held_against_the_gold_evidence_and_its_customers() -> None:
    answer = reply("", "m1", "m2", "m3")
    owners = {"m1": "maria-lopez", "m2": "maria-lopez", "m3": "dana-okafor"}
    assert citation_hits(answer, gold("text", [], "m1")) == (1, 3)
    assert owned_citations(answer, gold("text", [], "m1"), owners) == (2, 3)
    assert citation_hits(answer, gold("text", [])) == (0, 0)
