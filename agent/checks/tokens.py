"""A model's sentence as tokens: words, numbers, times, codes and quotations, in their order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agent.checks.number_words import NUMBER_WORDS, value_of
from agent.folding import fold, stem
from agent.sentences import MARKER, QUOTED

Kind = Literal["quote", "name", "time", "number", "code", "word", "stop"]

_MONTHS = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_WEEKDAYS = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?"
_TIME = (
    r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|\b))?|\d{4}-\d{2}(?!\d)|\d{1,4}[/.]\d{1,2}[/.]\d{1,4}"
    rf"|(?:the\s)?{_DAY}\s(?:of\s)?{_MONTHS}(?:,?\s\d{{4}})?|{_MONTHS}\s(?:the\s)?{_DAY}(?!\d)(?:,?\s\d{{4}})?"
    rf"|{_MONTHS}(?:,?\s(?:of\s)?\d{{4}})?|\b{_WEEKDAYS}\b|\b\d{{1,2}}:\d{{2}}(?::\d{{2}})?|\bQ[1-4](?:\s\d{{4}})?"
    r"|\b\d{1,2}\s?[ap]\.?m\b|(?<=[Ii]n\s)(?:19|20)\d\d\b(?!\s[A-Za-z]{3}\b)|(?<=[Ss]ince\s)(?:19|20)\d\d\b"
)
_SYMBOL = r"[$€£¥₹%&]"
_SCANNER = re.compile(
    rf"(?P<quote>{QUOTED.pattern})|(?P<name>\x02\d+\x02\x03?)|(?P<time>{_TIME})"
    rf"|(?P<symbol>{_SYMBOL})"
    r"|(?P<code>(?<![\w.])(?=[\w./#:-]*\d)(?=[\w./#:-]*[^\W\d_])[\w#][\w./#:-]*[\w])"
    r"|(?P<number>(?<![\w])[-−+]?\d(?:[\d.,/]*\d)?(?:\s?%)?)"
    rf"|(?P<said>(?i:{NUMBER_WORDS}))"
    r"|(?P<word>[^\W\d_]+(?:['’-][^\W\d_]+)*)|(?P<stop>[,;:.!?()…—–])"
)
_QUOTED = re.compile(f"({QUOTED.pattern})")
_OWNS = re.compile(r"\*{0,2}['’]s\b|(?<=s)\*{0,2}['’](?=\s)")
_GROUPED = re.compile(r"[-−+]?(?:\d{1,3}(?:,\d{3})+|0|[1-9]\d*)(?:\.\d{1,2})?")
_SHORT = (
    (re.compile(r"\bcan(?:no|['’])t\b", re.I), "can not"),
    (re.compile(r"\bwon['’]t\b", re.I), "will not"),
    (re.compile(r"n['’]t\b", re.I), " not"),
    (re.compile(r"['’]ll\b", re.I), " will"),
    (re.compile(r"['’]d\b", re.I), " would"),
    (re.compile(r"['’](?:re|ve|m|s)\b", re.I), " "),
    (re.compile(r"(?<=s)['’](?=\s)"), ""),
)


@dataclass(frozen=True, slots=True)
class Token:
    """`text` is folded; a number has its `value`, NaN where it is not written plainly; "Ada's" `owns`."""

    kind: Kind
    text: str
    stem: str = ""
    value: float | None = None
    raw: str = ""
    owns: bool = False


def tokens_of(text: str, names: Sequence[str] = ()) -> list[Token]:
    """The tokens of a text without its markers; `names` are kept whole wherever they stand outside of quotations."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        if QUOTED.fullmatch(match[0]):
            return match[0]
        kept.append(match[0])
        return f" \x02{len(kept) - 1}\x02" + ("\x03 " if _OWNS.match(match.string, match.end()) else " ")

    # Few of the names stand in it, and making a pattern of all of them takes long.
    lowered = text.lower() if names else ""
    present = sorted({name for name in names if name.lower() in lowered}, key=len, reverse=True)
    if present:
        text = re.sub("|".join([QUOTED.pattern, *map(_named, present)]), keep, text, flags=re.I)
    pieces = _QUOTED.split(text)
    text = "".join(piece if QUOTED.fullmatch(piece) else _long(MARKER.sub(" ", piece)) for piece in pieces)
    return [token for match in _SCANNER.finditer(text) for token in _tokens(match, kept)]


def _named(name: str) -> str:
    """Where a name stands; one that is a number only where it is called a customer, or stands in brackets."""
    number = re.fullmatch(rf"[\d.,\s-]+|(?i:{NUMBER_WORDS})", name)
    called = "(?:(?<=customer )|(?<=client )|(?<=account )|(?<=user )|(?<=id )|(?<=\\())" if number else ""
    return rf"{called}(?<![\w.]){re.escape(name)}(?!\w)"


def _long(text: str) -> str:
    text = text.replace("*", "")
    if "'" not in text and "’" not in text:
        return text
    for short, whole in _SHORT:
        text = short.sub(whole, text)
    return text


def _tokens(match: re.Match[str], kept: Sequence[str]) -> list[Token]:
    kind, raw = match.lastgroup or "", match[0]
    if kind == "name":
        name = kept[int(raw.strip("\x02\x03"))]
        return [Token("name", fold(name), raw=name, owns=raw.endswith("\x03"))]
    if kind == "quote":
        return [Token("quote", raw[1:-1], raw=raw)]
    if kind == "number":
        percent = raw.endswith("%")
        digits = raw.rstrip(" %")
        value = float(digits.replace(",", "").replace("−", "-")) if _GROUPED.fullmatch(digits) else float("nan")
        return [
            Token("number", digits, value=value, raw=raw),
            *([Token("word", "percent", "percent")] if percent else []),
        ]
    if kind == "said":
        return [Token("number", raw.lower(), value=float(value_of(raw)), raw=raw)]
    if kind == "symbol":
        text = {"%": "percent", "&": "and"}.get(raw, raw)
        return [Token("word", text, text, raw=raw)]
    if kind == "word":
        whole = fold(raw)
        parts = re.split(r"['’-]", whole) if re.search(r"['’-]", whole) else [whole]
        return [Token("word", part, stem(part), raw=raw) for part in parts if part]
    return [Token(kind, fold(raw), raw=raw)]  # type: ignore[arg-type] # the names of the scanner's groups
