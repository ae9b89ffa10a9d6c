"""Logging: structlog for us and for libraries, lines for people on a terminal and JSON elsewhere."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import Processor

#: Libraries that tell every connection they make.
_CHATTY = ("httpx", "httpcore", "asyncio", "mcp")


def configure(level: str) -> None:
    """Send all logs of at least this level to stderr."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        # Not cached: a logger that was used before keeps no older settings.
        cache_logger_on_first_use=False,
    )
    handler = _Stderr()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_rendered()))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(_number(level))
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to what is the process's stderr at that moment: one that was replaced may be closed."""

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, stream: TextIO) -> None:
        """Never another one."""


def _rendered() -> list[Processor]:
    if sys.stderr.isatty():
        return [structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.dev.ConsoleRenderer()]
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]
