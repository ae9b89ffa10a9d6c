"""MineThatData's e-mail experiment of 2008 (K. Hillstrom): who was mailed what at random, and who came in two weeks."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from memory.given import NOTHING

#: What the columns say of each customer before the mailing: numbers, and texts.
NUMBERS = ("recency", "history", "mens", "womens", "newbie")
TEXTS = ("history_segment", "zip_code", "channel")
ARMS = {"No E-Mail": NOTHING, "Mens E-Mail": "mens_email", "Womens E-Mail": "womens_email"}
#: The data have no times: the mailing is put on a day, and what came of it within the two weeks that it was watched.
DESCRIBED = datetime(2008, 3, 19, tzinfo=UTC)
MAILED = datetime(2008, 3, 20, tzinfo=UTC)
HORIZON_DAYS = 14
VISITED, BOUGHT = "Site Visited", "Order Completed"

Event = dict[str, Any]


class HillstromMissing(Exception):
    """The file is not that experiment's; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Mailed:
    """One customer: what was known of them, what they got, and whether they came, bought, and for how much."""

    client_id: str
    traits: dict[str, float | str]
    arm: str
    visited: bool
    spent: float | None

    @property
    def before(self) -> Event:
        """What was known, as an event."""
        return self._event("identify", DESCRIBED, "known", traits=self.traits)

    @property
    def after(self) -> Iterator[Event]:
        """What they did, as events."""
        if self.visited:
            yield self._event("track", MAILED + timedelta(days=1), "visit", event=VISITED)
        if self.spent is not None:
            paid = {"revenue": self.spent, "currency": "USD"}
            yield self._event("track", MAILED + timedelta(days=2), "order", event=BOUGHT, properties=paid)

    def _event(self, kind: str, when: datetime, name: str, **fields: Any) -> Event:
        named = {"userId": self.client_id, "messageId": f"{self.client_id}-{name}", "timestamp": when.isoformat()}
        return {"type": kind, **named, **fields}


def read_hillstrom(path: Path) -> list[Mailed]:
    """Every customer of the file (CSV, gzipped or not), in its order; raises HillstromMissing."""
    if not path.is_file():
        raise HillstromMissing(f"there is no file {path}")
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as source:
        rows = csv.DictReader(source)
        missing = {*NUMBERS, *TEXTS, "segment", "visit", "conversion", "spend"} - set(rows.fieldnames or ())
        if missing:
            raise HillstromMissing(f"{path.name} has no column {', '.join(sorted(missing))}")
        return [_mailed(number, row) for number, row in enumerate(rows)]


def _mailed(number: int, row: dict[str, str]) -> Mailed:
    traits: dict[str, float | str] = {name: float(row[name]) for name in NUMBERS}
    spent = float(row["spend"]) if row["conversion"] == "1" else None
    return Mailed(
        f"h{number:05}", traits | {name: row[name] for name in TEXTS}, ARMS[row["segment"]], row["visit"] == "1", spent
    )
