"""Every intent, one line each; the first whose rule fits takes the question."""

from __future__ import annotations

from agent.intent import Intent
from agent.intents import (
    advice,
    alike,
    attention,
    breakdown,
    cohort,
    compare,
    events,
    extreme,
    lookup,
    measure,
    origin,
    property,
    ranking,
    reasons,
    risk,
    said,
    story,
    thing,
    trend,
)

INTENTS: tuple[Intent, ...] = (
    advice.INTENT,
    alike.INTENT,
    said.INTENT,
    origin.INTENT,
    risk.INTENT,
    reasons.INTENT,
    compare.INTENT,
    breakdown.INTENT,
    extreme.INTENT,
    ranking.INTENT,
    attention.INTENT,
    cohort.INTENT,
    trend.INTENT,
    measure.INTENT,
    thing.INTENT,
    property.INTENT,
    events.INTENT,
    story.INTENT,
    lookup.INTENT,
)

BY_NAME = {intent.name: intent for intent in INTENTS}
