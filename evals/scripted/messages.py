"""What a model reads: the messages of a request, as any model is given them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from evals.target import Json

#: Ends a text that was too long to be shown whole.
_CUT = " …"


@dataclass(frozen=True, slots=True)
class Seen:
    """All that the tools showed so far: events, each once, and facts; and how many turns of calls there were."""

    events: list[Json] = field(default_factory=list)
    facts: list[Json] = field(default_factory=list)
    turns: int = 0

    def refs_of(self, citation: Json) -> list[int]:
        """The number of the event that a citation shows, by what is said of it: its customer, its words, its day.

        Words that several events share leave the day to decide, which may be another in the workspace's time zone.
        """
        own = [event for event in self.events if event["client"] == citation["customer_id"]]
        same = [event for event in own if _is_begun_by(citation["text"], event["text"])]
        of_day = [event for event in same if event["on"] == citation["occurred_at"][:10]]
        return [event["ref"] for event in (of_day or same)[:1]]

    def facts_with(self, value: float) -> list[Json]:
        """The facts of a number, rounded as answers write it."""
        return [fact for fact in self.facts if is_number(fact["value"]) and round(fact["value"], 2) == round(value, 2)]


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_begun_by(text: str, shown: str) -> bool:
    """Whether a text is one that was shown, be it without its end."""
    return " ".join(text.split()).startswith(" ".join(shown.removesuffix(_CUT).split()))


def seen_in(messages: Sequence[Json]) -> Seen:
    seen = Seen(turns=sum(1 for each in messages if each.get("tool_calls")))
    known: set[int] = set()
    for message in messages:
        if message["role"] != "tool":
            continue
        told = json.loads(message["content"])
        seen.events.extend(event for event in told.get("events", []) if event["ref"] not in known)
        known |= {event["ref"] for event in told.get("events", [])}
        seen.facts.extend(told.get("facts", []))
    return seen


def is_asked(messages: Sequence[Json], question: str) -> bool:
    """Whether a request is about this question."""
    return any(each["role"] == "user" and str(each["content"]).startswith(question) for each in messages)


def written_before(messages: Sequence[Json]) -> str | None:
    """The answer that was sent back to be mended, if one was."""
    texts = [each["content"] for each in messages if each["role"] == "assistant" and not each.get("tool_calls")]
    return texts[-1] if texts else None


def sent_back(messages: Sequence[Json]) -> list[Json]:
    """The sentences that were sent back, each with its `reason`: the JSON list in the last message."""
    if written_before(messages) is None or messages[-1]["role"] != "user":
        return []
    text = messages[-1]["content"]
    found, _ = json.JSONDecoder().raw_decode(text, text.index("["))
    return list(found)


def calls(wanted: Sequence[Json]) -> Json:
    """The message that calls these tools (`name`, `args`)."""
    return {
        "content": None,
        "tool_calls": [
            {
                "id": f"call-{each['name']}-{number}",
                "type": "function",
                "function": {"name": each["name"], "arguments": json.dumps(each["args"])},
            }
            for number, each in enumerate(wanted)
        ],
    }


def obeys(request: Json) -> Json:
    """The answer to a request that is no customer's question, such as a probe: the tool called, the schema filled."""
    if request.get("tools"):
        tool = request["tools"][0]["function"]
        return calls([{"name": tool["name"], "args": _fitting(tool["parameters"])}])
    wanted = (request.get("response_format") or {}).get("json_schema")
    return {"content": json.dumps(_fitting(wanted["schema"]) if wanted else {}) if wanted else "I do not know."}


def _fitting(schema: Json) -> Json:
    simple = {"boolean": True, "integer": 1, "number": 1, "string": "yes"}
    properties = schema.get("properties", {})
    return {name: simple[properties[name]["type"]] for name in schema.get("required", [])}
