"""The Accept header: which media types a client takes."""

from __future__ import annotations

from starlette.requests import Request


def accepted(request: Request) -> frozenset[str]:
    """The media types and ranges that a client names, without those it rules out with a weight of 0."""
    named = (each.lower().split(";") for header in request.headers.getlist("accept") for each in header.split(","))
    return frozenset(media.strip() for media, *parameters in named if media.strip() and not _is_refused(parameters))


def _is_refused(parameters: list[str]) -> bool:
    weights = [value.strip() for name, _, value in (each.partition("=") for each in parameters) if name.strip() == "q"]
    return any(value.rstrip("0") in ("", "0.", ".") for value in weights if value)
