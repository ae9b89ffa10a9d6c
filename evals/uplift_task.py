"""A randomised e-mail experiment through the product's own decision log and estimators.

`python -m evals.uplift_task FILE` reads MineThatData's e-mail data (CSV), whole or a part.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from evals.backtest.own_store import NotForetold
from evals.uplift.hillstrom import HillstromMissing, read_hillstrom
from evals.uplift.judging import Judged, NothingLearnt, judge
from evals.uplift.replay import Replayed, replay
from memory.given import Given
from tools.experiment.estimates import Estimate
from tools.experiment.outcomes import trials_of
from tools.experiment.report import EffectsReport, make_report

SEEDS = range(5)
_WITHIN_SE = 2.0
_FAILED = 1
_UNABLE = 2
_RULES = {"uplift": "estimated uplift", "random": "random", "risk": "highest risk"}


def main() -> int:
    """Print what was found; 1 where a goal was missed, 2 where nothing could be judged."""
    parser = argparse.ArgumentParser(description="Judge what is said of effects on a randomised experiment.")
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("--out", type=Path, help="a JSON file for all figures")
    given, console = parser.parse_args(), Console()
    try:
        found = asyncio.run(_replayed(given.file, console))
        trials = trials_of(found.given, found.everyone, found.as_of).known
        judged = {
            name: [judge(trials, seed, best=best) for seed in SEEDS]
            for name, best in (("any e-mail", False), ("the best e-mail", True))
        }
    except (HillstromMissing, NotForetold, NothingLearnt) as error:
        console.print(str(error), markup=False, highlight=False)
        return _UNABLE
    report = make_report(found.given, [], found.everyone, found.as_of, None)
    unsure = make_report([_without(each) for each in found.given], [], found.everyone, found.as_of, None)
    goals = {**_uplift_goals(judged), **_ips_goals(report), "refuses without propensities": _refuses(unsure)}
    for name, each in judged.items():
        console.print(_rules_table(name, each))
    console.print(_arms_table(report), _goals_table(goals), f"without propensities: {unsure.reason}")
    if given.out:
        given.out.write_text(json.dumps(_as_json(judged, report, unsure, goals), indent=1), encoding="utf-8")
    return 0 if all(goals.values()) else _FAILED


async def _replayed(file: Path, console: Console) -> Replayed:
    people = read_hillstrom(file)
    total = len(people) + sum(1 for each in people for _ in each.after)
    with Progress(console=console, transient=True) as progress:
        shown = progress.add_task("Taking the experiment in", total=total)
        return await replay(people, lambda number: progress.advance(shown, number))


def _without(given: Given) -> Given:
    """The same, of a log that keeps no propensities."""
    if given.decision is None:
        return given
    return given.model_copy(update={"decision": given.decision.model_copy(update={"propensity": None})})


def _uplift_goals(judged: dict[str, list[Judged]]) -> dict[str, bool]:
    return {
        f"{name}: uplift in the top 30 % above {_RULES[rule]}": _mean(each, "uplift") > _mean(each, rule)
        for name, each in judged.items()
        for rule in ("random", "risk")
    }


def _ips_goals(report: EffectsReport) -> dict[str, bool]:
    found = {"a causal claim is made": report.causal}
    for arm in report.arms:
        close = arm.estimate is not None and arm.observed is not None
        if arm.estimate is not None and arm.observed is not None:
            close = abs(arm.estimate.ips - arm.observed) <= _WITHIN_SE * arm.estimate.ips_se
        found[f"IPS of always {arm.arm} within {_WITHIN_SE:.0f} SE of what was observed"] = close
    return found


def _refuses(report: EffectsReport) -> bool:
    told = [*(arm.effect or arm.estimate for arm in report.arms), *(each.estimate for each in report.policies)]
    return not report.causal and bool(report.reason) and not any(told)


def _mean(judged: Sequence[Judged], rule: str) -> float:
    return float(np.mean([each[rule].value for each in judged]))


def _rules_table(name: str, judged: Sequence[Judged]) -> Table:
    columns = ("targeted by", *(f"seed {seed}" for seed in SEEDS), "mean", "SE")
    table = Table(*columns, title=f"What {name} adds to the rate of visits among the 30 % targeted, points")
    for rule, title in _RULES.items():
        errors = float(np.mean([each[rule].se for each in judged]))
        table.add_row(
            title,
            *(_percent(each[rule].value) for each in judged),
            _percent(_mean(judged, rule)),
            _percent(errors),
        )
    return table


def _arms_table(report: EffectsReport) -> Table:
    """In per cent of customers who came."""
    table = Table(
        "", "customers", "observed", "IPS", "SNIPS", "ESS", "adds", title="What each arm and policy came to, %"
    )
    for arm in report.arms:
        adds = f"{_percent(arm.effect.value)} ± {_percent(arm.effect.se)}" if arm.effect else ""
        observed = _percent(arm.observed) if arm.observed is not None else ""
        table.add_row(arm.arm, f"{arm.decisions:,}", observed, *_estimated(arm.estimate), adds)
    table.add_section()
    for policy in report.policies:
        table.add_row(f"policy: {policy.policy}", "", "", *_estimated(policy.estimate))
    return table


def _estimated(told: Estimate | None) -> tuple[str, ...]:
    if told is None:
        return ("", "", "")
    rates = (
        f"{_percent(value)} ± {_percent(se)}" for value, se in ((told.ips, told.ips_se), (told.snips, told.snips_se))
    )
    return (*rates, f"{told.ess:,.0f}")


def _percent(share: float) -> str:
    return f"{100 * share:.2f}"


def _goals_table(goals: dict[str, bool]) -> Table:
    table = Table("goal", "met")
    for goal, met in goals.items():
        table.add_row(goal, "yes" if met else "[red]no[/red]")
    return table


def _as_json(
    judged: dict[str, list[Judged]], report: EffectsReport, unsure: EffectsReport, goals: dict[str, bool]
) -> dict[str, object]:
    rules = {name: [{rule: asdict(t) for rule, t in each.items()} for each in seeds] for name, seeds in judged.items()}
    told = {"report": report.model_dump(mode="json"), "without_propensities": unsure.model_dump(mode="json")}
    return {"targeted": rules, **told, "goals": goals}


if __name__ == "__main__":
    sys.exit(main())
