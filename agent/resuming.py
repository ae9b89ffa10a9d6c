"""What all readings of a follow-up share: how one leads over, and the question that comes out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agent.parts import parts_of
from agent.rewriting import name_of, redated, times_meant

if TYPE_CHECKING:
    from agent.reader import Reader

Topic = dict[str, Any]
#: What leads over from one question to the next.
LEAD = re.compile(
    r"^\W*(?:(?:no|sorry|ok(?:ay)?|right|thanks|great|and|but|or|so|now|then|also|i meant?|i mean|rather|instead"
    r"|actually"
    r"|what(?:'s| is)? about|how about|(?:do |show )?(?:me )?(?:it|the same|same)(?: again)?"
    r"(?: (?:for|with|but|in|of))?"
    r"|(?:the |my |i )?(?:question|ask(?:ed|ing)?) (?:is|was|meant) (?:about|for)|please|only|just)\b[\s,:-]*)+",
    re.I,
)
ASKS = re.compile(
    r"\b(?:who|whom|whose|which|what|when|where|why|how|did|does|do|is|are|was|were|has|have|had|show|list|tell"
    r"|give|name|count|compare|rank|recommend|summari[sz]e|describe|find|explain|should|can|could|will|would)\b",
    re.I,
)
EVER = re.compile(r"\b(?:ever|so far|in all|altogether|overall|all time|now|currently|when|last|first|latest)\b", re.I)


@dataclass(frozen=True, slots=True)
class Resumed:
    """A question that stands alone, the group of customers that it goes on about ({}: none), or what to ask back."""

    text: str
    group: dict[str, Any] = field(default_factory=dict)
    asks: str | None = None
    #: The same with the names of a small group: for what is asked of customers one by one.
    by_name: str | None = None


def of_clients(clients: Sequence[str]) -> str:
    """ "of customer ada", and nothing of nobody."""
    return f"of {name_of(clients)}" if clients else ""


def undated(text: str, topic: Topic, reader: Reader) -> str:
    """The question, of the same time as the one before where it names none."""
    if any(part.kind == "time" for part in parts_of(text, reader)) or EVER.search(text):
        return text
    times = times_meant(topic["question"], "", reader) if topic["question"] else []
    return redated(text, times[:1], reader) if times else text
