"""The report: effects where chance decided, and otherwise none, with the reason."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from memory.feedback import Feedback
from memory.given import NOTHING, Given
from memory.record import Record
from tests.builders import at, order, record
from tests.decisions import decided
from tools.experiment.draw import choose
from tools.experiment.effects import make_effects
from tools.experiment.outcomes import Histories
from tools.experiment.report import ArmReport, EffectsReport, make_report

MADE = at("2026-03-01")
T = at("2026-05-01")
LOG = 900


def log(
    propensity: float | None = 1 / 3, size: int = LOG, **fields: Any
) -> tuple[list[Given], dict[str, list[Record]]]:
    """Each arm by turns; a call is followed by an order in every second case, the others in every tenth."""
    given, everyone = [], {}
    for number in range(size):
        who, arm = f"c{number:04}", ("call", "discount", NOTHING)[number % 3]
        given.append(decided(who, arm, MADE, propensity=propensity, **fields))
        happened = number // 3 % (2 if arm == "call" else 10) == 0
        did = order("2026-03-05", 10, who) if happened else record("Signed In", "2026-03-05", who)
        everyone[who] = [did]
    return given, everyone


def report(given: Sequence[Given], everyone: Histories, told: Sequence[Feedback] = ()) -> EffectsReport:
    return make_report(given, told, everyone, T, None)


def arm_of(found: EffectsReport, name: str) -> ArmReport:
    return next(arm for arm in found.arms if arm.arm == name)


def test_what_was_left_to_chance_has_an_effect() -> None:
    found = report(*log())
    assert (found.causal, found.known, found.decisions) == (True, LOG, LOG)
    call = arm_of(found, "call")
    assert (call.decisions, call.successes, call.observed, call.support) == (300, 150, 0.5, 1.0)
    assert call.estimate is not None
    assert call.estimate.ips == pytest.approx(0.5)
    assert call.effect is not None
    assert call.effect.value == pytest.approx(0.4)
    assert call.effect.low < 0.4 < call.effect.high
    discount = arm_of(found, "discount").effect
    assert discount is not None
    assert discount.low < 0 < discount.high
    assert arm_of(found, NOTHING).effect is None


def test_without_propensities_no_effect_is_claimed_and_it_says_why() -> None:
    found = report(*log(propensity=None))
    assert not found.causal
    assert "900 of 900 decisions have no propensity" in found.reason
    assert {(arm.estimate, arm.effect, arm.why_none) for arm in found.arms} == {(None, None, found.reason)}
    assert {policy.estimate for policy in found.policies} == {None}
    assert arm_of(found, "call").observed == 0.5


def test_a_single_missing_propensity_is_enough() -> None:
    given, everyone = log()
    (unsure,), _ = log(propensity=None, size=1)
    found = report([unsure, *given[1:]], everyone)
    assert (found.causal, found.reason.split(" decisions")[0]) == (False, "1 of 900")


def test_without_exploring_no_effect_is_claimed() -> None:
    found = report(*log(propensity=1.0, eligible=("call", "discount")))
    assert not found.causal
    assert "left to chance" in found.reason


def test_propensities_that_do_not_fit_what_was_done_are_found_out() -> None:
    found = report(*log(propensity=0.1))
    assert not found.causal
    assert "3.33 times as often" in found.reason


def test_no_decisions_are_no_report_of_effects() -> None:
    found = report([], {})
    assert (found.causal, found.known, found.arms) == (False, 0, [])
    assert {policy.estimate for policy in found.policies} == {None}


def test_too_few_chosen_by_chance_have_no_effect() -> None:
    found = report(*log(size=90))
    assert found.causal
    assert arm_of(found, "call").effect is None
    assert arm_of(found, "call").why_none == "Too few decisions chose 'call' by chance: they are worth 30 equal ones."
    estimate = arm_of(found, "call").estimate
    assert estimate is not None
    assert not estimate.supported


def test_an_arm_is_judged_where_it_could_have_been_chosen() -> None:
    given, everyone = log()
    barred, theirs = log(size=300, eligible=("discount", NOTHING), propensity=0.5)
    others = [
        each.model_copy(update={"client_id": f"o{n}", "id": f"o{n}"})
        for n, each in enumerate(barred) if each.what != "call"
    ]  # fmt: skip
    histories = {each.client_id: list(theirs[old.client_id]) for each, old in zip(others, [
        each for each in barred if each.what != "call"
    ], strict=True)}  # fmt: skip
    found = report([*given, *others], everyone | histories)
    call = arm_of(found, "call")
    assert call.support == pytest.approx(900 / 1_100)
    assert call.estimate is not None
    assert call.estimate.trials == 900


def test_what_was_told_of_recommendations_is_counted_by_arm() -> None:
    given, everyone = log(size=300)
    told = [
        Feedback(
            recommendation_id=given[number].id, client_id=given[number].client_id, what="call", kind="action",
            verdict=verdict, made_at=MADE, received_at=MADE, cool_down_days=1,
        )
        for number, verdict in ((0, "accepted"), (3, "accepted"), (6, "rejected"))
    ]  # fmt: skip
    assert arm_of(report(given, everyone, told), "call").feedback == {"accepted": 2, "rejected": 1, "ignored": 0}
    assert arm_of(report(given, everyone, told), NOTHING).feedback == {"accepted": 0, "rejected": 0, "ignored": 0}


def test_only_decisions_with_the_newest_idea_of_success_are_compared() -> None:
    given, everyone = log(size=300)
    older = [
        decided(each.client_id, "call", MADE - timedelta(days=9), outcome=("Signed Up",), period=0) for each in given
    ]
    found = report([*older, *given], everyone)
    assert (found.known, found.otherwise, found.outcome) == (300, 300, ("Order Completed",))


def test_policies_are_judged_by_what_was_left_to_chance() -> None:
    policies = {each.policy: each for each in report(*log()).policies}
    first, nothing = policies["first"].estimate, policies["nothing"].estimate
    assert first is not None
    assert nothing is not None
    assert (first.snips, nothing.snips) == (pytest.approx(0.5), pytest.approx(0.1))
    assert policies["uplift"].estimate is None
    assert "1,000" in (policies["uplift"].why_none or "")


def test_a_policy_by_uplift_is_judged_on_those_it_did_not_learn_from() -> None:
    found = {each.policy: each.estimate for each in report(*log(size=3_600)).policies}
    assert found["uplift"] is not None
    assert found["uplift"].snips == pytest.approx(0.5, abs=0.01)


def test_what_was_learnt_from_noise_is_worth_nothing_to_others() -> None:
    noise, given, everyone = random.Random(11), [], {}
    for number in range(3_300):
        who = f"c{number:04}"
        features = {f"traits.n{each}": noise.gauss(0, 1) for each in range(30)}
        given.append(decided(who, ("call", "discount", NOTHING)[number % 3], MADE, features=features))
        happened = noise.random() < 0.2
        everyone[who] = [order("2026-03-05", 10, who) if happened else record("Signed In", "2026-03-05", who)]
    found = {each.policy: each.estimate for each in report(given, everyone).policies}["uplift"]
    assert found is not None
    assert found.snips < 0.2 + 2 * found.snips_se


def test_a_policy_is_judged_where_its_choice_could_have_been_chosen() -> None:
    given, everyone = log()
    sure = [each.model_copy(update={"client_id": f"o{n}", "id": f"o{n}"}) for n, each in enumerate(
        log(size=300, eligible=("call", "discount"), propensity=0.5)[0]
    ) if each.what != NOTHING]  # fmt: skip
    histories = {each.client_id: [order("2026-03-05", 10, each.client_id)] for each in sure}
    policies = {each.policy: each for each in report([*given, *sure], everyone | histories).policies}
    nothing, first = policies["nothing"], policies["first"]
    assert nothing.estimate is not None
    assert first.estimate is not None
    assert (nothing.estimate.trials, first.estimate.trials) == (900, 1_100)
    assert nothing.why_none == "Not of 200 decisions in which what it chooses had no chance."
    assert first.why_none is None


def test_what_the_draw_chose_tells_the_effects_that_there_are() -> None:
    given, everyone, chance = [], {}, random.Random(5)
    for number in range(4_000):
        who = f"c{number:04}"
        # Who has `call` among the eligible buys more anyway: only chance can tell what calling adds.
        actions = ("call", "discount") if number % 4 else ("discount",)
        choice = choose(actions, 0.5, workspace="w", client_id=who, period=1, playbook="p1")
        usual = 0.3 if len(actions) == 2 else 0.1
        happened = chance.random() < usual + {"call": 0.2, "discount": 0.0, NOTHING: 0.0}[choice.chosen]
        given.append(decided(who, choice.chosen, MADE, choice.eligible, choice.propensity))
        everyone[who] = [order("2026-03-05", 10, who) if happened else record("Signed In", "2026-03-05", who)]
    found = report(given, everyone)
    assert found.causal, found.reason
    for arm, truth in (("call", 0.2), ("discount", 0.0)):
        effect = arm_of(found, arm).effect
        assert effect is not None
        assert effect.value == pytest.approx(truth, abs=3 * effect.se)
        assert effect.se < 0.05
    observed = {arm.arm: arm.observed or 0.0 for arm in found.arms}
    assert observed["call"] - observed["discount"] > 0.25, "without weights it would be overstated"


def test_neither_order_nor_what_comes_later_changes_report_or_effects() -> None:
    given, everyone = log(size=3_600)
    mixed = random.Random(1).sample(given, len(given))
    later = {who: [*records, order("2026-05-02", 5, who)] for who, records in reversed(everyone.items())}
    assert report(mixed, later) == report(given, everyone)
    effects = make_effects(given, everyone, T)
    assert effects.version is not None
    assert make_effects(mixed, later, T).version == effects.version
    assert make_effects(mixed, later, T).lift("call", {}) == effects.lift("call", {})
    assert make_effects(given[:-1], everyone, T).version != effects.version


def test_what_the_report_does_not_claim_no_action_is_ranked_by() -> None:
    given, everyone = log(size=3_600)
    assert make_effects(given, everyone, T).actions
    # One of them was chosen for nobody knows what reason.
    by_hand = decided(given[-1].client_id, "call", MADE, propensity=None)
    assert not report([*given[:-1], by_hand], everyone).causal
    effects = make_effects([*given[:-1], by_hand], everyone, T)
    assert (effects.actions, effects.version) == ((), None)
