"""How PostHog's browser clients pack a body: gzip without a header that says so, or base64 in a form field."""

from __future__ import annotations

import base64
import zlib
from urllib.parse import parse_qs

_GZIP = 16 + zlib.MAX_WBITS
_GZIP_MAGIC = b"\x1f\x8b"
_FIELD = b"data="


class BadBody(ValueError):
    """A body that is packed in a known way, but damaged."""


def unpacked(body: bytes, limit: int) -> bytes:
    """The JSON in a body; raises BadBody, or OverflowError for more than `limit` bytes."""
    if body.startswith(_GZIP_MAGIC):
        return _gunzipped(body, limit)
    if body.startswith(_FIELD):
        return _of_form(body)
    return body


def _gunzipped(body: bytes, limit: int) -> bytes:
    stream = zlib.decompressobj(_GZIP)
    try:
        found = stream.decompress(body, limit + 1)
    except zlib.error as error:
        raise BadBody("the body is not gzip") from error
    if len(found) > limit:
        raise OverflowError
    if not stream.eof:
        raise BadBody("the gzip stream ends early")
    return found


def _of_form(body: bytes) -> bytes:
    try:
        data = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=20)["data"][0]
        if data.startswith(("{", "[")):
            return data.encode()
        # A plus that was not escaped has become a space.
        return base64.b64decode(data.replace(" ", "+"), validate=True)
    except (ValueError, KeyError) as error:
        raise BadBody("the form has no `data` that is JSON, or base64 of it") from error
