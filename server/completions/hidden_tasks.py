"""What chat clients ask for behind their user's back: a title, tags, what to ask next. Answered by code, at once.

Open WebUI sends such a task as a message with the conversation between two tags and the JSON it wants; LibreChat with
the conversation under a heading, or as the arguments of a tool.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from server.completions.conversation import text_of
from server.completions.reply import Said
from server.completions.request import CompletionRequest
from server.completions.suggestions import follow_ups, tags, title

#: Where the instructions end and somebody's words begin; what is sought lies near the start.
_OPENS, _CLOSES = "<chat_history>", "</chat_history>"
_INSTRUCTION_CHARS = 4_000
#: A task brings the last few messages along.
_HISTORY_CHARS = 100_000
_TASK = re.compile(r"\s*(?:#|You are\b|Your task\b|Generate\b|Create\b|Suggest\b|Analy[sz]e\b)", re.I)
_WANTED = re.compile(r"""\{\s*["'](title|tags|follow_ups|queries|prompt|text)["']\s*:""")
_SPEAKER = re.compile(r"^[ \t]{0,8}(USER|ASSISTANT|SYSTEM|TOOL|User|AI|\|\|>User|\|\|>Response):", re.M)
_TITLE = re.compile(r"\b(?:concise|short|brief)\b.{0,60}\btitle\b|\btitle (?:for|of) (?:the|this|a) (?:chat|con)", re.I)
_EMOJI = re.compile(r"\s*Your task is\b[^\n]*\bemoji\b", re.I)
_CHOOSES_TOOLS = re.compile(r"\s*Available Tools:", re.I)

#: One that fits every message.
EMOJI = "💬"


@dataclass(frozen=True, slots=True)
class Told:
    """The part of a conversation that a task brings along."""

    asked: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()


def answer_hidden(request: CompletionRequest) -> Said | None:
    """The answer to a hidden task; None for a question of the user's own."""
    spoken = [message for message in request.messages if message.role == "user"]
    # A task comes alone: a conversation that holds one was written by somebody.
    if len(spoken) != 1 or any(message.role == "assistant" for message in request.messages):
        return None
    system = "\n".join(text_of(each) for each in request.messages if each.role in ("system", "developer"))
    text = text_of(spoken[0])
    for read in _TASKS:
        said = read(text, system, request)
        if said is not None:
            return said
    return None


def _wanted_as_json(text: str, system: str, request: CompletionRequest) -> Said | None:
    before, opened, rest = text.partition(_OPENS)
    history, closed, after = rest.rpartition(_CLOSES)
    if not (opened and closed and _TASK.match(before)):
        return None
    instructions = before[:_INSTRUCTION_CHARS] + after[:_INSTRUCTION_CHARS]
    wanted = _WANTED.search(instructions)
    if wanted is None:
        return None
    return Said(_json({wanted[1]: _FOUND[wanted[1]](_told(history))}))


def _titled(text: str, system: str, request: CompletionRequest) -> Said | None:
    whole = f"{system}\n{text}"
    first = _SPEAKER.search(whole)
    if first is None or not _TITLE.search(whole[: min(first.start(), _INSTRUCTION_CHARS)]):
        return None
    told = _told(whole[first.start() :])
    if not told.asked or not told.answered:
        return None
    return _in_its_form(title(told.asked), request)


def _emoji(text: str, system: str, request: CompletionRequest) -> Said | None:
    return Said(EMOJI) if _EMOJI.match(text) and "```" in text else None


def _no_tools(text: str, system: str, request: CompletionRequest) -> Said | None:
    chooses = _CHOOSES_TOOLS.match(system) and '"tool_calls"' in system
    return Said(_json({"tool_calls": []})) if chooses else None


#: One reading each, the first that fits answers.
_TASKS: tuple[Callable[[str, str, CompletionRequest], Said | None], ...] = (
    _wanted_as_json, _titled, _emoji, _no_tools,
)  # fmt: skip
#: What stands in the JSON that is wanted, by its name.
_FOUND: dict[str, Callable[[Told], Any]] = {
    "title": lambda told: title(told.asked),
    "tags": lambda told: tags(told.asked),
    "follow_ups": lambda told: follow_ups(told.asked, told.answered),
    # Of other sources nothing is searched, no picture is drawn, and nobody's sentence is finished.
    "queries": lambda told: [],
    "prompt": lambda told: title(told.asked),
    "text": lambda told: "",
}


def _told(history: str) -> Told:
    """Who said what: each speaker's name stands at the start of a line."""
    _, *said = _SPEAKER.split(history[:_HISTORY_CHARS])
    pairs = list(zip(said[::2], (text.strip() for text in said[1::2]), strict=True))
    return Told(_of(pairs, "user"), _of(pairs, "assistant", "ai", "response"))


def _of(pairs: Sequence[tuple[str, str]], *speakers: str) -> tuple[str, ...]:
    return tuple(text for speaker, text in pairs if speaker.lower().strip("|>") in speakers)


def _in_its_form(found: str, request: CompletionRequest) -> Said:
    """A title as text, or where a tool or a schema asks for one, in that."""
    for tool in request.tools or ():
        function = tool.get("function")
        if isinstance(function, dict) and "title" in (known := _properties(function.get("parameters"))):
            return Said(call=(str(function.get("name", "title")), _json(_filled(known, found))))
    schema = (request.response_format or {}).get("json_schema")
    known = _properties(schema.get("schema")) if isinstance(schema, dict) else {}
    return Said(_json(_filled(known, found)) if "title" in known else found)


def _filled(properties: dict[str, Any], found: str) -> dict[str, str]:
    # Questions are read in English.
    values = {"title": found, "language": "English"}
    return {name: values[name] for name in properties if name in values}


def _properties(schema: Any) -> dict[str, Any]:
    found = schema.get("properties") if isinstance(schema, dict) else None
    return found if isinstance(found, dict) else {}


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
