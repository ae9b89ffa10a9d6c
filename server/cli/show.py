"""Replies of the API for people at a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

from agent.answer import UNDERSTOOD

#: Enough of a citation to recognise the event.
_TEXT_CHARS = 110


def answer(reply: dict[str, Any]) -> RenderableType:
    """The answer, then what it rests on."""
    parts: list[RenderableType] = [Markdown(_paragraphs(reply["answer"]))]
    if reply["citations"]:
        parts += [Text(), citations(reply["citations"])]
    ran = [tool for tool in reply["tools"] if tool["name"] != UNDERSTOOD]
    tools = ", ".join(f"{tool['name']}{'' if tool['ok'] else ' (failed)'}" for tool in ran) or "none"
    mode = reply["mode"] + (f" ({reply['mode_reason']})" if reply["mode_reason"] else "")
    parts.append(Text(f"mode {mode}{_took(reply['usage'])} · tools {tools} · as of {reply['as_of']}", style="dim"))
    return Group(*parts)


def _took(usage: dict[str, Any]) -> str:
    """What a model was asked for, if one was."""
    if not usage["calls"]:
        return ""
    cost = "" if usage["cost"] is None else f", cost {usage['cost']:.4f}"
    return f" · {usage['calls']} model calls, {usage['input_tokens'] + usage['output_tokens']} tokens{cost}"


def citations(cited: list[dict[str, Any]]) -> RenderableType:
    """One line an event, cut at the width of the terminal."""
    return Group(*(_citation(each) for each in cited))


def _citation(cited: dict[str, Any]) -> Text:
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f"{'[' + str(cited['n']) + ']':>5} ", style="cyan")
    line.append(f"{cited['occurred_at'][:10]}  {cited['message_id']}  ", style="dim")
    return line.append(" ".join(cited["text"].split())[:_TEXT_CHARS])


def client(reply: dict[str, Any]) -> RenderableType:
    """One customer on a screen."""
    profile, signal = reply["profile"], reply["signals"]["churn"]
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    value = ", ".join(f"{each['amount']:.2f} {each['currency']}" for each in profile["value"]) or "none"
    rows = {
        "customer": " · ".join(
            filter(None, [reply["client_id"], profile["name"], profile["email"], profile["company"]])
        ),
        "stage": f"{reply['stage']} since {reply['stage_history'][-1]['since'][:10]}",
        "seen": f"{profile['first_seen'][:10]} to {profile['last_seen'][:10]}, {profile['events']} events",
        "value": f"{value} ({profile['purchases']} payments, {profile['refunds']} refunds)",
        "churn": churn(signal),
        "as of": reply["as_of"],
    }
    for name, text in rows.items():
        table.add_row(name, Text(text))
    drivers = [Text(f"  {_arrow(driver)} {driver['sentence']}") for driver in signal["drivers"]]
    wanted = [Text(f"  → {each['title']}: {each['why']}") for each in reply["recommendations"]]
    recent = [Text(f"  {e['occurred_at'][:10]}  {e['text'][:_TEXT_CHARS]}", style="dim") for e in reply["recent"]]
    return Group(table, *drivers, *wanted, *recent)


def churn(signal: dict[str, Any]) -> str:
    """A signal in one line."""
    if signal["probability"] is None:
        return f"{signal['status']}: {signal['reason']}"
    chance = f"{signal['probability']:.0%} within {signal['horizon_days']} days"
    if signal["status"] == "churned":
        return f"churned (before they left: {chance})"
    rank = "" if signal["percentile"] is None else f", percentile {signal['percentile']:g}"
    return f"{chance}, {signal['band']}{rank}{'' if signal['status'] == 'scored' else ', ' + signal['reason']}"


def _arrow(driver: dict[str, Any]) -> str:
    """Which way a driver moves the risk, and by how much in log-odds."""
    return f"{'▲' if driver['direction'] == 'raises' else '▼'} {driver['contribution']:+.2f}"


def _paragraphs(text: str) -> str:
    """Markdown joins lines that no list separates: each statement is a paragraph of its own."""
    lines = text.splitlines()
    return "\n".join(
        line if line.lstrip().startswith(("- ", "* ")) or line[:1].isdigit() else f"\n{line}\n" for line in lines
    )
