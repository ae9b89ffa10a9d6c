"""Every intent, one line each; the first whose rule fits takes the question."""

from __future__ import annotations

from agent.intent import Intent
from agent.intents import advice, attention, cohort, events, lookup, measure, risk, story, top

INTENTS: tuple[Intent, ...] = (
    advice.INTENT,
    top.INTENT,
    attention.INTENT,
    cohort.INTENT,
    measure.INTENT,
    events.INTENT,
    story.INTENT,
    risk.INTENT,
    lookup.INTENT,
)

BY_NAME = {intent.name: intent for intent in INTENTS}
