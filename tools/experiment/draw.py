"""Which action a customer gets: the first that is eligible, or one drawn at random where the workspace explores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from memory.given import NOTHING
from memory.workspace import WorkspaceSettings
from tools.survey import last_daily

_BITS = 64


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen among `eligible`, the probability of that, and whether it was drawn rather than ranked first."""

    eligible: tuple[str, ...]
    chosen: str
    propensity: float
    explored: bool


def choose(
    actions: Sequence[str], explore: float, *, workspace: str, client_id: str, period: int, playbook: str
) -> Choice:
    """The first of these action ids, best first; of a share `explore` any of them or NOTHING, each as likely.

    Epsilon-greedy: with n arms the first has the propensity 1 - explore + explore / n, the others explore / n. The
    draw is a hash of what is named, so that asking again draws the same; an arm that is no longer eligible moves only
    those who had drawn it (rendezvous hashing, Thaler and Ravishankar 1998). Without actions: NOTHING, certainly.
    """
    if not actions or not explore:
        eligible = tuple(actions) or (NOTHING,)
        return Choice(eligible, eligible[0], 1.0, explored=False)
    eligible = (*actions, NOTHING)
    key = (workspace, client_id, str(period), playbook)
    explored = _uniform("explore", *key) < explore
    chosen = max(eligible, key=lambda arm: (_uniform("arm", arm, *key), arm)) if explored else eligible[0]
    share = explore / len(eligible)
    return Choice(eligible, chosen, share + (1 - explore if chosen == eligible[0] else 0), explored)


def period_of(as_of: datetime, settings: WorkspaceSettings, horizon_days: int) -> int:
    """The number of the horizon that an instant lies in, by local days: for its length an arm is kept.

    The instant that ends a day belongs to it, as in a recommendation's id.
    """
    return last_daily(as_of, settings.zone).astimezone(settings.zone).date().toordinal() // horizon_days


def _uniform(*parts: str) -> float:
    """A number in [0, 1) that is the same for the same texts."""
    text = "\0".join(f"{len(part)}:{part}" for part in parts)
    digest = sha256(text.encode(errors="surrogatepass")).digest()
    return float((int.from_bytes(digest[: _BITS // 8], "big") >> 11) / (1 << 53))
