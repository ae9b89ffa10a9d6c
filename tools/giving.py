"""What is kept of recommendations that were really given: each, with its cool-down, and the decision behind it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from memory.given import NOTHING, Given
from tools.advice import Advice, Foundations, day_of
from tools.playbook.playbook import Playbook
from tools.recommendation import Recommendation, recommendation_id
from tools.tool import ToolContext


def given_of(context: ToolContext, grounds: Foundations, advice: Advice, received_at: datetime) -> list[Given]:
    """One a recommendation, and one where the decision was to do nothing. None while the churn model is trained, for
    a decision without its features teaches nothing."""
    if advice.customer.signal.status == "training":
        return []
    playbook, decision = grounds.playbook.playbook, advice.decision
    found = [
        Given(
            id=each.id,
            client_id=advice.customer.client_id,
            kind=each.kind,
            what=each.action or each.title,
            title=each.title,
            made_at=context.as_of,
            received_at=received_at,
            expires_at=each.expires_at,
            cool_down_days=_cool_down(playbook, each),
            decision=decision if decision and each.action == decision.chosen else None,
        )
        for each in advice.recommendations
    ]
    if decision and decision.chosen == NOTHING:
        found.append(_nothing(context, advice, received_at, day_of(context)))
    return found


def _nothing(context: ToolContext, advice: Advice, received_at: datetime, day: date) -> Given:
    client_id, decision = advice.customer.client_id, advice.decision
    return Given(
        id=recommendation_id(client_id, "action", NOTHING, day),
        client_id=client_id,
        kind="action",
        what=NOTHING,
        title="Do nothing",
        made_at=context.as_of,
        received_at=received_at,
        expires_at=context.as_of + timedelta(days=1),
        cool_down_days=0,
        decision=decision,
    )


def _cool_down(playbook: Playbook, each: Recommendation) -> int:
    action = playbook.action(each.action) if each.action else None
    return action.cool_down_days if action else playbook.items.cool_down_days
