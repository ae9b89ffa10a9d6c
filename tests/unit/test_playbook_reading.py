"""A playbook's file: what it may say, and the line and reason of everything that is wrong with it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from tools.lifecycle import ALL_STAGES
from tools.playbook.playbook import DRIVERS, TROUBLES, Action, Playbook, When
from tools.playbook.problem import MOST_ERRORS, InvalidPlaybook, PlaybookError
from tools.playbook.reading import read_playbook
from tools.playbook.starters import STARTERS, Starter, starter_playbook, starter_text
from tools.playbook.trait_test import TraitTest
from tools.playbook.yaml_tree import MAX_BYTES, read_yaml

GUIDE = (Path(__file__).parents[2] / "docs" / "playbook.md").read_text()
WHOLE = """\
name: Lamps
currency: EUR
opt_out:
  - {trait: unsubscribed, is: true}
explore: 0.05
horizon_days: 45
outcome: [Order Completed]
features: [tier]
items: {cool_down_days: 10, half_life_days: 3, exclude_owned: true}
actions:
  - id: call
    title: Call them
    says: |
      Hello,
      how are you?
    channel: phone
    cost: 5.00
    cool_down_days: 7
    expires_days: 3
    reference: https://crm.example.com/calls
    accept: Called
    reject: Skipped
    consent: may_call
    when:
      stages: [at_risk, engaged]
      bands: [high]
      drivers: [silence]
      troubles: [payment]
      value_min: 100
      traits:
        - {trait: tier, is_not: Basic}
        - {trait: since, at_least: 2026-01-01}
"""
LEAST = "name: x\nactions: []\n"


def read(text: str) -> Playbook:
    return read_playbook(text.encode())


def faults(text: str | bytes) -> list[str]:
    """What is told of each error."""
    with pytest.raises(InvalidPlaybook) as caught:
        read_playbook(text.encode() if isinstance(text, str) else text)
    return [str(error) for error in caught.value.errors]


def action(*lines: str) -> str:
    """A playbook with one action; its first line of these is line 5."""
    return "\n".join(["name: x", "currency: EUR", "actions:", "  - id: a", *(f"    {line}" for line in lines)])


def test_every_field_is_read_as_it_is_written() -> None:
    found = read(WHOLE)
    call = found.actions[0]
    assert (found.name, found.currency, found.explore, found.horizon_days) == ("Lamps", "EUR", 0.05, 45)
    assert (found.outcome, found.features) == (("Order Completed",), ("tier",))
    assert (found.items.cool_down_days, found.items.half_life_days, found.items.exclude_owned) == (10, 3, True)
    assert (found.opt_out[0].trait, found.opt_out[0].is_) == ("unsubscribed", True)
    assert (call.id, call.cost, call.says) == ("call", Decimal(5), "Hello,\nhow are you?")
    assert (call.accept, call.reject, call.consent) == ("Called", "Skipped", "may_call")
    assert (call.when.stages, call.when.drivers, call.when.value_min) == (("at_risk", "engaged"), ("silence",), 100)
    assert [each.trait for each in call.when.traits] == ["tier", "since"]
    assert call.when.traits[1].at_least == "2026-01-01"


def test_what_is_left_out_has_a_default() -> None:
    found = read(action("title: Call"))
    assert (found.explore, found.opt_out, found.items.exclude_owned) == (0, (), False)
    assert (found.actions[0].cost, found.actions[0].cool_down_days, found.actions[0].when.stages) == (0, 30, ())


def test_a_playbook_may_have_no_actions() -> None:
    assert read(LEAST).actions == ()


def test_an_action_is_found_by_its_id() -> None:
    found = read(WHOLE)
    assert found.action("call") is found.actions[0]
    assert found.action("mail") is None


@pytest.mark.parametrize("name", STARTERS)
def test_a_starter_settles_every_trouble_first_and_has_five_to_eight_actions(name: Starter) -> None:
    found = starter_playbook(name)
    troubles = [each.when.troubles for each in found.actions[:5]]
    assert troubles == [("payment",), ("support",), ("downgrade",), ("refund",), ("feedback",)]
    assert 5 <= len(found.actions) <= 8
    assert (found.explore, bool(found.opt_out), bool(found.outcome)) == (0, True, True)


def test_the_digest_is_of_the_content_and_not_of_how_it_is_written() -> None:
    same = WHOLE.replace("cost: 5.00", "cost: 5").replace("name: Lamps", "# a remark\nname: 'Lamps'")
    assert read(same).digest == read(WHOLE).digest
    assert read(WHOLE.replace("high", "medium")).digest != read(WHOLE).digest


def test_a_playbook_without_an_outcome_takes_another_and_is_another() -> None:
    bare = read(LEAST)
    digest = bare.digest
    aimed = bare.aiming_at(("Order Completed",))
    assert (aimed.outcome, aimed.digest != digest) == (("Order Completed",), True)
    assert aimed.aiming_at(("Signed In",)) is aimed


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the file is empty"),
        ("# nothing but a remark\n", "the file is empty"),
        ("just a text", "line 1: it has to be names and values"),
        ("- a\n- list", "line 1: it has to be names and values"),
        ("name: x\n\tactions: []", "line 2: a tab stands where only spaces may"),
        (
            "name: x\nactions: [",
            "line 2: while parsing a flow node that begins on line 2, expected the node content, "
            "but found '<stream end>'",
        ),
        (
            "name: 'x\nactions: []",
            "line 2: while scanning a quoted scalar that begins on line 1, found unexpected end of stream",
        ),
        ("name: a: b", "line 1: mapping values are not allowed here"),
        ("name: x\nactions: []\nname: y", "line 3: name: it stands on line 1 already"),
        (
            "name: x\n---\nname: y",
            "line 2: expected a single document in the stream that begins on line 1, but found another document",
        ),
        ("name: &a x\nactions: *a", "line 1: anchors and aliases (& and *) are not read: write it out"),
        ("name: x\nactions: *a", "line 2: anchors and aliases (& and *) are not read: write it out"),
        ("name: !!python/name:os.system x", "line 1: tags (!) are not read: leave it out, or put the text in quotes"),
        ("name: x\n? [1]\n: 2\nactions: []", "line 2: a name has to be plain text"),
        ('name: "\\U00110000"', "line 1: an escape stands for no character"),
        ('name: "\\ud800"\nactions: []', "line 1: name: a control character stands here"),
        ('name: "\\e[31m"\nactions: []', "line 1: name: a control character stands here"),
        ("name: x\nactions: \x07", "line 2: a control character stands here"),
        (b"name: \xff", "line 1: this is no UTF-8 text"),
        (b"name: a\nx: caf\xe9", "line 2: this is no UTF-8 text"),
        (LEAST.encode("utf-16"), "line 1: this is no UTF-8 text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "line 1: this is no UTF-8 text"),
        (b"PK\x03\x04", "line 1: a control character stands here"),
    ],
)
def test_what_is_no_playbook_is_told_with_its_line(text: str | bytes, told: str) -> None:
    assert faults(text) == [told]


def test_a_merge_key_is_a_field_that_does_not_exist() -> None:
    assert faults(LEAST + "<<: {name: y}")[0].startswith("line 3: <<: there is no such field")


@pytest.mark.parametrize(
    "word", ["yes", "No", "on", "OFF", "010", "0x1F", "1_000", "1:30", "1e3", "1.5e3", ".inf", ".NaN"]
)
def test_what_yaml_reads_in_two_ways_is_refused(word: str) -> None:
    told = faults(f"name: {word}\nactions: []")
    assert len(told) == 1
    assert told[0].startswith(f"line 1: name: {word!r} can be read in two ways: write ")
    assert read(f"name: '{word}'\nactions: []").name == word


def test_a_number_that_a_float_cannot_hold_is_refused() -> None:
    assert faults(f"name: x\nactions: []\nexplore: {'9' * 5_000}") == [
        f"line 3: explore: '{'9' * 20}' is too long a number; put it in quotes if it is a text"
    ]


def test_days_are_texts_and_marks_of_order_are_no_harm() -> None:
    assert read_yaml(b"\xef\xbb\xbfa: 2026-01-01\nb: ~\nc: TRUE\nd: -3\ne: .5").value == {
        "a": "2026-01-01", "b": None, "c": True, "d": -3, "e": 0.5,
    }  # fmt: skip


def test_a_bomb_of_lists_values_or_bytes_is_refused() -> None:
    assert faults("x: [" + "1," * 30_000 + "]") == ["line 1: more than 20,000 values are not read"]
    assert faults("[" * 5_000) == ["line 1: this is nested too deep"]
    assert faults(LEAST + "#" * MAX_BYTES) == [f"the file has more than {MAX_BYTES:,} bytes, the most that are read"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("title:", "title: it is empty"),
        ("title: 7", "title: it has to be a text; put it in quotes"),
        ("title: [a]", "title: it has to be a text; put it in quotes"),
        ("title: ' '", "title: it is empty"),
        ('title: "a\\nb"', "title: it has to be one line"),
        ("title: x\n    titel: y", "titel: there is no such field; did you mean title?"),
        ("title: x\n    cost: -1", "cost: it has to be greater than or equal to 0"),
        ("title: x\n    cost: free", "cost: it has to be a number"),
        ("title: x\n    cost: true", "cost: it has to be a number"),
        ("title: x\n    cool_down_days: true", "cool_down_days: it has to be a whole number"),
        ("title: x\n    cool_down_days: 1.5", "cool_down_days: it has to be a whole number"),
        ("title: x\n    expires_days: 0", "expires_days: it has to be greater than or equal to 1"),
        ("title: x\n    when: at_risk", "when: it has to be names and values"),
        ("title: x\n    when: {bands: high}", "when.bands: it has to be a list"),
        ("title: x\n    when: {bands: [huge]}", "when.bands[0]: 'huge' is no band: there are low, medium, high"),
        ("title: x\n    when: {value_min: lots}", "when.value_min: it has to be a number"),
        ("title: x\n    when: {traits: [plan]}", "when.traits[0]: it has to be names and values"),
        ("title: x\n    when: {traits: [{is: 1}]}", "when.traits[0].trait: it is missing"),
        ("title: x\n    when: {traits: [{trait: t, is: [1]}]}",
         "when.traits[0].is: it has to be a text, a number, true or false"),
        ("title: x\n    when: {traits: [{trait: t, at_least: true}]}",
         "when.traits[0].at_least: it has to be a number or a date"),
        ("title: x\n    when: {traits: [{trait: t, is: 1, contains: a}]}",
         "when.traits[0]: a trait is compared once, and here are is and contains"),
    ],
)  # fmt: skip
def test_each_wrong_field_is_told_on_its_line(line: str, told: str) -> None:
    where = 6 if "\n" in line else 5
    assert faults(action(line)) == [f"line {where}: actions[0].{told}"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("stages: [vip]", f"stages[0]: 'vip' is no stage: there are {', '.join(ALL_STAGES)}"),
        ("drivers: [price]", f"drivers[0]: 'price' is no driver: there are {', '.join(DRIVERS)}"),
        ("troubles: [late]", f"troubles[0]: 'late' is no trouble: there are {', '.join(TROUBLES)}"),
    ],
)
def test_an_action_that_refers_to_nothing_is_refused_and_told_what_there_is(line: str, told: str) -> None:
    assert faults(action("title: x", f"when: {{{line}}}")) == [f"line 6: actions[0].when.{told}"]


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("A b", "it has to be lower case letters, digits, - and _"),
        ("nothing", "'nothing' is what an experiment calls doing nothing: choose another id"),
    ],
)
def test_an_id_that_cannot_be_one_is_refused(key: str, told: str) -> None:
    assert faults(f"name: x\nactions: [{{id: {key}, title: x}}]") == [f"line 2: actions[0].id: {told}"]


def test_a_doubled_id_is_told_where_it_stands_again() -> None:
    text = "name: x\nactions:\n- {id: a, title: x}\n- {id: b, title: x}\n- {id: a, title: x}"
    assert faults(text) == ["line 5: actions[2].id: 'a' is the id of actions[0] already"]


def test_a_cost_needs_a_currency_and_none_costs_nothing() -> None:
    text = "name: x\nactions:\n- id: a\n  title: x\n  cost: 2"
    assert faults(text) == ["line 5: actions[0].cost: a cost needs the playbook's `currency`"]
    assert read(text.replace("cost: 2", "cost: 0")).actions[0].cost == 0


@pytest.mark.parametrize("word", ["eur", "EURO", "€"])
def test_a_currency_is_three_capitals(word: str) -> None:
    told = "line 3: currency: it has to be three capital letters, such as EUR"
    assert faults(f"{LEAST}currency: {word}") == [told]


@pytest.mark.parametrize("share", ["0.005", "0.6", "-0.1", "1"])
def test_a_slice_of_chance_that_teaches_nothing_is_refused(share: str) -> None:
    assert faults(f"{LEAST}explore: {share}") == ["line 3: explore: it has to be 0 (off), or from 0.01 to 0.5"]


def test_several_errors_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = "nam: x\nexplore: yes\nactions:\n- {id: a, cost: 1, titel: x}\n- {id: a, title: x, when: {stages: [vip]}}"
    lines = [told.split(":")[:2] for told in faults(text)]
    assert lines == [
        ["line 1", " nam"], ["line 1", " name"], ["line 2", " explore"], ["line 4", " actions[0].cost"],
        ["line 4", " actions[0].titel"], ["line 4", " actions[0].title"], ["line 5", " actions[1].id"],
        ["line 5", " actions[1].when.stages[0]"],
    ]  # fmt: skip


def test_a_file_of_another_kind_does_not_fill_a_screen() -> None:
    assert len(faults("\n".join(f"field_{number}: 1" for number in range(500)))) == MOST_ERRORS


@given(st.binary(max_size=200))
def test_whatever_bytes_there_are_they_are_read_or_refused(data: bytes) -> None:
    assert isinstance(read_or_refused(data), Playbook | tuple)


@given(st.integers(0, len(WHOLE)), st.text(max_size=4))
def test_what_anything_put_into_it_spoils_is_told_on_its_line(where: int, what: str) -> None:
    text = WHOLE[:where] + what + WHOLE[where:]
    found = read_or_refused(text.encode(errors="surrogatepass"))
    if not isinstance(found, Playbook):
        assert all(each.line and 1 <= each.line <= len(text.splitlines()) + 1 for each in found)


@given(st.integers(0, len(WHOLE) - 1))
def test_a_half_written_playbook_is_refused_or_is_one(end: int) -> None:
    assert read_or_refused(WHOLE[:end].encode())


def read_or_refused(data: bytes) -> Playbook | tuple[PlaybookError, ...]:
    """The playbook, or what is wrong with it: nothing else may come of any bytes."""
    try:
        return read_playbook(data)
    except InvalidPlaybook as error:
        return error.errors


def test_a_starter_can_be_printed_and_read_again() -> None:
    for name in STARTERS:
        assert read_playbook(starter_text(name)) == starter_playbook(name)


def test_the_example_of_the_documentation_is_a_playbook() -> None:
    example = GUIDE.split("```yaml\n")[1].split("```")[0]
    assert read(example).actions[0].id == "call"


@pytest.mark.parametrize("part", [Playbook, Action, When, TraitTest])
def test_the_documentation_names_every_field(part: type[BaseModel]) -> None:
    names = {field.alias or name for name, field in part.model_fields.items()}
    assert {name for name in names if f"`{name}`" not in GUIDE and name != "trait"} == set()
