"""A title, tags and next questions for a conversation, found by rules."""

from __future__ import annotations

import re
from collections.abc import Sequence

from memory.cleaning import clean_text

#: A line in the list of conversations.
_TITLE_CHARS = 60
_UNTITLED = "Customer questions"
_MAX_TAGS = _MAX_FOLLOW_UPS = 3
_TAGS = (
    ("Churn", re.compile(r"\b(?:churn|at risk|leav|left|cancel|attention|won back)", re.I)),
    ("Revenue", re.compile(r"\b(?:spen[dt]|revenue|order|purchas|bought|buy|paid|pay|sale|plan\b)", re.I)),
    ("Support", re.compile(r"\b(?:ticket|complain|support|broken|refund|problem)", re.I)),
    ("Recommendations", re.compile(r"\b(?:recommend|suggest|offer|next step|should we)", re.I)),
    ("Engagement", re.compile(r"\b(?:sign(?:ed)? (?:in|up)|visit|active|session|use[ds]?\b|story)", re.I)),
)
_GENERAL_TAG = "Customers"
#: As answers write a customer: the name with the id, or the id alone.
_NAMED = re.compile(r"\bcustomer ([\w.@+-]{1,64}(?<![.]))|\w \(([\w.@+-]{1,64})\)")
_OF_ONE = ("Tell me the story of {}", "Why may {} leave?", "What should we recommend to {}?", "When did {} last order?")
_OF_ALL = ("Who needs attention?", "Top 3 customers", "How many customers are there?")


def title(asked: Sequence[str]) -> str:
    """The first question, shortened to a line."""
    words = clean_text(asked[0][:1_000]).split() if asked else []
    line = " ".join(words).strip(" ?.!\"'`*#")
    if len(line) > _TITLE_CHARS:
        line = line[:_TITLE_CHARS].rsplit(" ", 1)[0].rstrip(" ,;:-") + "…"
    return line[:1].upper() + line[1:] or _UNTITLED


def tags(asked: Sequence[str]) -> list[str]:
    """Up to three words of a small list."""
    said = "\n".join(text[:1_000] for text in asked)
    found = [name for name, pattern in _TAGS if pattern.search(said)]
    return [_GENERAL_TAG, *found][:_MAX_TAGS]


def follow_ups(asked: Sequence[str], answered: Sequence[str]) -> list[str]:
    """Up to three questions that stand alone and were not asked: about the one customer spoken of, or about all."""
    named = {one or other for one, other in _NAMED.findall(answered[-1][:10_000])} if answered else set()
    known = {_plain(text) for text in asked}
    asks = [each.format(*named) for each in _OF_ONE] if len(named) == 1 else list(_OF_ALL)
    return [each for each in asks if _plain(each) not in known][:_MAX_FOLLOW_UPS]


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
