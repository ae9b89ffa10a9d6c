"""In which order actions are recommended: what pays first, then the playbook's order."""

from __future__ import annotations

from decimal import Decimal

from tools.experiment.uplift import Lift
from tools.next_actions import Weighed, in_order
from tools.playbook.because import Because
from tools.playbook.eligible import Eligible
from tools.playbook.playbook import Action

BECAUSE = Because("anyone", "", "the playbook has it for every customer", ("m1",))


def weighed(name: str, worth: float | None = None, lift: Lift | None = None) -> Weighed:
    return Weighed(Eligible(Action(id=name, title=name, cost=Decimal(0)), BECAUSE), lift, worth)


def names(found: list[Weighed]) -> list[str]:
    return [each.action.id for each in found]


def test_without_evidence_the_playbooks_order_stands() -> None:
    assert names(in_order([weighed("b"), weighed("a"), weighed("c")])) == ["b", "a", "c"]


def test_what_is_known_to_pay_goes_first_the_most_first() -> None:
    sure = Lift(0.1, 0.05, 0.15)
    found = in_order([weighed("unknown"), weighed("some", 3.0, sure), weighed("most", 9.0, sure)])
    assert names(found) == ["most", "some", "unknown"]


def test_what_does_not_pay_goes_last_and_what_surely_does_not_is_left_out() -> None:
    doubtful, harmful = Lift(-0.01, -0.05, 0.03), Lift(-0.1, -0.2, -0.05)
    found = in_order([weighed("doubtful", -1.0, doubtful), weighed("harmful", -9.0, harmful), weighed("unknown")])
    assert names(found) == ["unknown", "doubtful"]
