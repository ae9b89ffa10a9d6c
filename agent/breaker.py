"""A circuit breaker: who has just failed is left alone for a while, and then tried by one caller alone.

Of the libraries, pybreaker is async only on Tornado, and purgatory lets everyone through at the first try, counts a
caller that goes away as a failure, and does not keep why it opened.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from agent.chat_model import NotAsked, ProviderFailed, Unusable

log = structlog.get_logger()

#: A provider that asks for more is asked again all the same: its clock may be wrong.
LONGEST_REST_S = 600.0


class Breaker:
    """Opens with the first ProviderFailed, for `rest_s` seconds or for as long as the provider asked."""

    def __init__(self, rest_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rest_s = rest_s
        self._clock = clock
        self._open_until: float | None = None
        self._trying = False
        #: Why it is open.
        self.reason: str | None = None

    @property
    def is_open(self) -> bool:
        return self._open_until is not None

    @contextmanager
    def passing(self) -> Iterator[None]:
        """A call is made in this block, and what it raises is noted; raises NotAsked while nobody may call."""
        trying = self._admit()
        try:
            yield
        except ProviderFailed as error:
            self._open(error)
            raise
        except Unusable:
            self._close()
            raise
        else:
            self._close()
        finally:
            if trying:
                self._trying = False

    def _admit(self) -> bool:
        """Whether this caller is the one that tries whether all is well again."""
        if self._open_until is None:
            return False
        if self._trying or self._clock() < self._open_until:
            raise NotAsked(f"the model was not asked, because it failed a moment ago: {self.reason}")
        self._trying = True
        return True

    def _open(self, error: ProviderFailed) -> None:
        rest_s = max(self._rest_s, min(error.wait_s, LONGEST_REST_S))
        self._open_until, self.reason = self._clock() + rest_s, str(error)
        log.warning("model.resting", reason=self.reason, rest_s=round(rest_s, 1))

    def _close(self) -> None:
        if self._open_until is not None:
            log.info("model.back")
        self._open_until = self.reason = None
