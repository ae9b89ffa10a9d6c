"""One spelling for what reads the same."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """Lower case, without accents, one kind of apostrophe and single spaces; lines stay apart."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return "\n".join(" ".join(line.split()) for line in plain.replace("’", "'").casefold().splitlines())
