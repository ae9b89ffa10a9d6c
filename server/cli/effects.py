"""`throughline effects`: what is known of the effects of actions, at a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from server.cli.connection import checked, connect, console, run
from server.cli.options import AsOf, Url, Workspace


def effects(as_of: AsOf = None, workspace: Workspace = None, url: Url = None) -> None:
    """Show what came of the actions that were decided, and what they add where that can be told."""

    async def command() -> None:
        params = {"as_of": as_of} if as_of else {}
        async with connect(workspace, url) as client:
            report = checked(await client.get("/recommendations/effects", params=params))
        console.print(_shown(report))

    run(command)


def _shown(report: dict[str, Any]) -> RenderableType:
    told = Text(_counts(report), style="dim")
    claim = Text(report["reason"], style="" if report["causal"] else "yellow")
    if not report["known"]:
        return Group(claim, told)
    if not report["causal"]:
        return Group(_arms(report["arms"], why=False), Text(), claim, told)
    return Group(_arms(report["arms"], why=True), Text(), _policies(report["policies"]), Text(), claim, told)


def _counts(report: dict[str, Any]) -> str:
    counted = {"decisions": "decisions", "known": "with a known outcome", "waiting": "waiting for theirs"}
    told = ", ".join(f"{report[name]:,} {words}" for name, words in counted.items())
    days = f" within {report['horizon_days']} days" if report["horizon_days"] else ""
    success = f" · success: {' or '.join(report['outcome'])}{days}" if report["outcome"] else ""
    return f"{told}{success} · as of {report['as_of']}"


def _arms(arms: list[dict[str, Any]], *, why: bool) -> Table:
    table = _table("arm", "decisions", "success", "IPS", "SNIPS", "ESS", "adds", "95 %", "")
    for arm in arms:
        effect, estimate = arm["effect"], arm["estimate"]
        table.add_row(
            arm["arm"], f"{arm['decisions']:,}", _percent(arm["observed"]), *_estimated(estimate),
            f"{100 * effect['value']:+.1f}" if effect else "",
            f"{100 * effect['low']:+.1f} to {100 * effect['high']:+.1f}" if effect else "",
            (arm["why_none"] or "") if why else "",
        )  # fmt: skip
    return table


def _policies(policies: list[dict[str, Any]]) -> Table:
    table = _table("policy", "IPS", "SNIPS", "ESS", "")
    for each in policies:
        table.add_row(each["says"], *_estimated(each["estimate"]), each["why_none"] or "")
    return table


def _estimated(estimate: dict[str, Any] | None) -> tuple[str, str, str]:
    if estimate is None:
        return "", "", ""
    rates = (f"{100 * estimate[name]:.1f} ± {100 * estimate[f'{name}_se']:.1f} %" for name in ("ips", "snips"))
    ips, snips = rates
    return ips, snips, f"{estimate['ess']:,.0f}" + ("" if estimate["supported"] else " (too few)")


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for at, title in enumerate(titles):
        table.add_column(title, justify="right" if at and title else "left")
    return table


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"
