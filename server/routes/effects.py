"""What is known of the effects of actions, and whether anything can be claimed."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from server.auth import ReadScope
from server.bootstrap import ServicesDep
from server.openapi import problems
from server.times import MomentDep
from tools.experiment.effects import learnt_at
from tools.experiment.report import EffectsReport, make_report

router = APIRouter(tags=["recommendations"])


@router.get("/recommendations/effects", responses=problems(404, 503))
async def get_effects(scope: ReadScope, services: ServicesDep, moment: MomentDep) -> EffectsReport:
    """What came of the decisions up to an instant, by action and by policy, as far as their horizon has ended.

    Effects are claimed only of what was left to chance, with known propensities; `reason` says why there are none.
    """
    seen = (scope, moment.as_of, moment.known_at)
    given, feedback = await services.given.all(*seen), await services.feedback.all(*seen)
    everyone = await services.ledger.everyone(*seen) if given else {}
    day = learnt_at(moment.as_of, moment.settings.zone)
    learnt = await services.effects.effects(scope, day, moment.known_at)
    return await asyncio.to_thread(make_report, given, feedback, everyone, moment.as_of, learnt.version)
