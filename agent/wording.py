"""How an answer writes names, amounts and quotations, so that each can be checked afterwards."""

from __future__ import annotations

import re

from tools.fact import Passage, number, show
from tools.value import Money

#: Long enough for a sentence or two; the citation carries the whole text.
MAX_QUOTE = 220
#: What could end the quotation, forge a citation, or become a link, image or markup.
_BREAKS = re.compile(r"[\"\[\]<>`|]|https?:|www\.|\n\s*\n", re.I)

#: So many words in a row say something.
_MIN_WORDS = 3
_WORDS = re.compile(r"(?<!\S)[^\W\d_][\w'’,.!?;:-]*(?!\S)")

#: Longer than any name that fits a line.
MAX_NAME = 60
_TITLES = "".join(
    rf"(?<!\b{title})" for title in ("Dr", "Mr", "Mrs", "Ms", "Prof", "St", "Jr", "Sr", "Inc", "Co", "Ltd")
)
#: Where a name ends and a sentence would begin.
_NAME_ENDS = re.compile(rf"{_TITLES}(?<!\b[^\W\d_])\.(?=\s)|[!?:;](?=\s)|\s[-–—]\s|…")
#: Markdown, and whatever else no name is written with.
_NO_NAME = re.compile(r"[*_#~!(){}\\=]+(?=\W|$)|(?<!\w)[*_#~!(){}\\=]+")


def quote(text: str) -> str:
    """A verbatim piece of somebody's text in quotation marks, cut where it could act on the page."""
    pieces = (" ".join(piece.split()) for piece in _BREAKS.split(text))
    found = [piece for piece in pieces if piece]
    # What stands before a mark of markup is often no more than its name.
    safe = next((piece for piece in found if len(_WORDS.findall(piece)) >= _MIN_WORDS), found[0] if found else "")
    if len(safe) > MAX_QUOTE:
        return f'"{safe[:MAX_QUOTE].rsplit(" ", 1)[0]}" …'
    return f'"{safe}"' if safe else ""


def plain(text: str) -> str:
    """Somebody's name as an answer writes it, without quotation marks: short, one line, and no sentence."""
    named = _NAME_ENDS.split(quote(text).replace('"', ""), maxsplit=1)[0]
    return " ".join(_NO_NAME.sub(" ", named)[:MAX_NAME].split())


def who(client_id: str, name: str | None) -> str:
    """A customer as answers call them: the name with the id, or the id."""
    # A name without a letter would read as a quantity.
    if name and name != client_id and re.search(r"[^\W\d_]", name):
        return f"{plain(name)} ({plain(client_id)})"
    return f"customer {plain(client_id)}"


def money(values: list[Money]) -> str:
    """Amounts, one a currency, never added up."""
    return " and ".join(f"{show(number(value.amount))} {value.currency}" for value in values) or "nothing"


def amount(value: int | float | str | None, unit: str | None) -> str:
    return f"{show(value)} {unit}" if unit else show(value)


def wrote(passage: Passage) -> str:
    """What was said in an event, quoted; its title where nobody said anything."""
    return quote(passage.said) if passage.said else quote(passage.title)


def items(names: list[str], limit: int = 4) -> str:
    """The first few item names, each quoted."""
    return ", ".join(quote(name) for name in list(dict.fromkeys(names))[:limit])


def opening(text: str) -> str:
    """The text with a capital first letter; the rest, quotations too, as it is."""
    return text[:1].upper() + text[1:]


def listed(parts: list[str]) -> str:
    """a, b and c."""
    return ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1] if parts else ""
