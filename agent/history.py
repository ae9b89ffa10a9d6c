"""What is left of older turns: in a thread that has grown long, and in what a chat model is told of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from agent.turn import Turn
from memory.masking import mask

#: Of what a model is told: a page and a half, so that the events it is to answer from keep their room.
HISTORY_CHARS = 6_000
#: Together with the size of an answer it bounds a thread: beyond three quarters of it, turns are shortened.
MAX_THREAD_BYTES = 512 * 1024
_WHOLE_SHARE = 0.75
#: A line each.
_QUESTION_CHARS, _SENTENCE_CHARS = 300, 240
#: What such an answer keeps besides its text, and what is said to be missing from it.
_LEFT = ("as_of", "abstained", "mode", "mode_reason")
_CUT = ["tools", "citations", "answer"]
_MARKER = re.compile(r"\s*\[(\d+)\]")
#: With the dates of what it cites.
_SENTENCE = re.compile(r".*?[.!?](?: \(\d{4}-\d{2}-\d{2}\))*(?=\s|$)")


def history(turns: Sequence[Turn], budget_chars: int = HISTORY_CHARS) -> str:
    """A conversation so far, oldest first, in at most so many characters: nobody sums it up, parts are left out.

    The newest turns are whole, older ones a question with the first sentence of its answer, the oldest a number.
    Citations are told by their dates: their markers belong to another answer. Personal data are masked.
    """
    shown: list[str] = []
    form: Callable[[Turn], str] = _whole
    for turn in reversed(turns):
        # Once in short, in short from there on: what is older is told no better than what came after it.
        if form is _whole and not _fits([_whole(turn), *shown], _WHOLE_SHARE * budget_chars):
            form = _in_short
        line = form(turn)
        if not _fits([line, *shown], budget_chars):
            break
        shown.insert(0, line)
    told = _told(shown, len(turns) - len(shown))
    return told if len(told) <= budget_chars else ""


def retold(turn: Turn) -> Turn:
    """As much of a turn as `history` tells: it is held for as long as an answer takes."""
    citations = [{"n": each["n"], "occurred_at": each["occurred_at"]} for each in turn.answer.get("citations", ())]
    answer = {"answer": turn.answer.get("answer", ""), "citations": citations}
    return turn.model_copy(update={"customers": [], "topics": [], "answer": answer})


def shortened(turn: Turn) -> Turn:
    """A turn as a question with the first sentence of its answer; whom it is about stays, so that it can be erased."""
    left: dict[str, Any] = {name: turn.answer[name] for name in _LEFT if name in turn.answer}
    left |= {"answer": _first_sentence(_dated(turn.answer)), "citations": [], "tools": [], "cut": _CUT}
    asked = _clipped(turn.question, _QUESTION_CHARS)
    return turn.model_copy(update={"question": asked, "topics": [], "answer": left})


def bounded(turns: Sequence[Turn], max_turns: int, max_bytes: int = MAX_THREAD_BYTES) -> list[Turn]:
    """The newest turns that a thread may hold, at least one, the older of them in short once they are too many."""
    kept: list[Turn] = []
    size = 0
    for turn in reversed(turns[-max_turns:]):
        if kept and size + _size(turn) > _WHOLE_SHARE * max_bytes:
            turn = shortened(turn)
        size += _size(turn)
        if kept and size > max_bytes:
            break
        kept.append(turn)
    return kept[::-1]


def _size(turn: Turn) -> int:
    return len(turn.model_dump_json().encode())


def _fits(shown: list[str], budget_chars: float) -> bool:
    # With room for how many are left out.
    return len(_told(shown, 10_000)) <= budget_chars


def _told(shown: list[str], left_out: int) -> str:
    missing = f"{left_out} earlier question{'s' if left_out > 1 else ''} left out."
    return "\n".join([missing, *shown] if left_out else shown)


def _whole(turn: Turn) -> str:
    # A line that begins without an indent is code's own, whatever a text says.
    said = "\n  ".join(filter(None, map(str.strip, mask(_dated(turn.answer)).splitlines())))
    return f"{_asked(turn.question, turn)}\n  Answer: {said}"


def _in_short(turn: Turn) -> str:
    # Masked before it is clipped: half an address is still one.
    asked = _clipped(_asked(turn.question, turn), _QUESTION_CHARS)
    return f"{asked} Answer: {_first_sentence(mask(_dated(turn.answer)))}"


def _asked(question: str, turn: Turn) -> str:
    return f"Question, as of {turn.as_of.isoformat()}: {mask(' '.join(question.split()))}"


def _dated(answer: dict[str, Any]) -> str:
    """An answer's text with the dates of the events that it cites in place of their numbers."""
    days = {str(each["n"]): str(each["occurred_at"])[:10] for each in answer.get("citations", ())}
    return _MARKER.sub(lambda match: f" ({days[match[1]]})" if match[1] in days else "", str(answer.get("answer", "")))


def _first_sentence(text: str) -> str:
    first = next(iter(text.strip().splitlines()), "")
    found = _SENTENCE.match(first)
    return _clipped(found[0] if found else first, _SENTENCE_CHARS)


def _clipped(text: str, chars: int) -> str:
    return text if len(text) <= chars else f"{text[: chars - 1]}…"
