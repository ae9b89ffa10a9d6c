"""Citations as footnotes under an answer, for chat clients that show nothing but its text."""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Answer, Citation
from agent.periods import local_date
from agent.wording import plain, quote
from memory.workspace import WorkspaceSettings

#: As many as anybody reads; the others are in the structured field.
MAX_FOOTNOTES = 20


def with_footnotes(answer: Answer, settings: WorkspaceSettings) -> str:
    """The answer with one line a citation below it; dates in the workspace's zone."""
    lines = [_footnote(each, settings) for each in answer.citations[:MAX_FOOTNOTES]]
    more = len(answer.citations) - len(lines)
    if more > 0:
        lines.append(f"- and {more} more")
    return "\n\n".join([answer.answer, *(["\n".join(lines)] if lines else [])])


def _footnote(citation: Citation, settings: WorkspaceSettings) -> str:
    # Not "[1]: …" at the start of a line, which Markdown would take for the address of a link.
    said = (local_date(citation.occurred_at, settings), f"customer {plain(citation.customer_id)}", quote(citation.text))
    return f"- [{citation.n}] {' · '.join(part for part in said if part)}"


def pieces(text: str, size: int = 120) -> Sequence[str]:
    """A text in pieces of about this many characters, cut after a space; together they are the text."""
    found, start = [], 0
    while start < len(text):
        cut = text.find(" ", start + size)
        end = len(text) if cut < 0 else cut + 1
        found.append(text[start:end])
        start = end
    return found
