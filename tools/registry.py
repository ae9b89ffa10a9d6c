"""Every tool, one line each."""

from __future__ import annotations

from tools import alike, cohort, listing, measure, profile, recall, recommend, signals, timeline
from tools.tool import Tool

TOOLS: tuple[Tool, ...] = (
    recall.TOOL,
    timeline.TOOL,
    listing.TOOL,
    profile.TOOL,
    measure.TOOL,
    cohort.TOOL,
    signals.TOOL,
    recommend.TOOL,
    alike.TOOL,
)

BY_NAME = {tool.name: tool for tool in TOOLS}
