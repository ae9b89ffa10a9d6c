"""What a process asked of its model, and what became of the answers: counters for /metrics."""

from __future__ import annotations

from collections import Counter
from itertools import accumulate
from typing import Literal, get_args

from agent.answer import Mode, Usage

#: `unusable` is the model's own failure, `not_asked` a question that went by a resting or unable model.
Outcome = Literal["replied", "unusable", "provider_failed", "out_of_time", "cancelled", "not_asked"]
#: Seconds; a local model on few cores takes minutes, a fast one a fraction of a second.
BUCKETS_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class Meter:
    """Counts since the process began; names no workspace and no customer."""

    def __init__(self) -> None:
        self.requests: Counter[Outcome] = Counter(dict.fromkeys(get_args(Outcome), 0))
        self.usage = Usage()
        self.seconds = 0.0
        #: By mode and, of fallbacks, the reason.
        self.answers: Counter[tuple[Mode, str]] = Counter({(mode, ""): 0 for mode in get_args(Mode)})
        #: Sentences that grounding took out of a model's answers.
        self.removed = 0
        self._timed = [0] * (len(BUCKETS_S) + 1)

    def requested(self, outcome: Outcome, seconds: float, usage: Usage) -> None:
        """One request to the provider has ended."""
        self.requests[outcome] += 1
        self.usage += usage
        self.seconds += seconds
        self._timed[sum(seconds > bound for bound in BUCKETS_S)] += 1

    def not_asked(self) -> None:
        """A question was answered without the model, because it rests or cannot call tools."""
        self.requests["not_asked"] += 1

    def answered(self, mode: Mode, reason: str | None, removed: int) -> None:
        """One answer was given; so many sentences had to be taken out of what the model wrote."""
        self.answers[mode, reason or ""] += 1
        self.removed += removed

    @property
    def timed(self) -> list[int]:
        """Requests that took at most each of BUCKETS_S seconds, and last all."""
        return list(accumulate(self._timed))
