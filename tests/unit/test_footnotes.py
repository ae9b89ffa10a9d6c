"""Footnotes under an answer, and the pieces it is streamed in."""

from __future__ import annotations

import re

import pytest

from agent.answer import Answer, Citation
from memory.workspace import WorkspaceSettings
from server.completions.footnotes import MAX_FOOTNOTES, pieces, with_footnotes
from tests.builders import at


def answer(count: int, text: str = "Signed In") -> Answer:
    """An answer with so many citations of events with this text."""
    cited = [
        Citation(n=n, message_id=f"m{n}", customer_id="ada", occurred_at=at("2026-01-01T23:30"), text=text)
        for n in range(1, count + 1)
    ]
    return Answer(thread_id="", answer="It happened. [1]", citations=cited, as_of=at("2026-02-01"))


def test_an_answer_without_citations_has_no_footnotes() -> None:
    assert with_footnotes(answer(0), WorkspaceSettings()) == "It happened. [1]"


def test_a_footnote_has_the_date_of_the_workspaces_zone() -> None:
    found = with_footnotes(answer(1), WorkspaceSettings(time_zone="Europe/Berlin"))
    assert found == 'It happened. [1]\n\n- [1] 2026-01-02 · customer ada · "Signed In"'


def test_more_footnotes_than_anybody_reads_are_counted() -> None:
    _, *notes = with_footnotes(answer(MAX_FOOTNOTES + 7), WorkspaceSettings()).splitlines()[1:]
    assert (len(notes), notes[-1]) == (MAX_FOOTNOTES + 1, "- and 7 more")


@pytest.mark.parametrize(
    "hostile", ["see [this](https://evil.example)", "x\n\n[1]: https://evil.example", "![i](http://a.example/i.png)"]
)
def test_what_an_event_says_becomes_no_markup(hostile: str) -> None:
    note = with_footnotes(answer(1, hostile), WorkspaceSettings()).splitlines()[-1]
    assert note.startswith("- [1] 2026-01-01 · customer ada")
    assert not re.search(r"\]\(|!\[|://|\]:", note)


@pytest.mark.parametrize("text", ["", "one", "a b " * 200, "x" * 500, "two\n\nlines " * 50, " " * 300])
def test_the_pieces_of_a_text_add_up_to_it(text: str) -> None:
    found = list(pieces(text))
    assert "".join(found) == text
    assert all(found)
