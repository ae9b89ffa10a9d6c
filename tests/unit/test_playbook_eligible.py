"""Which actions fit a customer, and why: only what their own events show."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from memory.overrides import Word
from memory.record import Record
from tests.builders import RECEIVED, at, customer, order, record, visits
from tools.lifecycle import ALL_STAGES
from tools.playbook.because import OF_STAGES, OF_TROUBLES, because_facts
from tools.playbook.eligible import TOP_DRIVERS, Eligible, eligible, opted_out
from tools.playbook.playbook import TROUBLES, Playbook
from tools.playbook.reading import read_playbook
from tools.playbook.starters import starter_for, starter_playbook
from tools.survey import Customer

NOW = at("2026-04-01")
FAILED = record("Payment Failed", "2026-03-20", id="failed")
TICKET = record("Support Ticket Opened", "2026-03-25", id="ticket")
#: Orders every other day until six weeks ago: who stays away so long against such a habit is at risk.
HABIT = [order(f"2026-02-{day:02}", 20) for day in range(1, 20, 2)]


def playbook(*actions: dict[str, Any], **fields: Any) -> Playbook:
    """A playbook of these actions; each is given its place as its id, where it has none."""
    numbered = [{"id": f"a{number}", "title": f"Action {number}", **each} for number, each in enumerate(actions)]
    return read_playbook(json.dumps({"name": "Test", "currency": "EUR", "actions": numbered, **fields}).encode())


def found(book: Playbook, who: Customer, **resting: Any) -> list[Eligible]:
    return eligible(book, who, NOW, resting)


def ids(book: Playbook, who: Customer, **resting: Any) -> list[str]:
    return [each.action.id for each in found(book, who, **resting)]


def fits(when: dict[str, Any], who: Customer, **fields: Any) -> bool:
    """Whether an action with these conditions is for the customer."""
    return bool(ids(playbook({"when": when, **fields}), who))


def at_risk() -> Customer:
    who = customer("c1", HABIT)
    assert who.stage == "at_risk"
    return who


def calm(*records: Record, **traits: str) -> Customer:
    """Somebody who came yesterday, with these events besides."""
    return customer("c1", [*visits("2026-03-01", 3, 10), *records], **traits)


def test_an_action_without_conditions_is_for_everybody_and_rests_on_their_last_event() -> None:
    only = found(playbook({}), calm(TICKET))[0]
    assert (only.reason.kind, only.why) == ("anyone", "the playbook has it for every customer")
    assert only.evidence == (calm(TICKET).records[-1].message_id,)


def test_actions_come_in_the_order_of_the_playbook_whatever_happened_first() -> None:
    who = calm(FAILED, TICKET)
    assert ids(playbook({"when": {"troubles": ["support"]}}, {"when": {"troubles": ["payment"]}}), who) == ["a0", "a1"]


def test_an_open_trouble_is_the_reason_with_all_of_its_events() -> None:
    again = record("Payment Failed", "2026-03-21", id="again")
    only = found(playbook({"when": {"troubles": ["payment"]}}), calm(FAILED, again))[0]
    assert (only.reason.kind, only.reason.name, only.evidence) == ("trouble", "payment", ("failed", "again"))
    assert only.why == "a payment failed and none has gone through since"


def test_a_trouble_that_is_settled_or_long_past_calls_for_nothing() -> None:
    assert not fits({"troubles": ["payment"]}, calm(FAILED, record("Payment Succeeded", "2026-03-22")))
    assert not fits({"troubles": ["payment"]}, calm(record("Payment Failed", "2025-11-01")))


def test_one_of_a_list_is_enough_and_each_condition_has_to_hold() -> None:
    who = calm(TICKET)
    assert fits({"troubles": ["payment", "support"]}, who)
    assert fits({"troubles": ["support"], "stages": ["visitor"]}, who) == (who.stage == "visitor")
    assert not fits({"troubles": ["support"], "stages": ["churned"]}, who)


def test_of_several_reasons_the_trouble_is_told() -> None:
    who = calm(TICKET, plan="Team")
    when = {"stages": [who.stage], "troubles": ["support"], "traits": [{"trait": "plan", "is": "Team"}]}
    assert found(playbook({"when": when}), who)[0].reason.kind == "trouble"


def test_a_high_band_is_told_by_what_raises_it_most_and_its_numbers_are_facts() -> None:
    who = at_risk()
    only = found(playbook({"when": {"bands": ["high"]}}), who)[0]
    raising = [driver for driver in who.signal.drivers if driver.direction == "raises"]
    assert (only.reason.kind, only.why, only.evidence) == ("band", raising[0].sentence, raising[0].evidence)
    told = {fact.value for fact in because_facts(only.reason, "recommend")}
    assert told == {value for value, _ in raising[0].values.values()}
    assert not fits({"bands": ["low"]}, who)


def test_a_band_set_by_hand_says_so_and_names_no_driver() -> None:
    word = Word(band="high", author="Eve", made_at=at("2026-03-30"), received_at=RECEIVED)
    who = customer("c1", visits("2026-03-01", 3, 10), overrides={"c1": word})
    only = found(playbook({"when": {"bands": ["high"]}}), who)[0]
    assert only.why == "an operator set their band by hand"
    assert (only.reason.driver, only.evidence) == (None, (who.records[-1].message_id,))


def test_a_driver_counts_while_it_raises_the_risk_and_is_among_the_strongest() -> None:
    who = at_risk()
    raising = [driver.name for driver in who.signal.drivers if driver.direction == "raises"]
    lowering = [driver.name for driver in who.signal.drivers if driver.direction == "lowers"]
    assert "silence" in raising[:TOP_DRIVERS]
    assert fits({"drivers": ["silence"]}, who)
    assert not any(fits({"drivers": [name]}, who) for name in [*raising[TOP_DRIVERS:], *lowering])


def test_a_driver_is_told_in_its_own_sentence_with_its_events() -> None:
    who = at_risk()
    silence = next(driver for driver in who.signal.drivers if driver.name == "silence")
    only = found(playbook({"when": {"drivers": ["silence"]}}), who)[0]
    assert (only.reason.name, only.why, only.evidence) == ("silence", silence.sentence, silence.evidence)


def test_who_is_at_risk_is_also_at_the_stage_beneath() -> None:
    who = at_risk()
    assert fits({"stages": ["at_risk"]}, who)
    assert fits({"stages": [who.stages[-2].stage]}, who)
    assert not fits({"stages": ["trial"]}, who)


def test_a_stage_is_the_reason_with_the_events_that_made_it() -> None:
    who = customer("c1", [record("Trial Started", "2026-03-30", id="trial")])
    only = found(playbook({"when": {"stages": ["trial"]}}), who)[0]
    assert (only.why, only.evidence) == ("they are on trial", ("trial",))


def test_who_has_churned_gets_only_what_names_that_stage() -> None:
    who = customer("c1", [order("2025-06-01"), FAILED])
    assert who.stage == "churned"
    book = playbook(
        {}, {"when": {"troubles": ["payment"]}}, {"when": {"stages": ["won_back"]}}, {"when": {"stages": ["churned"]}}
    )
    assert ids(book, who) == ["a3"]
    both = playbook({"when": {"stages": ["churned"], "troubles": ["payment"]}})
    assert ids(both, who) == ["a0"]


def test_a_value_is_net_and_in_the_currency_of_the_playbook() -> None:
    spent = calm(order("2026-03-02", 120), order("2026-03-05", -30))
    assert fits({"value_min": 90}, calm(order("2026-03-02", 90)))
    assert not fits({"value_min": 120.5}, spent)
    pounds = calm(order("2026-03-02", 500, properties={"revenue": 500, "currency": "GBP"}))
    assert not fits({"value_min": 100}, pounds)
    assert ids(playbook({"when": {"value_min": 100}}, currency=None), pounds) == ["a0"]


@pytest.mark.parametrize(
    ("asked", "meets"),
    [
        ({"trait": "plan", "is": "team"}, True),
        ({"trait": "Plan", "is_not": "Free"}, True),
        ({"trait": "plan", "is": "Free"}, False),
        ({"trait": "plan", "contains": "ea"}, True),
        ({"trait": "seats", "at_least": 14}, True),
        ({"trait": "seats", "more_than": 14}, False),
        ({"trait": "seats", "at_most": 14}, True),
        ({"trait": "seats", "less_than": 14}, False),
        ({"trait": "since", "at_least": "2026-01-01"}, True),
        ({"trait": "plan"}, True),
        ({"trait": "colour"}, False),
        ({"trait": "colour", "is_not": "red"}, False),
    ],
)
def test_a_trait_is_compared_as_its_test_says_and_what_is_unknown_meets_none(
    asked: dict[str, Any], meets: bool
) -> None:
    assert fits({"traits": [asked]}, calm(plan="Team", seats="14", since="2026-02-01")) == meets


def test_all_traits_have_to_be_as_asked() -> None:
    traits = [{"trait": "plan", "is": "Team"}, {"trait": "seats", "at_least": 20}]
    assert not fits({"traits": traits}, calm(plan="Team", seats="14"))


def test_the_last_word_about_a_trait_counts() -> None:
    later = record("", "2026-03-15", type="identify", traits={"plan": "Free"})
    assert not fits({"traits": [{"trait": "plan", "is": "Team"}]}, calm(later, plan="Team"))


def test_a_sentence_about_a_trait_has_no_digit_that_no_fact_tells() -> None:
    told = found(playbook({"when": {"traits": [{"trait": "segment 7"}]}}), calm(**{"segment 7": "x"}))[0].why
    assert told == "what is known of them is as the playbook asks"


@pytest.mark.parametrize(
    ("said", "consents"), [("true", True), ("Yes", True), ("1", True), ("no", False), ("maybe", False)]
)
def test_consent_has_to_be_given_in_so_many_words(said: str, consents: bool) -> None:
    assert fits({}, calm(may_call=said), consent="may call") == consents
    assert not fits({}, calm(), consent="may_call")


@pytest.mark.parametrize(
    ("said", "out"), [(True, True), ("true", True), ("yes", True), (1, True), (False, False), ("", False)]
)
def test_who_opted_out_gets_nothing_however_the_flag_is_written(said: Any, out: bool) -> None:
    who = calm(record("", "2026-03-15", type="identify", traits={"unsubscribed": said}), TICKET)
    book = starter_playbook("software")
    assert bool(opted_out(book, who)) == out
    assert (ids(book, who) == []) == out


def test_opting_in_again_counts() -> None:
    word = [
        record("", day, type="identify", traits={"unsubscribed": said})
        for day, said in (("2026-03-02", True), ("2026-03-03", False))
    ]
    assert not opted_out(starter_playbook("shop"), calm(*word))


def test_an_action_rests_until_its_time_and_the_others_do_not() -> None:
    book = playbook({}, {})
    assert ids(book, calm(), a0=NOW + timedelta(seconds=1)) == ["a1"]
    assert ids(book, calm(), a0=NOW) == ["a0", "a1"]


def test_every_trouble_and_stage_has_its_words() -> None:
    assert set(OF_TROUBLES) == set(TROUBLES)
    assert set(OF_STAGES) == set(ALL_STAGES)


def test_the_starters_settle_open_troubles_before_they_check_in() -> None:
    who = customer("c1", [*HABIT, record("Order Refunded", "2026-03-10"), FAILED])
    assert who.signal.band == "high"
    assert ids(starter_playbook("shop"), who) == ["settle-payment", "ask-after-refund", "check-in"]


def test_a_shop_and_a_product_are_told_apart_by_what_most_do() -> None:
    shop, product = [order("2026-01-01")], [record("Signed In", "2026-01-01")]
    assert starter_for({"a": shop, "b": shop, "c": product}) == "shop"
    assert starter_for({"a": shop, "b": product, "c": product}) == "software"
    assert starter_for({}) == "shop"
