"""A model that looks three things up about one customer, one a turn, and then says what it found."""

from __future__ import annotations

import re

from evals.scripted.messages import Seen, calls, obeys, seen_in
from evals.target import Json

#: Where the product says whom it understood the question to be about.
_MEANT = re.compile(r"Customers meant: ([^,\n]+?)[,.](?:\s|\)|$)")
_TURNS = 3
#: Characters of a quotation.
_QUOTED = 60


class Looker:
    """A script for questions of one customer: recall, measure, timeline, then an answer of four lines."""

    def __call__(self, request: Json) -> Json:
        told = [str(each["content"]) for each in request["messages"] if each["role"] == "user"]
        asked = next(filter(_MEANT.search, told), "")
        meant = _MEANT.search(asked)
        if meant is None:
            return obeys(request)
        seen = seen_in(request["messages"])
        if seen.turns < _TURNS:
            return calls([_looked_up(seen.turns, meant[1], asked.partition("\n")[0])])
        return {"content": _told(meant[1], seen)}


def _looked_up(turn: int, who: str, question: str) -> Json:
    return (
        {"name": "recall", "args": {"client_id": who, "query": question}},
        {"name": "measure", "args": {"client_ids": [who], "measure": "count"}},
        {"name": "timeline", "args": {"client_id": who}},
    )[turn]


def _told(who: str, seen: Seen) -> str:
    """The customer's last event in a sentence of its own, two others and a fact for code to write out."""
    last = max(seen.events, key=lambda event: str(event["on"]))
    refs = [event["ref"] for event in seen.events if event["ref"] != last["ref"]]
    own = [fact for fact in seen.facts if fact.get("client") == who and fact["refs"]]
    quoted = last["text"].partition('"')[0][:_QUOTED].rpartition(" ")[0]
    lines = [f'- On {last["on"]}, customer {who}: "{quoted}" [{last["ref"]}]']
    lines += [f"- [{ref}]" for ref in refs[:2]]
    lines += [f"- {{{fact['id']}}}" for fact in own[:1]]
    return "\n".join(lines)
