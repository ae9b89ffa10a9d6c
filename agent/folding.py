"""Words compared without case, accents and endings."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import snowballstemmer

_ACRONYMS = re.compile(r"[b-df-hj-np-tv-z]{2,5}s")
_STEMMER = snowballstemmer.stemmer("english")


def fold(text: str) -> str:
    """Lower case without accents: "María" and "maria" are the same name."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The English stem of a folded word (Porter2): enough to meet "payments failed" with "Payment Failed"."""
    found = str(_STEMMER.stemWord(word))
    # The stemmer leaves the plural of an acronym alone: "dvds".
    return word[:-1] if found == word and _ACRONYMS.fullmatch(word) else found
