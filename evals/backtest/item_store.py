"""The product's own lists on a store of its own: counted and ranked as it does for anybody who asks."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from evals.backtest.item_cases import Case
from memory.ledger import UnknownCustomer
from memory.record import Record
from memory.scope import Scope
from memory.workspace import start_of_day
from server.bootstrap import Services
from tools.prediction.shelf import Awaited
from tools.recommending.keeper import ItemKeeper, KnownItems
from tools.recommending.ranking import RankedItem, rank_items
from tools.survey import Reference

Ranked = list[RankedItem]
#: Items do not depend on it, and to train a model for each origin takes time.
_NO_MODEL = Awaited("")


@dataclass(slots=True)
class Shop:
    """A workspace whose items are counted by `keeper`; what is known of a day is kept until the next is asked for."""

    services: Services
    keeper: ItemKeeper
    workspace: str
    _day: tuple[Reference, KnownItems] | None = field(default=None, repr=False)

    async def rank(self, cases: Sequence[Case], limit: int, new: bool, without: Collection[str] = ()) -> list[Ranked]:
        """The items of each case, in their order; they are gone through by time, so that a day is made once."""
        found: dict[int, Ranked] = {}
        for number, case in sorted(enumerate(cases), key=lambda each: each[1].as_of):
            reference, known = await self._known(case.as_of)
            records = await self._records(reference, case)
            found[number] = rank_items(
                known, case.customer, records, case.as_of, limit, exclude_owned=new, without=without
            )
            await asyncio.sleep(0)
        return [found[number] for number in range(len(cases))]

    def forget_day(self) -> None:
        """Ask anew next time: events came in."""
        self._day = None

    async def _known(self, as_of: datetime) -> tuple[Reference, KnownItems]:
        """What is known of everybody at the start of the day."""
        scope = Scope(self.workspace)
        settings = await self.services.workspaces.settings(scope)
        start = start_of_day(as_of.astimezone(settings.zone).date(), settings.zone)
        if self._day is None or self._day[0].as_of != start:
            reference = await self.services.desk.surveyor.reference(scope, start, settings, model=_NO_MODEL)
            self._day = reference, await self.keeper.known(scope, reference, settings)
        return self._day

    async def _records(self, reference: Reference, case: Case) -> list[Record]:
        """The customer's own as of now, which may be later than the start of the day."""
        if case.as_of == reference.as_of:
            return reference.everyone.get(case.customer, [])
        try:
            return (await self.services.ledger.history(Scope(self.workspace), case.customer, case.as_of)).records
        except UnknownCustomer:
            return []
