"""An answer told while it is made: only sentences that hold are shown, in the words of the final answer."""

from __future__ import annotations

from collections.abc import Callable

from agent.answer import Citation
from agent.events import AnswerDelta, CitationGiven, Told
from agent.ground import Grounded, split_sentences

Tell = Callable[[Told], None]


class Teller:
    """Tells the growing text of one answer; `shown` is all of it so far."""

    def __init__(self) -> None:
        self._cited: list[Citation] = []
        self._whole = ""
        self.shown = ""

    def hear(self, text: str, grounded: Callable[[str], Grounded], tell: Tell) -> None:
        """Show what can be shown of the text a model has written so far; it may have begun anew."""
        whole = whole_sentences(text)
        if whole and whole != self._whole:
            self._whole = whole
            found = grounded(whole)
            self.show(found.text, found.citations, tell)

    def show(self, text: str, citations: list[Citation], tell: Tell) -> bool:
        """Tell what a text adds to what was shown, new citations first; False for one that does not go on from it."""
        if not text.startswith(self.shown) or citations[: len(self._cited)] != self._cited:
            return False
        for citation in citations[len(self._cited) :]:
            tell(CitationGiven(citation=citation))
        if added := text[len(self.shown) :]:
            tell(AnswerDelta(text=added))
        self._cited, self.shown = citations, text
        return True


def whole_sentences(text: str) -> str:
    """A text up to the last sentence that certainly has ended: what follows a full stop may still be its markers."""
    lines, _, last = text.rpartition("\n")
    begun = split_sentences(last)
    return f"{lines}\n{' '.join(begun[:-1])}".strip("\n")
