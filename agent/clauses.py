"""A question in clauses: where one thing that is asked ends and the next begins."""

from __future__ import annotations

import re

#: No sentence ends behind these.
_SHORT = "".join(
    rf"(?<!\b{word})" for word in ("Dr", "Mr", "Mrs", "Ms", "St", "vs", "avg", "no", "approx", "Prof", "Inc", "Co")
)
#: What a clause of its own begins with; behind them a second figure, where no verb leads over.
_ASKS = "how|what|why|when|where|who|which|should|recommend|show|list|tell|is|did|was|does|has|have"
_FIGURE = r"(?:the\s+|their\s+|its\s+)?(?:average|mean|avg|median|total|sum|number of|highest|largest|lowest)"
#: Where one question ends and another begins.
_CLAUSE = re.compile(
    rf"(?<=[?;])\s+|\s*;\s*|{_SHORT}(?<=[a-z0-9)])\.\s+(?=[A-Z])"
    rf"|,?\s+(?:and|plus|as well as)\s+(?=(?:{_ASKS}|{_FIGURE})\b)",
    re.I,
)
#: "..., and why?" asks for the reasons of what came before it.
_BARE = re.compile(r"\W*(?:why|how|when|who|which|what)(?: so| not| exactly)?\W*", re.I)
#: What only says more of the clause before: "Top 2.", "Compare May with June.", "Oldest first.", "In total, please."
_MORE = re.compile(
    r"\W*(?:(?:the\s+)?top\s+\d+|compare\b.*|(?:from )?first to (?:last|latest)|chronologically|in (?:total|order|all)"
    r"|(?:the )?(?:oldest|newest|latest|earliest|biggest|highest|best) (?:first|on top|one first)|please|"
    r"(?:just|only)\b[^?]*|(?:and )?(?:thanks|thank you)|net of refunds|after refunds)\W*",
    re.I,
)
#: Greetings and reasons for asking ask nothing.
_IDLE = re.compile(
    r"\W*(?:hi|hello|hey|thanks|thank you|please|i am writing to [^?]*|i['’]m writing to [^?]*)\W*", re.I
)
_MOST = 4


def clauses(text: str) -> list[str]:
    """The clauses of a question in order, at most 4; what only says more of one stands with it."""
    found: list[str] = []
    waiting = ""
    for clause in (piece.strip() for piece in _CLAUSE.split(text) if piece and piece.strip(" ?.!,")):
        if found and (_BARE.fullmatch(clause) or _MORE.fullmatch(clause)):
            joint = " and " if _BARE.fullmatch(clause) else ", "
            found[-1] = f"{found[-1].rstrip(' ?.!')}{joint}{clause}"
        elif _IDLE.fullmatch(clause):
            # "I am writing to 16226." says whom the next clause is about.
            waiting = f"{waiting}{clause} "
        else:
            found.append(f"{waiting}{clause}")
            waiting = ""
    return found[:_MOST] or [text]
