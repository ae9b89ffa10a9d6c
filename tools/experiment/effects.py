"""The effects of actions that a workspace has learnt so far, made once a day."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from memory.given import Given, GivenLog
from memory.ledger import Ledger
from memory.scope import Scope
from tools.experiment.causes import cause_of_doubt
from tools.experiment.columns import Features
from tools.experiment.outcomes import Histories, Trial, trials_of
from tools.experiment.uplift import Lift, Uplift, learn
from tools.survey import last_daily

#: The present of a few workspaces, and a few looks back.
_KEPT = 12


@dataclass(frozen=True, slots=True)
class Effects:
    """What is known of actions' effects at the start of a day; `version` is None where nothing is."""

    as_of: datetime
    version: str | None = None
    uplift: Uplift | None = None

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions whose effect is known."""
        return self.uplift.actions if self.uplift else ()

    def lift(self, action: str, features: Features) -> Lift | None:
        """What an action adds to the probability of success for a customer; None where it is not known."""
        return self.uplift.lift(action, features) if self.uplift else None


class EffectsKeeper:
    """One for a process. What it keeps is dropped when something from before its instant arrives or goes."""

    def __init__(self, ledger: Ledger, given: GivenLog) -> None:
        self._ledger = ledger
        self._given = given
        self._kept: OrderedDict[tuple[str, datetime, datetime | None], Effects] = OrderedDict()
        self._turn = asyncio.Lock()
        #: The earliest event that arrived while something was being made.
        self._arrived: datetime | None = None
        ledger.subscribe(self._forget)

    async def effects(self, scope: Scope, as_of: datetime, known_at: datetime | None = None) -> Effects:
        """What is known of effects at an instant: one of `learnt_at`, or that of the reference of a day."""
        key = (scope.workspace, as_of, known_at)
        async with self._turn:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            self._arrived = None
            given = await self._given.all(scope, as_of, known_at)
            everyone = await self._ledger.everyone(scope, as_of, known_at) if given else {}
            made = await asyncio.to_thread(make_effects, given, everyone, as_of)
            if self._ledger.remembers and (self._arrived is None or self._arrived >= as_of):
                self._kept[key] = made
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            return made

    def _forget(self, scope: Scope, earliest: datetime) -> None:
        self._arrived = min(self._arrived, earliest) if self._arrived else earliest
        for key in [key for key in self._kept if key[0] == scope.workspace and key[1] > earliest]:
            del self._kept[key]


def learnt_at(as_of: datetime, zone: ZoneInfo) -> datetime:
    """The instant of the effects that hold at another: the start of its day, and of a midnight itself."""
    start = last_daily(as_of + timedelta(microseconds=1), zone)
    return as_of if start == as_of else last_daily(as_of, zone)


def make_effects(given: Sequence[Given], everyone: Histories, as_of: datetime) -> Effects:
    """The effects that the decisions up to an instant tell of, with everyone's records before it."""
    if not given:
        return Effects(as_of)
    trials = comparable(trials_of(given, everyone, as_of).known)
    # What the report does not claim, no recommendation claims either.
    uplift = None if cause_of_doubt(trials) else learn(trials)
    return Effects(as_of, _version(trials, as_of), uplift) if uplift else Effects(as_of)


def comparable(trials: Sequence[Trial]) -> list[Trial]:
    """The trials with the newest one's idea of success and horizon."""
    return [trial for trial in trials if _success(trial) == _success(trials[-1])]


def _success(trial: Trial) -> tuple[tuple[str, ...], int]:
    return trial.decision.outcome, trial.decision.horizon_days


def _version(trials: Sequence[Trial], as_of: datetime) -> str:
    """The day, and a digest of what was learnt from."""
    digest = sha256()
    for trial in trials:
        told = (trial.recommendation_id, trial.arm, trial.decision.features_hash, trial.success)
        digest.update(repr(told).encode(errors="surrogatepass"))
    return f"effects-{as_of:%Y-%m-%d}-{digest.hexdigest()[:8]}"
