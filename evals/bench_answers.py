"""How long answers take on a large memory: mixed questions of one customer and of everyone, put to the analyst."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from evals.sources import SOURCES
from memory.cleaning import format_time
from memory.scope import Scope
from memory.workspace import WorkspaceSettings, parse_instant
from server.bootstrap import Services, build, close
from server.settings import Settings
from server.times import moment

Line = dict[str, Any]
#: Called with the number of events kept or of questions answered.
Tell = Callable[[int], None]

SAMPLES = ("shop", "software", "ferry")
SCOPE = Scope("bench")
_NOW = datetime(2026, 6, 1, tzinfo=UTC)
_BATCH = 200
#: Copies lie up to so many days further back, so that no two are alike in time.
_SPREAD_DAYS = 28
_IDS = ("userId", "anonymousId", "previousId", "messageId")
#: What a turn of the event loop is looked for: a request that waits longer would notice.
_LOOK_S = 0.002

#: Of one customer, and of everyone: what analysts ask most, by kind.
QUESTIONS: dict[str, tuple[str, ...]] = {
    "fact": (
        "What plan is Dana Whitfield on?",
        "When did customer 15465 first order?",
        "Which language does Zane Liepiņa speak?",
        "Why did Erik Lindqvist cancel?",
        "What did customer 12823 buy in the first order?",
    ),
    "count": (
        "How many orders has customer 17675 placed?",
        "How many payments failed in March 2026?",
        "How many cabins were reserved in March 2026?",
        "How many complaints has Sanna Korhonen filed?",
        "How many customers ordered in May 2026?",
    ),
    "sum and average": (
        "How much has Maria López paid?",
        "What was our net revenue in March 2026?",
        "What is the average fare?",
        "sum of fares on Turku-Stockholm in the first quarter of 2026?",
        "What is the average order value of customer 14735?",
    ),
    "ranking": (
        "Top 5 customers by revenue",
        "Which 3 items were ordered most often?",
        "rank the routes by total fare, highest first",
        "Which customer has filed the most complaints?",
    ),
    "cohort": (
        "Which customers churned?",
        "How many trial customers went quiet last month?",
        "Which customers have Riga as their home port?",
        "how many customers did not reserve anything in 2026?",
        "who complained about noise?",
        "Which customers spent more than 500 EUR in 2026?",
    ),
    "trend": (
        "reservations per month since January",
        "Revenue by month",
        "Are we getting more cancellations? Compare Q4 2025 with Q1 2026.",
        "How many orders did customer 14735 place each month?",
    ),
    "lookup": (
        "What did Dana Okafor complain about?",
        "Who asked about a Microsoft Teams integration?",
        "Which page did Maria López visit before she signed up?",
        "Who was unhappy with the price?",
    ),
    "compare": (
        "Compare Dana Whitfield with Erik Lindqvist",
        "Who spent more, customer 17675 or customer 14735?",
    ),
    "story and risk": (
        "Tell me the story of Tomasz Kowalski.",
        "Why may customer 12823 leave?",
        "What should we recommend to customer 16333?",
        "Who needs attention?",
    ),
    "not on record": (
        "Which customers asked about Zanzibar?",
        "What is the status of invoice INV-2026-9999?",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with the milliseconds it took, and the longest time that another request waited for its turn."""

    kind: str
    question: str
    ms: float
    stall_ms: float
    answer: str


@dataclass(frozen=True, slots=True)
class Answers:
    """`first_ms` is the first question of all, which folds everyone; `asked` are the others, warm."""

    events: int
    customers: int
    first_ms: float
    asked: list[Asked]

    def of(self, kind: str | None = None) -> list[float]:
        """The times of a kind of questions, or of all, in ascending order."""
        return sorted(each.ms for each in self.asked if kind in (None, each.kind))


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value that this share of the values does not exceed (nearest rank)."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def copies() -> Iterator[Line]:
    """The samples again and again under other customers: ids and last names differ, and the days a little."""
    own = [(line, _lead(name)) for name in SAMPLES for line in SOURCES[name].lines()]
    return (_copy(line, lead, number) for number in count() for line, lead in own)


async def time_answers(events: int, times: int, tell: Tell) -> Answers:
    """Ask every question so many times on a memory of so many events, once everyone was folded."""
    async with filled(events, tell) as services:
        return await ask_all(services, events, times, tell)


@asynccontextmanager
async def filled(events: int, tell: Tell, **settings: Any) -> AsyncIterator[Services]:
    """A memory of so many events, in this process and as long as this lasts."""
    with TemporaryDirectory() as folder:
        services = await build(Settings(data_dir=Path(folder) / "data", log_level="error", **settings))
        try:
            await _fill(services, list(islice(copies(), events)), tell)
            yield services
        finally:
            await close(services)


async def ask_all(services: Services, events: int, times: int, tell: Tell) -> Answers:
    """The times of all questions, once everyone was folded and every question was asked once."""
    started = perf_counter()
    await _ask(services, "How many customers are there?")
    first = (perf_counter() - started) * 1000
    asked: list[Asked] = []
    for turn in range(times + 1):
        for kind, questions in QUESTIONS.items():
            for question in questions:
                each = await _timed(services, kind, question)
                if turn:
                    asked.append(each)
                tell(1)
    context = services.desk.context(SCOPE, await moment(services, SCOPE, None))
    return Answers(events, len((await context.survey()).customers), first, asked)


async def _timed(services: Services, kind: str, question: str) -> Asked:
    async with _watched() as waits:
        started = perf_counter()
        answer = await _ask(services, question)
        spent = perf_counter() - started
    return Asked(kind, question, spent * 1000, max(waits, default=0.0) * 1000, answer)


async def _ask(services: Services, question: str) -> str:
    analyst = await services.desk.analyst()
    context = services.desk.context(SCOPE, await moment(services, SCOPE, None))
    return (await analyst.ask(context, question, None)).answer


@asynccontextmanager
async def _watched() -> AsyncIterator[list[float]]:
    """How much later than asked for a request that sleeps was woken, in seconds, while this lasts."""
    waits: list[float] = []

    async def look() -> None:
        while True:
            due = perf_counter() + _LOOK_S
            await asyncio.sleep(_LOOK_S)
            waits.append(perf_counter() - due)

    looking = asyncio.create_task(look())
    try:
        yield waits
        # Else a question that never gave a turn would not be seen.
        await asyncio.sleep(0)
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking


async def _fill(services: Services, lines: Sequence[Line], tell: Tell) -> None:
    """Keep all events. They are not embedded, which would take most of an hour: lookups find them by words alone."""
    await services.workspaces.register(SCOPE)
    churn = {"kind": "inactivity", "inactive_days": 90, "horizon_days": 60}
    settings = {"now": "2026-05-31", "time_zone": "Europe/Madrid", "churn": churn}
    await services.workspaces.configure(SCOPE, WorkspaceSettings.model_validate(settings))
    for begin in range(0, len(lines), _BATCH):
        results = await services.intake.receive(SCOPE, lines[begin : begin + _BATCH], datetime.now(UTC))
        refused = [each for each in results if each.verdict != "accepted"]
        if refused:
            raise RuntimeError(f"an event of the bench was not accepted: {refused[0]}")
        tell(len(results))


def _lead(name: str) -> timedelta:
    """From the last day of a sample to the last of the bench."""
    end = parse_instant(SOURCES[name].settings["now"], ZoneInfo("UTC"))
    return timedelta(days=(_NOW - end).days)


def _copy(line: Line, lead: timedelta, number: int) -> Line:
    happened = datetime.fromisoformat(line["timestamp"]) + lead - timedelta(days=number % _SPREAD_DAYS)
    made = {**line, "timestamp": format_time(happened)}
    if number:
        made.update({key: f"{line[key]}-{number}" for key in _IDS if line.get(key)})
        if "traits" in line:
            made["traits"] = _renamed(line["traits"], number)
    return made


def _renamed(traits: Line, number: int) -> Line:
    made = {key: f"{traits[key]}{_letters(number)}" for key in ("name", "company") if isinstance(traits.get(key), str)}
    if "email" in traits:
        made["email"] = f"{number}.{traits['email']}"
    return {**traits, **made}


def _letters(number: int) -> str:
    """1 is "b", 26 is "ba": a name made longer stays a name."""
    text = ""
    while number:
        number, digit = divmod(number, 26)
        text = chr(ord("a") + digit) + text
    return text
