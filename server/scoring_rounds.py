"""Once a day of each workspace's clock: scores everybody who can leave, keeps that, tells who crossed a band."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast

import structlog

from memory.background import Background
from memory.outbox import Clock, Outbox, real_time
from memory.rounds import Round, Rounds
from memory.scope import Scope
from memory.score_history import DayScore, ScoreHistory, with_day
from memory.webhooks import EventType, WebhookEvent
from memory.workspace import WorkspaceSettings
from memory.workspaces import Workspaces
from tools.churn import Forecast
from tools.crossing import settled_band
from tools.prediction.asked import Asked
from tools.prediction.bands import Band, thresholds
from tools.prediction.retraining import Retrainer
from tools.prediction.shelf import Awaited, Shelf, grid_point
from tools.prediction.trained import Trained
from tools.prediction.trainer import TrainingFailed
from tools.survey import Customer, last_daily
from tools.surveyor import Surveyor

log = structlog.get_logger()

#: A claim is prolonged long before: what a process that died had claimed is another's after this.
CLAIM = timedelta(minutes=10)
_PROLONG_EVERY_S = 60.0
#: Customers written at once.
_BATCH = 200
#: Commands that start the application for a moment should not begin a round.
_FIRST_AFTER_S = 10.0
_TOLD_DRIVERS = 3


@dataclass(frozen=True, slots=True)
class _Day:
    """What a round is about: the day, its start, the real time, the model and its thresholds."""

    scope: Scope
    day: date
    start: datetime
    made_at: datetime
    now: datetime
    model: Trained
    levels: tuple[float, float]


class ScoringRounds:
    """One for a process; of several processes one does a workspace's round, and doing it twice changes nothing."""

    def __init__(
        self,
        workspaces: Workspaces,
        rounds: Rounds,
        surveyor: Surveyor,
        shelf: Shelf,
        retrainer: Retrainer,
        history: ScoreHistory,
        outbox: Outbox,
        every_s: float,
        clock: Clock = real_time,
    ) -> None:
        self._workspaces = workspaces
        self._rounds = rounds
        self._surveyor = surveyor
        self._shelf = shelf
        self._retrainer = retrainer
        self._history = history
        self._outbox = outbox
        self._every_s = every_s
        self._clock = clock
        self.background = Background("scoring", self._run)

    async def round(self, now: datetime) -> dict[Scope, int]:
        """Score every workspace whose day was not scored yet; how many customers of each."""
        done: dict[Scope, int] = {}
        for scope in await self._workspaces.scopes():
            try:
                scored = await self.workspace(scope, now)
            except Exception as error:  # noqa: BLE001
                # What is wrong in one workspace holds up no other. Its text may name a customer.
                log.warning("scoring.failed", workspace=scope.workspace, error=type(error).__name__)
                continue
            if scored is not None:
                done[scope] = scored
        return done

    async def workspace(self, scope: Scope, now: datetime) -> int | None:
        """The round of one workspace; None where it was done, or another process does it."""
        settings = await self._workspaces.settings(scope)
        present = settings.clock(now)
        start = last_daily(present, settings.zone)
        day = start.astimezone(settings.zone).date()
        mine = await self._rounds.claim(scope, day, now, now + CLAIM)
        if mine is None:
            return None
        prolonging = asyncio.create_task(self._prolong(scope, mine))
        try:
            retrained = await self._retrain(scope, settings, present, mine)
            scored = await self._score(scope, settings, day, start, present, now)
        except BaseException:
            # Given up, so that whoever is next need not wait.
            await _over(prolonging)
            await self._rounds.keep(scope, mine.model_copy(update={"claimed_until": now}))
            raise
        await _over(prolonging)
        ended = {"finished_at": self._clock(), "retrained": retrained}
        await self._rounds.keep(scope, mine.model_copy(update=ended))
        log.info("scoring.done", workspace=scope.workspace, customers=scored)
        return scored

    async def _retrain(self, scope: Scope, settings: WorkspaceSettings, present: datetime, mine: Round) -> str | None:
        """Train the model of the month once it has begun, and that of an erased customer's again; what was trained."""
        asked, until = Asked("churn", settings.churn), grid_point(present)
        due = f"{asked.key} {until:%Y-%m}"
        models = self._shelf.models
        current = await models.in_force(scope, asked.key)
        kept = await models.get(scope, current.version) if current else None
        if mine.retrained == due and (current is None or (kept and not kept.retired)):
            return due
        # A younger one that somebody had trained by hand needs no older one.
        if kept and not kept.retired and kept.until >= until:
            return due
        try:
            verdict = await self._retrainer.retrain(scope, asked, until)
        except TrainingFailed:
            # The month's first day is not the last: it is tried again tomorrow, and what is in force answers on.
            log.warning("retraining.failed", workspace=scope.workspace)
            return mine.retrained
        log.info("retraining.done", workspace=scope.workspace, version=verdict.version, promoted=verdict.promoted)
        return due

    async def _score(
        self, scope: Scope, settings: WorkspaceSettings, day: date, start: datetime, present: datetime, now: datetime
    ) -> int:
        asked = Asked("churn", settings.churn)
        model = await self._shelf.model(scope, asked, present, None, present=True)
        if isinstance(model, Awaited):
            model = await self._retrainer.grid(scope, asked, present, None)
        survey = await self._surveyor.survey(scope, start, settings, model=model)
        levels = thresholds(settings.churn.bands, model.base_rate)
        today = _Day(scope, day, start, present, now, model, levels)
        everyone = [c for c in survey.customers.values() if c.signal.status in ("scored", "prior")]
        for begin in range(0, len(everyone), _BATCH):
            await self._write(today, everyone[begin : begin + _BATCH])
            await asyncio.sleep(0)
        if settings.retention_days:
            # A score shows events: it is kept no longer than they.
            await self._history.forget_older(scope, day - timedelta(days=settings.retention_days))
        return len(everyone)

    async def _write(self, today: _Day, customers: Sequence[Customer]) -> None:
        """Keep the day's scores of these customers, then tell of those who crossed a band."""
        known = await self._history.read(today.scope, [each.client_id for each in customers])
        days: dict[str, list[DayScore]] = {}
        crossed: list[tuple[Customer, DayScore, DayScore]] = []
        for customer in customers:
            earlier = [each for each in known.get(customer.client_id, []) if each.day < today.day]
            before = earlier[-1] if earlier else None
            score = _scored(today, customer, cast("Band | None", before.band if before else None))
            days[customer.client_id] = with_day(known.get(customer.client_id, []), score)
            if before and before.band != score.band:
                crossed.append((customer, before, score))
        erased = await self._history.write(today.scope, days)
        for customer, before, score in crossed:
            if customer.client_id not in erased:
                await self._outbox.publish(today.scope, _event(today, customer, before, score))

    async def _prolong(self, scope: Scope, mine: Round) -> None:
        while True:
            await asyncio.sleep(_PROLONG_EVERY_S)
            await self._rounds.keep(scope, mine.model_copy(update={"claimed_until": self._clock() + CLAIM}))

    async def _run(self) -> None:
        if not self._every_s:
            return
        await asyncio.sleep(min(_FIRST_AFTER_S, self._every_s))
        while True:
            try:
                await self.round(self._clock())
            except Exception as error:  # noqa: BLE001
                # Whatever it is: without the rounds no score has a history, and nobody is told.
                log.warning("scoring.failed", error=type(error).__name__)
            await asyncio.sleep(self._every_s)


async def _over(task: asyncio.Task[None]) -> None:
    """Once it has ended: nothing of it is written after what comes now."""
    task.cancel()
    await asyncio.wait([task])


def _scored(today: _Day, customer: Customer, before: Band | None) -> DayScore:
    signal, forecast = customer.signal, cast(Forecast, customer.signal.forecast)
    band = signal.override.band if signal.override else None
    return DayScore(
        day=today.day,
        made_at=today.made_at,
        received_at=today.now,
        probability=forecast.probability,
        band=band or settled_band(forecast.logit, forecast.probability, today.levels, before),
        model=today.model.version,
    )


def _event(today: _Day, customer: Customer, before: DayScore, score: DayScore) -> WebhookEvent:
    """What receivers are told; the same key whoever finds it out, and however often."""
    signal = customer.signal
    data = {
        "band": score.band,
        "band_before": before.band,
        "probability": score.probability,
        "probability_before": before.probability,
        "status": signal.status,
        "set_by_hand": signal.override is not None,
        "horizon_days": signal.horizon_days,
        "as_of": today.start.isoformat().replace("+00:00", "Z"),
        "model": today.model.version,
        "drivers": [
            {"name": driver.name, "sentence": driver.sentence, "direction": driver.direction}
            for driver in signal.drivers[:_TOLD_DRIVERS]
        ],
    }
    key = f"{customer.client_id}|{score.day.isoformat()}|{before.band}|{score.band}"
    return WebhookEvent(EventType.CHURN_BAND_CHANGED, key, customer.client_id, today.start, data)
