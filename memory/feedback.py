"""What became of recommendations, as it was told: accepted, rejected or ignored."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from memory.attribution import in_both_roles
from memory.given import MOST_REST_DAYS, RecommendationKind
from memory.kinds import FEEDBACK
from memory.points import control_point, read_control
from memory.scope import Scope
from memory.store import Control, Store, Where
from memory.suppression import Suppressions

Reaction = Literal["accepted", "rejected", "ignored"]
#: What became of feedback: kept; there already, just so; there already, and something else; of an erased customer.
Taken = Literal["kept", "same", "other", "erased"]


class Feedback(BaseModel):
    """A verdict on one recommendation. `what`, `kind` and `cool_down_days` are the recommendation's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recommendation_id: str = Field(min_length=1)
    client_id: str = Field(min_length=1)
    what: str = Field(min_length=1)
    kind: RecommendationKind
    verdict: Reaction
    made_at: AwareDatetime
    received_at: AwareDatetime
    cool_down_days: int = Field(ge=0, le=MOST_REST_DAYS)
    note: str = ""
    author: str = ""

    @property
    def control(self) -> Control:
        return Control(FEEDBACK, self.recommendation_id, self.model_dump(mode="json"))

    @property
    def rests_until(self) -> datetime | None:
        """When it may be recommended again; None where it need not wait.

        An action that was accepted is being done; of an item, more of the same may be just what is wanted.
        """
        rests = self.verdict == "rejected" or (self.verdict == "accepted" and self.kind == "action")
        return self.made_at + timedelta(days=self.cool_down_days) if rests else None

    def says_the_same(self, other: Feedback) -> bool:
        """Whether it is the same told again, whenever that was."""
        return (self.verdict, self.note, self.author) == (other.verdict, other.note, other.author)


class FeedbackLog:
    """Reads and writes it; one point a recommendation, which stays as it was first told."""

    def __init__(self, store: Store, suppressions: Suppressions) -> None:
        self._store = store
        self._suppressions = suppressions

    async def give(self, scope: Scope, feedback: Feedback) -> Taken:
        """Keep it, unless something is kept of this recommendation already."""
        whole, key = scope.whole(), feedback.recommendation_id
        new = await self._store.restore(whole, [control_point(whole, feedback.control)])
        # Read back: of several processes that write at once only the store tells who was first.
        kept = await self.get(whole, key)
        if kept is not None and not (new and kept == feedback):
            return "same" if kept.says_the_same(feedback) else "other"
        # After the write: an erasure that began before it would have found it, a later one suppresses first.
        if await self._suppressions.among(whole, in_both_roles([feedback.client_id])):
            await self._store.delete_controls(whole, FEEDBACK, [key])
            return "erased"
        return "kept"

    async def get(self, scope: Scope, recommendation_id: str) -> Feedback | None:
        found = await self._store.control(scope.whole(), FEEDBACK, recommendation_id)
        return read_feedback(found) if found else None

    async def of(
        self, scope: Scope, client_ids: Collection[str], as_of: datetime, known_at: datetime | None = None
    ) -> list[Feedback]:
        """What was told of a customer of these ids up to an instant, oldest first."""
        if not client_ids:
            return []
        return await self._read(scope, Where(ids=tuple(sorted(client_ids))), as_of, known_at)

    async def all(self, scope: Scope, as_of: datetime, known_at: datetime | None = None) -> list[Feedback]:
        """What was told of anybody up to an instant, oldest first."""
        return await self._read(scope, None, as_of, known_at)

    async def resting(
        self, scope: Scope, client_ids: Collection[str], as_of: datetime, known_at: datetime | None = None
    ) -> dict[tuple[RecommendationKind, str], datetime]:
        """What not to recommend again to this customer at an instant, as (kind, what), and until when."""
        return resting(await self.of(scope, client_ids, as_of, known_at), as_of)

    async def _read(
        self, scope: Scope, where: Where | None, as_of: datetime, known_at: datetime | None
    ) -> list[Feedback]:
        pages = self._store.dump(scope.whole(), FEEDBACK, where=where)
        found = [read_feedback(read_control(payload)) async for page in pages for payload in page]
        # As with what was given: at the very instant counts.
        seen = (f for f in found if f.made_at <= as_of and (known_at is None or f.received_at < known_at))
        return sorted(seen, key=lambda each: (each.made_at, each.recommendation_id))


def resting(told: Iterable[Feedback], as_of: datetime) -> dict[tuple[RecommendationKind, str], datetime]:
    """What still rests at an instant, as (kind, what), and until when; of several times the latest."""
    found: dict[tuple[RecommendationKind, str], datetime] = {}
    for each in told:
        until, key = each.rests_until, (each.kind, each.what)
        if until is not None and until > as_of:
            found[key] = max(until, found.get(key, until))
    return found


def read_feedback(control: Control) -> Feedback:
    """What `Feedback.control` wrote; raises ValidationError for anything else."""
    return Feedback.model_validate(control.data)
