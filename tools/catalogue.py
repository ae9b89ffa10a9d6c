"""The vocabulary of the events in view: their names, the labels of their properties, and the values these take."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from memory.details import Value, folded_label
from memory.record import Record
from tools.condition import is_date, is_plain_number
from tools.pace import Pace
from tools.tool import ToolContext

Kind = Literal["number", "text", "flag", "date"]

#: A property with more values than these, or with longer ones, is no choice of a few but anybody's words.
MAX_VALUES = 300
_MAX_MEAN_CHARS = 60
_NOTE = "catalogue"
#: Records read between two looks at the clock.
_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Label:
    """A property: which events carry it, how often, and what it takes.

    `values` are its texts and flags ("true", "false") with how often each occurs; empty where it is `open`: anything
    may stand there.
    """

    name: str
    kinds: frozenset[Kind]
    titles: frozenset[str]
    values: dict[str, int]
    count: int
    open: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`titles` says how many events have each name; `labels` are by folded name (`memory.details.folded_label`)."""

    titles: dict[str, int]
    labels: dict[str, Label]

    def label(self, name: str) -> Label | None:
        """The property of this name, however that is spelled."""
        return self.labels.get(folded_label(name))


async def catalogue(context: ToolContext) -> Catalogue:
    """The vocabulary of what this context sees: everyone's events, or those of the one customer it is bound to.

    Raises UnknownCustomer where that one is not known yet.
    """
    if context.bound_to:
        return await make_catalogue([(await context.history(context.bound_to)).records])
    survey = await context.survey()
    kept = survey.notes.get(_NOTE)
    if isinstance(kept, Catalogue):
        return kept
    made = await make_catalogue(customer.records for customer in survey.customers.values())
    survey.notes[_NOTE] = made
    return made


async def make_catalogue(histories: Iterable[Sequence[Record]]) -> Catalogue:
    """The vocabulary of these records, made in turns with other requests."""
    pace = Pace()
    titles: Counter[str] = Counter()
    seen: defaultdict[str, _Seen] = defaultdict(_Seen)
    for records in histories:
        for start in range(0, len(records), _CHUNK):
            _read(records[start : start + _CHUNK], titles, seen)
            await pace.breathe()
    return Catalogue(dict(sorted(titles.items())), _labels(seen))


@dataclass(slots=True)
class _Seen:
    """What was seen under one spelling of a label."""

    count: int = 0
    titles: set[str] = field(default_factory=set)
    #: By what JSON called it: text, flag or number.
    types: set[type] = field(default_factory=set)
    values: dict[str, int] = field(default_factory=dict)
    open: bool = False

    def add(self, value: Value) -> None:
        kind = type(value)
        self.types.add(kind)
        if kind is float or kind is int:
            return
        text = str(value) if kind is str else str(value).lower()
        if not self.open or text in self.values:
            self.values[text] = self.values.get(text, 0) + 1
            self.open = len(self.values) > MAX_VALUES


def _read(records: Sequence[Record], titles: Counter[str], seen: defaultdict[str, _Seen]) -> None:
    for record in records:
        titles[record.title] += 1
        for label, value in record.details:
            found = seen[label]
            found.count += 1
            found.titles.add(record.title)
            found.add(value)


def _labels(seen: dict[str, _Seen]) -> dict[str, Label]:
    """One label for all its spellings, called by the commonest."""
    spellings: defaultdict[str, list[str]] = defaultdict(list)
    for name in seen:
        spellings[folded_label(name)].append(name)
    return {key: _merged([(name, seen[name]) for name in names]) for key, names in sorted(spellings.items())}


def _merged(spelled: list[tuple[str, _Seen]]) -> Label:
    name = min(spelled, key=lambda each: (-each[1].count, each[0]))[0]
    values: Counter[str] = Counter()
    for _, found in spelled:
        values.update(found.values)
    chars = sum(map(len, values))
    is_open = (
        any(found.open for _, found in spelled)
        or len(values) > MAX_VALUES
        or chars > _MAX_MEAN_CHARS * max(1, len(values))
    )
    types = {kind for _, found in spelled for kind in found.types}
    return Label(
        name=name,
        kinds=frozenset(_kinds(types, list(values))),
        titles=frozenset(title for _, found in spelled for title in found.titles),
        values={} if is_open else dict(sorted(values.items())),
        count=sum(found.count for _, found in spelled),
        open=is_open,
    )


def _kinds(types: set[type], values: Sequence[str]) -> set[Kind]:
    """What the values are; texts that are all dates or all numbers are these."""
    kinds: set[Kind] = set()
    if types & {int, float}:
        kinds.add("number")
    if bool in types:
        kinds.add("flag")
    if str in types:
        texts = [value for value in values if bool not in types or value not in ("true", "false")]
        if texts and all(map(is_date, texts)):
            kinds.add("date")
        else:
            kinds.add("text")
            if texts and all(map(is_plain_number, texts)):
                kinds.add("number")
    return kinds
