"""What a result looks like to whoever reads it with a model: cleaned, masked, each event once."""

from __future__ import annotations

from typing import Any

from memory.cleaning import clean_text
from memory.masking import mask
from tools.tool import ToolResult

#: Ids, by which tools are called again and answers cite, and what states nothing of its own.
_NOT_MASKED = frozenset({
    "client_id", "joined_ids", "message_id", "message_ids", "evidence", "next_after", "tool", "unit", "stage",
    # These words of an event are masked where they are told.
    "text",
    "occurred_at", "first_at", "last_at", "first_seen", "last_seen", "last_active", "since", "stage_since",
})  # fmt: skip


def plain(result: ToolResult) -> dict[str, Any]:
    """A tool's result as JSON values; its `passages` are the events that no row of its own holds."""
    found = result.model_dump(mode="json")
    passages = found.pop("passages")
    held = {row["message_id"] for rows in found.values() if isinstance(rows, list) for row in rows if _is_event(row)}
    return {**found, "passages": [passage for passage in passages if passage["message_id"] not in held]}


def shown(value: Any, name: str = "") -> Any:
    """JSON values without personal data but the ids of customers, and without characters that cannot be seen."""
    if isinstance(value, dict):
        return {key: shown(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [shown(item, name) for item in value]
    if isinstance(value, str):
        return value if name in _NOT_MASKED else mask(clean_text(value))
    if isinstance(value, int) and not isinstance(value, bool):
        # A card's number may have been sent as one.
        masked = mask(str(value))
        return value if masked == str(value) else masked
    return value


def _is_event(row: Any) -> bool:
    return isinstance(row, dict) and "message_id" in row
