"""Words compared without case, accents and endings."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """Lower case without accents: "María" and "maria" are the same name."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def stem(word: str) -> str:
    """A crude English stem: enough to meet "payments failed" with "Payment Failed"."""
    for ending in ("ations", "ation", "ings", "ing", "ies", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)] + ("y" if ending == "ies" else "")
    return word
