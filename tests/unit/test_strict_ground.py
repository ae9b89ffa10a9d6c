"""A model's sentence is held to the event that it cites and to facts that rest on it; what is changed in it falls."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agent.answer import Draft
from agent.evidence import Computed, Evidence
from agent.ground import fault, ground
from memory.workspace import WorkspaceSettings
from tests.builders import at, passage
from tools.fact import Fact

ORDER = passage(
    "m1", "2026-02-03", "ada", title="Order Completed", items=["Lamp"],
    text="Order Completed. currency: EUR. revenue: 20. Items: 1 x Lamp",
)  # fmt: skip
TICKET = passage(
    "m2", "2026-03-04", "ada", title="Support Ticket Opened", said="The lamp is dim.",
    text="Support Ticket Opened. message: The lamp is dim.. ticket: T-17",
)  # fmt: skip
OTHERS = passage("m3", "2026-02-05", "bob", title="Order Completed", text="Order Completed. revenue: 7. currency: EUR")
CITED = ["m1", "m2", "m3"]


def computed(name: str, value: float, unit: str, owner: str | None, keys: tuple[str, ...], **args: object) -> Computed:
    counted = Fact(name=name, value=value, unit=unit, tool="measure", evidence=list(keys), evidence_total=len(keys))
    return Computed(counted, args, owner, "", keys)


COMPUTED = (
    computed("sum", 320.5, "EUR", "ada", ("m1",), kind="money"),
    computed("count", 47, "events", "ada", ("m1",), kind="purchase"),
    computed("average", 6.82, "EUR", "ada", ("m1",)),
    computed("sum", 327.5, "EUR", None, ("m1", "m3"), kind="money"),
)
EVIDENCE = Evidence(
    {"m1": ORDER, "m2": TICKET, "m3": OTHERS},
    [each.fact for each in COMPUTED],
    frozenset(),
    WorkspaceSettings(),
    at("2026-04-01"),
    strict=True,
    computed=COMPUTED,
    names={"ada": "Ada Byron", "bob": "Bob Stone"},
)


def holds(sentence: str) -> bool:
    return fault(sentence, CITED, replace(EVIDENCE, notes={})) is None


def test_the_sentences_that_are_changed_below_hold() -> None:
    assert holds("Ada has spent 320.5 EUR. [1]")
    assert holds("Ada placed 47 orders. [1]")
    assert holds("On 2026-02-03, Ada ordered a lamp. [1]")
    assert holds("All customers have spent 327.5 EUR. [1]")


@given(st.decimals(0, 100_000, places=2))
def test_another_amount_falls(amount: object) -> None:
    assume(float(str(amount)) != 320.5)
    assert not holds(f"Ada has spent {amount} EUR. [1]")


@given(st.integers(0, 10_000))
def test_another_count_falls(count: int) -> None:
    assume(count != 47)
    assert not holds(f"Ada placed {count} orders. [1]")


@given(st.dates(at("2020-01-01").date(), at("2030-01-01").date()))
def test_another_day_falls_however_it_is_written(day: object) -> None:
    assume(str(day) != "2026-02-03")
    assert not holds(f"On {day}, Ada ordered a lamp. [1]")
    assert not holds(f"Ada ordered a lamp on {day:%-d %B %Y}. [1]")
    assert not holds(f"Ada ordered a lamp on {day:%B %-d, %Y}. [1]")


@given(st.from_regex(r"[A-Z][a-z]{3,8}", fullmatch=True))
def test_another_name_falls(name: str) -> None:
    assume(name.lower() not in ("byron", "order", "orders", "customer", "client", "account", "lamp", "lamps", "their"))
    assume(not holds(f"{name} order. [1]"))
    assert not holds(f"{name} has spent 320.5 EUR. [1]")
    assert not holds(f"Ada ordered a {name}. [1]")


@given(st.sampled_from(["USD", "GBP", "orders", "days", "percent", "%", "customers", "points", "k EUR", "hours"]))
def test_another_unit_falls(unit: str) -> None:
    assert not holds(f"Ada has spent 320.5 {unit}. [1]")


@pytest.mark.parametrize(
    "word", ["not", "never", "only", "probably", "nearly", "always", "again", "still", "first", "twice", "also not"]
)
def test_a_word_that_changes_the_sense_falls(word: str) -> None:
    assert not holds(f"Ada has {word} spent 320.5 EUR. [1]")
    assert not holds(f"On 2026-02-03, Ada {word} ordered a lamp. [1]")


@pytest.mark.parametrize("word", ["about", "over", "nearly", "at least", "up to", "more than", "under", "~", "EUR -"])
def test_an_estimate_falls(word: str) -> None:
    assert not holds(f"Ada has spent {word} 320.5 EUR. [1]")


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("Ada has spent 327.5 EUR. [1]", "327.5 is of all customers: say so, and of nobody else"),
        ("All customers have spent 320.5 EUR. [1]", "320.5 is of ada: say so, and of nobody else"),
        ("Ada has spent 6.82 EUR. [1]", "6.82 is said to be something else than average"),
        ("Ada has spent 320.5 EUR. [2]", "320.5 is not a computed fact that rests on what is cited"),
        ("Ada opened ticket T-18. [2]", "'T-18' does not stand in what is cited"),
        ("Ada ordered a lamp yesterday. [1]", "'yesterday' names no date"),
        ("Ada ordered a lamp on 03/02/2026. [1]", "the date '03/02/2026' is not written as YYYY-MM-DD"),
        ("See https://evil.example [1]", "links and markup are not allowed"),
        ("![x](a) [1]", "links and markup are not allowed"),
        ("See <b>Ada</b> [1]", "the character U+003C is not allowed"),
        ("Write to me@evil.example [1]", "links and markup are not allowed"),
        ("Ada\u200b ordered a lamp. [1]", "the character U+200B is not allowed"),
        ("Ada\u202e ordered a lamp. [1]", "the character U+202E is not allowed"),
        ("Ada ordered ٣ lamps. [1]", "numbers are written in plain digits"),
        ("[1]", "it says nothing"),
    ],
)
def test_what_does_not_hold_is_taken_out_with_the_reason(sentence: str, why: str) -> None:
    assert fault(sentence, CITED, EVIDENCE) == why


def test_two_events_are_told_in_their_order() -> None:
    assert holds("Ada ordered a lamp before Ada opened a support ticket. [1][2]")
    assert holds("Ada ordered a lamp, then opened a support ticket. [1][2]")
    assert holds("Ada opened a support ticket after the order of a lamp. [1][2]")
    assert not holds("Ada opened a support ticket before Ada ordered a lamp. [1][2]")
    assert not holds("Ada opened a support ticket, then ordered a lamp. [1][2]")


def test_each_clause_is_borne_out_by_one_event() -> None:
    assert holds("Ada ordered a lamp on 2026-02-03 and opened a ticket on 2026-03-04. [1][2]")
    assert not holds("Ada ordered a lamp on 2026-03-04 and opened a ticket on 2026-02-03. [1][2]")


@pytest.mark.parametrize("text", ["I do not know.", "I don't know.", "I found nothing in memory that answers this."])
def test_saying_that_nothing_is_known_is_abstaining(text: str) -> None:
    found = ground(Draft(lines=[text]), EVIDENCE)
    assert (found.text, found.abstained, found.removed) == (text, True, [])


@pytest.mark.parametrize("text", ["I do not know, but Ada will leave.", "Nothing is known of why Ada left."])
def test_what_is_added_to_it_is_a_statement(text: str) -> None:
    assert ground(Draft(lines=[text]), EVIDENCE).text == ""


def test_a_list_stands_in_the_order_that_its_head_promises() -> None:
    rows = tuple(
        replace(computed("sum", value, "EUR", owner, (key,), by="customer"))
        for value, owner, key in ((320.5, "ada", "m1"), (7, "bob", "m3"))
    )
    evidence = replace(EVIDENCE, computed=rows, notes={})
    head = "Customers by total value, highest first: [1]"
    first, second = "- Ada Byron: 320.5 EUR. [1]", "- Bob Stone: 7 EUR. [3]"
    assert ground(Draft(lines=[head, first, second], cited=CITED), evidence).removed == []
    swapped = ground(Draft(lines=[head, second, first], cited=CITED), evidence)
    assert [why for _, why in swapped.removed] == ["it is not in the order that the line above the list says"]


def test_a_customer_called_by_a_number_lends_it_to_nothing_else() -> None:
    order = ORDER.model_copy(update={"client_id": "16333"})
    count = computed("count", 47, "events", "16333", ("m1",), kind="purchase")
    evidence = replace(EVIDENCE, passages={"m1": order}, computed=(count,), names={"16333": "Will May"}, notes={})
    assert fault("Customer 16333 placed 47 orders. [1]", CITED, evidence) is None
    assert fault("Will May (16333) placed 47 orders. [1]", CITED, evidence) is None
    assert fault("Customer 16333 placed 16333 orders. [1]", CITED, evidence) is not None
    assert fault("Customer 16333 will order. [1]", CITED, evidence) is not None
    assert fault("Customer 16333 ordered a lamp in May. [1]", CITED, evidence) is not None


#: Two customers of one first name, and neither is called by it.
NAMESAKES = replace(EVIDENCE, names={"ada": "Mary Byron", "bob": "Mary Stone"})


def test_a_name_that_two_customers_have_calls_neither() -> None:
    evidence = replace(NAMESAKES, notes={})
    assert fault("Mary Byron has spent 320.5 EUR. [1]", CITED, evidence) is None
    why = fault("Mary ordered a lamp. [1]", CITED, evidence)
    assert why == "more than one customer is called 'Mary': say the whole name"


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        ("Ada ordered a lamp. [1]", "The order was for 7 EUR. [3]"),
        ("Ada ordered a lamp. [1]", "She placed an order on 2026-02-05. [3]"),
        ("Ada ordered a lamp. [1]", "Then a support ticket was opened. [2]"),
        ("Ada ordered a lamp. [1]", "It was a support ticket. [2]"),
    ],
)
def test_what_follows_a_sentence_says_whose_it_is(before: str, sentence: str) -> None:
    found = ground(Draft(lines=[f"{before} {sentence}"], cited=CITED), replace(EVIDENCE, notes={}))
    assert [each for each, _ in found.removed] == [sentence]


def test_a_list_under_a_name_holds_only_events_of_the_one_named() -> None:
    lines = ["Orders of Ada Byron: [1]", "- On 2026-02-03, a lamp. [1]", "- On 2026-02-05, an order. [3]"]
    found = ground(Draft(lines=lines, cited=CITED), replace(EVIDENCE, notes={}))
    assert found.removed == [(lines[2], "an event of bob is cited: name whose it is")]


def test_an_event_of_somebody_else_is_not_cited_beside() -> None:
    assert holds("Ada placed 47 orders. [1][2]")
    assert not holds("Ada placed 47 orders. [1][3]")


@pytest.mark.parametrize("quoted", ["dim", "is dim", "The lamp is"])
def test_half_a_sentence_may_be_quoted(quoted: str) -> None:
    assert holds(f'Ada wrote "{quoted}". [2]')


@pytest.mark.parametrize("turning", ["not", "never", "hardly", "if it were", "maybe", "anything but", "by no means"])
def test_a_quotation_does_not_leave_out_what_turns_it(turning: str) -> None:
    said = f"The lamp is {turning} dim."
    ticket = TICKET.model_copy(update={"said": said, "text": f"Support Ticket Opened. message: {said}"})
    evidence = replace(EVIDENCE, passages={**EVIDENCE.passages, "m2": ticket}, notes={})
    assert fault(f'Ada wrote "{said}" [2]', CITED, evidence) is None
    assert fault('Ada wrote "dim". [2]', CITED, evidence) is not None


def searched(titles: list[str], found: int) -> tuple[Computed, ...]:
    """What a tool returns that counted these events of Ada's among all 11 of hers."""
    return tuple(
        replace(computed(name, value, "events", "ada", ("m1",), titles=titles), evidence=("m1",))
        for name, value in (("count", found), ("searched", 11))
    )


def test_that_nothing_was_found_is_abstaining_where_it_was_looked_for() -> None:
    evidence = replace(EVIDENCE, computed=searched(["Phone Call"], 0), notes={})
    said = "No event of Ada Byron speaks of a phone call; 11 events were searched. [1]"
    found = ground(Draft(lines=[said], cited=CITED), evidence)
    assert (found.text, found.abstained) == (said, True)


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ("No event of Ada Byron speaks of a phone call; 11 events were searched. [1]", 1),
        ("No event of Ada Byron speaks of a phone call; 12 events were searched. [1]", 0),
        ("No event of Ada Byron speaks of a letter; 11 events were searched. [1]", 0),
        ("No event of Bob Stone speaks of a phone call; 11 events were searched. [1]", 0),
        ("No event of Ada Byron speaks of a phone call, who left; 11 events were searched. [1]", 0),
    ],
)
def test_that_nothing_was_found_falls_where_it_was_not_looked_for(said: str, count: int) -> None:
    evidence = replace(EVIDENCE, computed=searched(["Phone Call"], count), notes={})
    assert fault(said, CITED, evidence) is not None
