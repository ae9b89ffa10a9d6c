"""A resent conversation: its last question, and those before it that it may lean on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from memory.cleaning import clean_text
from server.completions.request import Message
from server.problems import INVALID_REQUEST, FieldError, Refusal
from server.routes.chat import MAX_MESSAGE_CHARS

#: What a question leans on is mostly the one before; each of them is answered again, by code.
MAX_EARLIER = 4

#: Longer than any question, wrapped or not, that is cleaned to see how long it is.
_MOST_CHARS = 100_000
#: Chat clients put documents before a question, or ask for one answer out of several.
_TASK = re.compile(r"\s*#+\s*Task:")
_SEVERAL, _START_CHARS = "responses from various models", 200


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is asked now, and what was asked before, oldest first.

    Answers are not read: they are the client's copy, and could say anything.
    """

    question: str
    earlier: tuple[str, ...] = ()


def read_conversation(messages: Sequence[Message]) -> Conversation:
    """The conversation of a request; raises Refusal that names the message in which no question can be read."""
    asked = [place for place, message in enumerate(messages) if message.role == "user"]
    if not asked:
        raise _refusal("/messages", "no_question", "A message of the role user with a question is needed.")
    question = _question(messages[asked[-1]], asked[-1])
    before = (unwrapped(text_of(messages[place])) for place in reversed(asked[:-1]))
    usable = (text for text in before if 0 < len(text) <= MAX_MESSAGE_CHARS)
    return Conversation(question, tuple(islice(usable, MAX_EARLIER))[::-1])


def text_of(message: Message) -> str:
    """The text of a message, its parts in lines of their own; what is no text is left out."""
    if message.content is None or isinstance(message.content, str):
        return message.content or ""
    texts = (part.get("text") for part in message.content if part.get("type", "text") == "text")
    return "\n".join(text for text in texts if isinstance(text, str))


def unwrapped(text: str) -> str:
    """The question in a text, cleaned, without what a chat client has put around it."""
    found = text
    if _TASK.match(text) and "</context>" in text:
        found = text.rpartition("</context>")[2]
        if "<user_query>" in found:
            found = found.partition("<user_query>")[2].partition("</user_query>")[0]
    elif _SEVERAL in text[:_START_CHARS]:
        found = text.partition('"')[2].partition('"\n')[0]
    return clean_text((found if found.strip() else text)[:_MOST_CHARS])


def _question(message: Message, place: int) -> str:
    where = f"/messages/{place}/content"
    for number, part in enumerate(message.content if isinstance(message.content, list) else ()):
        if part.get("type", "text") != "text":
            kind = str(part["type"])[:40]
            told = f"Only text can be read here, and this part is of the type {kind!r}."
            raise _refusal(f"{where}/{number}", "not_text", told)
    question = unwrapped(text_of(message))
    if not question:
        raise _refusal(where, "empty", "The question is empty.")
    if len(question) > MAX_MESSAGE_CHARS:
        told = f"A question has at most {MAX_MESSAGE_CHARS:,} characters, and this one {len(question):,}."
        raise _refusal(where, "string_too_long", told)
    return question


def _refusal(field: str, reason: str, detail: str) -> Refusal:
    return Refusal(INVALID_REQUEST, detail, [FieldError(field=field, reason=reason, detail=detail)])
