"""What an answer may rest on: events in scope, and what tools computed from them and were asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from agent.intent import Run
from agent.periods import Span
from agent.wording import plain
from memory.workspace import WorkspaceSettings
from tools.fact import WORD_UNITS, Fact, Passage
from tools.measure import FiguresResult
from tools.tool import ToolResult

#: Of a row these are no words about its events.
_SILENT = frozenset({"evidence", "message_id", "message_ids", "facts", "passages", "next_after", "query", "id"})
_IN_PASSAGE = frozenset({"title", "text", "said", "items", "occurred_at", "client_id"})
#: Names of fields that say nothing of what stands under them.
_GENERAL = frozenset({"label", "value", "text", "said", "title", "items", "name", "unit", "key", "kind"})
#: Facts of everything that somebody did, whatever was asked for.
_UNFILTERED = frozenset({"active_days", "net_value", "searched"})


@dataclass(frozen=True, slots=True)
class Computed:
    """A fact with what it is of: `owner` (None: of several or all customers), `subject` (the row of a table, such as
    an item or a month), the arguments its tool was called with, and the events it rests on.

    A fact that found nothing rests on the events that were searched.
    """

    fact: Fact
    args: Mapping[str, Any]
    owner: str | None
    subject: str
    evidence: tuple[str, ...]

    @property
    def filters(self) -> list[Mapping[str, Any]]:
        """The filters that its events or customers passed."""
        return [] if self.fact.name in _UNFILTERED else [self.args, *(self.args.get("deeds") or [])]

    @property
    def period(self) -> Span | None:
        """The stretch of time that was asked for."""
        for given in self.filters:
            since, before = (_moment(given.get(key)) for key in ("since", "before"))
            if since or before:
                return Span(since, before, "")
        return None


@dataclass(frozen=True, slots=True)
class Finding:
    """Words and times of a tool's row, and the events they rest on."""

    text: str
    moments: tuple[datetime, ...]
    evidence: frozenset[str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an answer may rest on: events the scope holds, facts that tools computed, dates that code chose.

    `strict` is how a model's sentences are held to it: what `computed` and `findings` are of then counts too, and
    `names` are those of customers by id; `notes` keep what checks have made of it.
    """

    passages: Mapping[str, Passage]
    facts: Sequence[Fact]
    dates: frozenset[str]
    settings: WorkspaceSettings
    as_of: datetime
    strict: bool = False
    computed: Sequence[Computed] = ()
    findings: Sequence[Finding] = ()
    names: Mapping[str, str | None] = field(default_factory=dict)
    notes: dict[object, object] = field(default_factory=dict, repr=False, compare=False)

    @property
    def words(self) -> list[str]:
        """What may be named as it is, the longest first: ids and names of customers, and items."""
        found = {str(fact.value) for fact in self.facts if fact.unit in WORD_UNITS and fact.value}
        return sorted({*map(plain, found)} - {""}, key=lambda word: (-len(word), word))


def computed_of(run: Run) -> list[Computed]:
    """The facts of a run with what each is of, in their order."""
    if run.result is None:
        return []
    rows = _rows_of(run.result)
    searched = _searched(run.result.facts)
    found: list[Computed] = []
    client: str | None = None
    for index, fact in enumerate(run.result.facts):
        # The facts of a customer follow their id; those of a table are of its rows.
        if fact.unit == "id" and not isinstance(run.result, FiguresResult):
            client = str(fact.value)
        subject, owner = rows.get(index, ("", client))
        found.append(Computed(fact, run.use.args, owner or _about(run), subject, tuple(fact.evidence) or searched))
    return found


def _searched(facts: Sequence[Fact]) -> tuple[str, ...]:
    """The events that were looked at, where something was not found."""
    for name in ("searched", "events"):
        if found := next((fact.evidence for fact in facts if fact.name == name and fact.evidence), None):
            return tuple(found)
    return ()


def findings_of(run: Run) -> list[Finding]:
    """What the rows of a run say in words and times."""
    if run.result is None:
        return []
    rows = run.result.model_dump(exclude={"facts", "passages"})
    return [each for each in _rows(rows, run.use.name) if each.text]


def _moment(text: Any) -> datetime | None:
    found = datetime.fromisoformat(text) if isinstance(text, str) else None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found


def _rows_of(result: ToolResult) -> dict[int, tuple[str, str | None]]:
    """By its place, the row that a fact of a table belongs to: what it is called, and whose it is."""
    if not isinstance(result, FiguresResult):
        return {}
    # The values of the rows come first, in the order of the rows.
    rows = iter([(row.key, row.client_id) for row in result.rows for _ in row.values])
    of_values = [index for index, fact in enumerate(result.facts) if fact.unit not in WORD_UNITS]
    return {index: ("" if key == owner else key, owner) for index, (key, owner) in zip(of_values, rows, strict=False)}


def _about(run: Run) -> str | None:
    """The one customer that a call was about."""
    named = run.use.args.get("client_ids") or []
    one = named[0] if len(named) == 1 else None
    return run.use.args.get("client_id") or getattr(run.result, "client_id", None) or one


def _rows(value: Any, label: str) -> Iterator[Finding]:
    """A finding for each object that says what it rests on; `label` is the name of the list that it stands in."""
    if isinstance(value, list):
        for each in value:
            yield from _rows(each, label)
    if not isinstance(value, dict):
        return
    resting = value.get("evidence") or ([value["message_id"]] if "message_id" in value else [])
    # An event's own words are in its passage.
    silent = _SILENT | _IN_PASSAGE if "message_id" in value else _SILENT
    own = {key: item for key, item in value.items() if key not in silent}
    if isinstance(resting, dict):
        for key, keys in resting.items():
            # Of a list it is not told which event shows which of it.
            if key in own and not isinstance(own[key], list):
                yield _finding({key: own[key]}, keys, "")
    elif resting:
        yield _finding(own, resting, label)
    for key, item in own.items():
        yield from _rows(item, f"{label} {key}")


def _finding(told: Mapping[str, Any], keys: Sequence[str], label: str) -> Finding:
    words = [label] if label else []
    moments: list[datetime] = []
    for key, item in told.items():
        _tell(item, key.replace("_", " "), words, moments)
    return Finding(". ".join(words), tuple(moments), frozenset(keys))


def _tell(value: Any, label: str, words: list[str], moments: list[datetime]) -> None:
    if isinstance(value, str) and value:
        words.append(value if label in _GENERAL else f"{label}: {value}")
    elif isinstance(value, datetime):
        words.append(label)
        moments.append(value)
    elif isinstance(value, list):
        for item in value:
            _tell(item, label, words, moments)
    elif isinstance(value, dict) and not value.keys() & {"evidence", "message_id"}:
        for key, item in value.items():
            _tell(item, key.replace("_", " "), words, moments)
