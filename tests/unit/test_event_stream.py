"""The data of server-sent events."""

from __future__ import annotations

import json

from server.event_stream import event_data


def test_an_event_is_one_line_to_every_reader_and_the_same_json() -> None:
    value = {"text": "".join(map(chr, range(0x3000)))}
    data = event_data(value)
    assert len(data.splitlines()) == 1
    assert json.loads(data) == value
