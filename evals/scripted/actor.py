"""One question on its way through a scripted model: its calls turn by turn, then its answer, mended once if asked."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from evals.scripted.competent import mend, plan, write
from evals.scripted.lying import lies_in
from evals.scripted.messages import Seen, calls, is_asked, obeys, seen_in, sent_back, written_before
from evals.target import Json

Character = Literal["scripted", "scripted-liar"]
#: The names of these models on the command line.
CHARACTERS: Sequence[Character] = get_args(Character)


def character_of(model: str | None) -> Character | None:
    """The character of this name, None for any other model."""
    return next((each for each in CHARACTERS if each == model), None)


@dataclass(slots=True)
class Part:
    """What is to be played: a question, with the answer that a product without a model gave; and what came of it."""

    question: str
    reply: Json
    #: The answers in the order they were written, and the sentences that were sent back, each with its reason.
    wrote: list[str] = field(default_factory=list)
    fallen: list[Json] = field(default_factory=list)


class Actor:
    """A script that plays one part at a time. Beyond its part it knows only what a request shows."""

    def __init__(self, character: Character) -> None:
        self.lies = character == "scripted-liar"
        self._lock = threading.Lock()
        self._part: Part | None = None
        self._played = 0

    def take(self, part: Part | None) -> None:
        with self._lock:
            self._part = part
            self._played += 1

    def __call__(self, request: Json) -> Json:
        with self._lock:
            part, messages = self._part, request["messages"]
            if part is None or not is_asked(messages, part.question):
                return obeys(request)
            seen, turns = seen_in(messages), plan(part.reply)
            if seen.turns < len(turns):
                return calls(turns[seen.turns])
            fallen = sent_back(messages)
            part.fallen += fallen
            part.wrote.append(self._text(part, seen, fallen, written_before(messages)))
            return {"content": part.wrote[-1]}

    def _text(self, part: Part, seen: Seen, fallen: list[Json], before: str | None) -> str:
        if self.lies:
            return lies_in(write(part.reply, seen), seen, self._played + len(part.wrote))
        return mend(before, fallen, seen) if before is not None else write(part.reply, seen)
