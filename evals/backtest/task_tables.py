"""How a task's checks and numbers look in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from evals.backtest.exactness import Check


def checks_table(title: str, checks: Sequence[Check]) -> Table:
    table = Table("check", "held", "found", title=title)
    for check in checks:
        table.add_row(check.name, "yes" if check.held else "[red]no[/red]", check.found)
    return table


def checks_json(checks: Sequence[Check]) -> list[dict[str, object]]:
    """The checks of a task, to be kept."""
    return [{"name": check.name, "held": check.held, "found": check.found} for check in checks]


def number(value: float) -> str:
    return f"{value:.4f}"


def told(least: float | None, met: bool | None) -> str:
    """What had to be reached and whether it was; nothing where nothing had to be."""
    if least is None:
        return ""
    return f"{least:.3f} met" if met else f"{least:.3f} [red]missed[/red]"
