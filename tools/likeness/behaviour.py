"""Alike by what they did: items dealt with and kinds of events, each worth more the fewer customers share it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from memory.record import Record
from tools.pace import Pace

#: An item, or a kind of event, by name.
Doing = tuple[Literal["item", "event"], str]
#: What everybody's SDK sends says nothing of what somebody does.
_SILENT = frozenset({"Profile Updated", "Group", "Alias"})


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What customers did: a row of unit length for each of `clients`, a column for each of `columns`."""

    clients: tuple[str, ...]
    columns: Mapping[Doing, int]
    spread: NDArray[np.int64]
    rows: Any

    def weights(self, counts: Mapping[Doing, int]) -> dict[Doing, float]:
        """Each doing's part of a vector of unit length: (1 + ln times) x ln((1 + customers) / those who did it), the
        weighting of Salton and Buckley (1988). What all have done weighs next to nothing, but something.
        """
        bare = {each: (1 + math.log(counts[each])) * self._rarity(each) for each in sorted(counts)}
        length = math.sqrt(sum(weight * weight for weight in bare.values()))
        return {each: weight / length for each, weight in bare.items()}

    def likeness(self, counts: Mapping[Doing, int]) -> NDArray[np.float64]:
        """The cosine of each client's behaviour with this one, 0..1."""
        known = {self.columns[each]: weight for each, weight in self.weights(counts).items() if each in self.columns}
        asked = np.zeros(len(self.columns))
        asked[list(known)] = list(known.values())
        return np.asarray(self.rows @ asked)

    def _rarity(self, doing: Doing) -> float:
        column = self.columns.get(doing)
        # What only the customer in question did counts as done by one.
        shared = 1 if column is None else int(self.spread[column])
        return math.log((1 + len(self.clients)) / shared) if self.clients else 1.0


def doings(records: Sequence[Record]) -> Counter[Doing]:
    """In how many events a customer did what; what was given back is no item of theirs."""
    counts: Counter[Doing] = Counter()
    for record in records:
        if record.title not in _SILENT:
            counts[("event", record.title)] += 1
        if record.meaning.money >= 0:
            counts.update(("item", item) for item in set(record.items))
    return counts


async def make_behaviour(everyone: Mapping[str, Sequence[Record]]) -> Behaviour:
    """The behaviour of all in their order, with turns for other requests."""
    pace = Pace()
    counted: dict[str, Counter[Doing]] = {}
    for client_id, records in everyone.items():
        counted[client_id] = doings(records)
        await pace.breathe()
    spread = Counter(each for counts in counted.values() for each in counts)
    columns = {each: number for number, each in enumerate(sorted(spread))}
    bare = Behaviour(tuple(counted), columns, np.array([spread[each] for each in columns], dtype=np.int64), None)
    ends, places, weights = [0], list[int](), list[float]()
    for counts in counted.values():
        for each, weight in bare.weights(counts).items():
            places.append(columns[each])
            weights.append(weight)
        ends.append(len(places))
        await pace.breathe()
    rows = csr_matrix((weights, places, ends), shape=(len(counted), len(columns)))
    return Behaviour(bare.clients, columns, bare.spread, rows)
