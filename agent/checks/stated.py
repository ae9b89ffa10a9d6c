"""A sentence with the events it cites, ready to be checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.evidence import Evidence
from tools.fact import Passage


@dataclass(frozen=True, slots=True)
class Stated:
    """`text` is the sentence without its list number and without names that hold digits; `whole` has them.

    `head` is the line with a colon that the sentence stands under, `before` the sentence that it follows.
    """

    whole: str
    text: str
    passages: Sequence[Passage]
    head: str = ""
    before: Stated | None = None


#: Why a sentence cannot stand, or None.
Check = Callable[[Stated, Evidence], str | None]
