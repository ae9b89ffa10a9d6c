"""The step a question wants its figures in: per day, week, month, quarter, year or weekday."""

from __future__ import annotations

from typing import Literal, cast, get_args

from agent.time.words import compiled

Step = Literal["day", "week", "month", "quarter", "year", "weekday"]
_ADVERBS = {"daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year",
            "annually": "year"}  # fmt: skip
_EACH = r"(?:per|by|each|every|(?:for|in|on)\s+(?:each|every))"
_STEP = compiled(
    rf"\b{_EACH}\s+(?:calendar\s+)?(?:(?P<weekday>weekday|day\s+of\s+(?:the\s+)?week)|(?P<unit>day|week|month|quarter|year))\b"
    r"(?!\s+of\s+(?:may|june|the\s+(?!week|month|year)))"
    r"|\b(?P<twice>day|week|month|quarter|year)(?:\s+|-)(?:by|on|over|after|to)(?:\s+|-)(?P=twice)\b"
    # "the monthly plan" is a name.
    rf"|\b(?P<adverb>{'|'.join(_ADVERBS)})\b"
    r"(?!\s+(?:plans?|subscri\w+|newsletters?|digests?|bill\w*|fees?|prices?|licen[cs]es?|members?\w*|customers?|tiers?))"
    r"|\b(?:which|what)\s+(?P<asked>weekday|day\s+of\s+the\s+week)\b"
)


def find_steps(text: str) -> Step | None:
    """The step of the first words that name one ("per month", "weekly", "by weekday"), or None."""
    for match in _STEP.finditer(text):
        if match["weekday"] or match["asked"]:
            return "weekday"
        found = (match["unit"] or match["twice"] or _ADVERBS[(match["adverb"] or "").lower()]).lower()
        if found in get_args(Step):
            return cast(Step, found)
    return None
