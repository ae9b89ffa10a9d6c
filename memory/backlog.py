"""What waits to be embedded: the texts of recent events, and the workspaces whose store has to be searched."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from memory.scope import Scope

Parts = tuple[str, ...]

#: Beyond this the store is searched instead: some 15 MB of texts of retail orders.
MAX_TEXTS_OF = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """Events to be embedded now: their texts by message id, and since when each waited (monotonic seconds).

    Without `since` they come from the store, and count there.
    """

    scope: Scope
    parts: dict[str, Parts]
    since: list[float] = field(default_factory=list)


class Backlog:
    """Bounded: texts that do not fit are found in the store again."""

    def __init__(self) -> None:
        self._recent: deque[tuple[Scope, str, Parts, float]] = deque()
        self._behind: dict[str, int] = {}
        # Being embedded: still without vectors.
        self._in_hand: list[Taken] = []

    def __len__(self) -> int:
        """How many events wait, as far as is known without asking the store."""
        return len(self._recent) + sum(len(each.since) for each in self._in_hand) + sum(self._behind.values())

    def add(self, scope: Scope, parts: Mapping[str, Parts]) -> None:
        """Events that were just kept: their texts by message id."""
        if scope.workspace in self._behind or len(self._recent) + len(parts) > MAX_TEXTS_OF:
            self._behind[scope.workspace] = self._behind.get(scope.workspace, 0) + len(parts)
        else:
            now = time.monotonic()
            self._recent.extend((scope, key, texts, now) for key, texts in parts.items())

    def take(self, limit: int) -> Taken | None:
        """The oldest events, at most so many and of one workspace; None when no texts are at hand."""
        if not self._recent:
            return None
        taken = Taken(self._recent[0][0], {})
        while self._recent and len(taken.parts) < limit and self._recent[0][0] == taken.scope:
            _, key, texts, since = self._recent.popleft()
            taken.parts[key] = texts
            taken.since.append(since)
        return taken

    @contextmanager
    def holding(self, taken: Taken) -> Iterator[None]:
        """These are being embedded: they count as waiting and can be dropped; after an error they wait in the store."""
        self._in_hand.append(taken)
        try:
            yield
        except BaseException:
            if taken.since:
                self._behind[taken.scope.workspace] = self._behind.get(taken.scope.workspace, 0) + len(taken.parts)
            raise
        finally:
            self._in_hand.remove(taken)

    def drop(self, scope: Scope, message_ids: Collection[str]) -> None:
        """Forget the texts of these events."""
        for taken in self._in_hand:
            for key in message_ids if taken.scope == scope else ():
                taken.parts.pop(key, None)
        kept = [each for each in self._recent if each[0] != scope or each[1] not in message_ids]
        self._recent = deque(kept)

    def behind(self, scope: Scope, count: int) -> None:
        """So many events wait in the store of this workspace, those whose texts are at hand included."""
        recent = Counter(each[0].workspace for each in self._recent)[scope.workspace]
        if count > recent:
            self._behind[scope.workspace] = count - recent
        else:
            self.caught_up(scope)

    def is_behind(self, scope: Scope) -> bool:
        return scope.workspace in self._behind

    def done(self, scope: Scope, count: int) -> None:
        """So many events of a workspace that is behind were embedded."""
        if scope.workspace in self._behind:
            self._behind[scope.workspace] = max(0, self._behind[scope.workspace] - count)

    def caught_up(self, scope: Scope) -> None:
        """Nothing waits in the store any more."""
        self._behind.pop(scope.workspace, None)
