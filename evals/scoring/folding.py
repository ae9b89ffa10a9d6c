"""One spelling for what reads the same."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """Lower case, without accents and what cannot be seen, one kind of apostrophe and hyphen, single spaces; lines stay
    apart."""
    plain = "".join(_seen(char) for char in unicodedata.normalize("NFKD", text))
    return "\n".join(" ".join(line.split()) for line in plain.replace("’", "'").casefold().splitlines())


def _seen(char: str) -> str:
    """A hyphen for any dash; nothing for what only marks or steers its neighbours."""
    kind = unicodedata.category(char)
    return "-" if kind == "Pd" else "" if kind in ("Mn", "Cf") else char
