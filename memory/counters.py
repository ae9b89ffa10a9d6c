"""What became of everything that came in, counted by stage since this process began."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from memory.scope import Scope
from memory.store import Verdict


class Counters:
    """For each workspace: `received` is always the sum of the verdicts."""

    def __init__(self) -> None:
        self.since = datetime.now(UTC)
        self._verdicts: defaultdict[str, Counter[Verdict]] = defaultdict(Counter)

    def add(self, scope: Scope, verdicts: Iterable[Verdict]) -> None:
        """These items were answered."""
        self._verdicts[scope.workspace].update(verdicts)

    def of(self, scope: Scope) -> dict[Verdict, int]:
        """Every verdict with its number, of one workspace."""
        return {verdict: self._verdicts[scope.workspace][verdict] for verdict in Verdict}

    def total(self) -> dict[Verdict, int]:
        """Every verdict with its number, of all workspaces."""
        found = sum(self._verdicts.values(), Counter[Verdict]())
        return {verdict: found[verdict] for verdict in Verdict}
