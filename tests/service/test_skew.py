"""A device's wrong clock is corrected by when it says it sent the event; its own time is kept beside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.service.conftest import Serve
from tests.talk import Json, get

HOUR = timedelta(hours=1)
#: By how much the device's clock is wrong.
OFF = [timedelta(hours=-3), timedelta(minutes=-2), timedelta(minutes=2), timedelta(days=400), timedelta(days=-9_000)]


def event(timestamp: datetime | None, sent_at: datetime | None, message_id: str = "m1", **fields: Any) -> Json:
    times = {"timestamp": timestamp and timestamp.isoformat(), "sentAt": sent_at and sent_at.isoformat()}
    return {"event": "Signed In", "userId": "ada", "messageId": message_id, **times, **fields}


async def send(client: httpx.AsyncClient, *items: Json) -> list[Json]:
    answer = await client.post("/events", json=list(items))
    assert answer.status_code == 200, answer.text
    return list(answer.json()["results"])


async def kept(client: httpx.AsyncClient, message_id: str = "m1") -> Json:
    (version,) = (await get(client, "/events", message_id=message_id))["versions"]
    return dict(version)


def time_of(version: Json, name: str) -> datetime:
    return datetime.fromisoformat(version[name])


@pytest.mark.parametrize("off", OFF, ids=str)
async def test_beyond_a_minute_the_time_is_received_less_what_passed_on_the_device(
    client: httpx.AsyncClient, off: timedelta
) -> None:
    device_now = datetime.now(UTC) + off
    (result,) = await send(client, event(device_now - HOUR, device_now))
    assert result["verdict"] == "accepted"
    found = await kept(client)
    assert time_of(found, "occurred_at") == time_of(found, "received_at") - HOUR
    assert time_of(found, "device_time") == device_now - HOUR


@pytest.mark.parametrize("off", [timedelta(seconds=-50), timedelta(0), timedelta(seconds=50)], ids=str)
async def test_within_a_minute_the_device_is_believed(client: httpx.AsyncClient, off: timedelta) -> None:
    device_now = datetime.now(UTC) + off
    await send(client, event(device_now - HOUR, device_now))
    found = await kept(client)
    assert (time_of(found, "occurred_at"), found["device_time"]) == (device_now - HOUR, None)


async def test_how_far_a_clock_may_be_off_is_a_setting(serve_app: Serve) -> None:
    device_now = datetime.now(UTC) - timedelta(minutes=10)
    async with serve_app(skew_tolerance_s=3_600) as client:
        await send(client, event(device_now - HOUR, device_now))
        assert (await kept(client))["device_time"] is None
    async with serve_app(skew_tolerance_s=5) as client:
        await send(client, event(device_now - HOUR, device_now))
        assert time_of(await kept(client), "device_time") == device_now - HOUR


async def test_what_a_pipeline_corrected_before_is_not_corrected_again(client: httpx.AsyncClient) -> None:
    happened = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    wrong = happened - timedelta(hours=5)
    sent = event(happened, wrong + HOUR, originalTimestamp=wrong.isoformat())
    await send(client, sent)
    found = await kept(client)
    assert (time_of(found, "occurred_at"), found["device_time"]) == (happened, None)
    assert datetime.fromisoformat(found["event"]["original_timestamp"]) == wrong


@pytest.mark.parametrize("name", ["receivedAt", "received_at"])
async def test_what_another_pipeline_received_is_not_moved_to_today(client: httpx.AsyncClient, name: str) -> None:
    happened = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    upstream = {name: (happened + HOUR).isoformat()}
    await send(client, event(happened, happened + HOUR, **upstream))
    found = await kept(client)
    assert (time_of(found, "occurred_at"), found["device_time"]) == (happened, None)


@pytest.mark.parametrize("timestamp", [None, datetime(2026, 3, 1, tzinfo=UTC)])
async def test_with_one_of_the_two_times_there_is_nothing_to_compare(
    client: httpx.AsyncClient, timestamp: datetime | None
) -> None:
    await send(client, event(timestamp, None if timestamp else datetime(2026, 3, 1, tzinfo=UTC)))
    found = await kept(client)
    assert found["device_time"] is None
    assert time_of(found, "occurred_at") == timestamp or found["occurred_at"] == found["received_at"]


async def test_a_clock_years_ahead_is_corrected_before_its_time_is_judged(client: httpx.AsyncClient) -> None:
    device_now = datetime.now(UTC) + timedelta(days=3_000)
    late, early = await send(
        client, event(device_now, device_now), event(device_now, None, "m2"),
    )  # fmt: skip
    assert (late["verdict"], early["verdict"], early["reason"]) == ("accepted", "quarantined", "future_time")


@pytest.mark.parametrize("year", [1970, 1990, 2100, 9999])
async def test_a_time_of_sending_that_cannot_be_true_corrects_nothing(client: httpx.AsyncClient, year: int) -> None:
    happened = datetime.now(UTC)
    (result,) = await send(client, event(happened, datetime(year, 1, 1, tzinfo=UTC)))
    assert result["verdict"] == "accepted"
    found = await kept(client)
    assert (time_of(found, "occurred_at"), found["device_time"]) == (happened, None)


async def test_a_correction_does_not_hide_an_event_from_the_future(client: httpx.AsyncClient) -> None:
    now = datetime.now(UTC)
    (result,) = await send(client, event(now + timedelta(days=5), now + HOUR))
    assert (result["verdict"], result["reason"], result["field"]) == ("quarantined", "future_time", "/timestamp")


async def test_a_retry_with_another_time_of_sending_is_a_duplicate_and_changes_nothing(
    client: httpx.AsyncClient,
) -> None:
    device_now = datetime.now(UTC) - timedelta(hours=4)
    await send(client, event(device_now - HOUR, device_now))
    before = (await client.get("/export")).content
    again, uncorrected = await send(
        client, event(device_now - HOUR, device_now + timedelta(minutes=7)), event(device_now - HOUR, None)
    )
    assert (again["verdict"], uncorrected["verdict"]) == ("duplicate", "duplicate")
    assert (await client.get("/export")).content == before


async def test_a_corrected_time_survives_export_and_import(client: httpx.AsyncClient, serve_app: Serve) -> None:
    device_now = datetime.now(UTC) - timedelta(hours=4)
    await send(client, event(device_now - HOUR, device_now))
    exported = (await client.get("/export")).content
    async with serve_app() as other:
        other.headers["X-Workspace"] = client.headers["X-Workspace"]
        await other.post("/import", content=exported)
        assert (await other.get("/export")).content == exported
        assert await kept(other) == await kept(client)
        (retried,) = await send(other, event(device_now - HOUR, device_now + HOUR))
        assert retried["verdict"] == "duplicate"


async def test_answers_go_by_the_corrected_time(client: httpx.AsyncClient) -> None:
    device_now = datetime.now(UTC) + timedelta(days=2)
    await send(client, event(device_now - HOUR, device_now))
    (seen,) = (await get(client, "/clients/ada/timeline"))["events"]
    assert datetime.fromisoformat(seen["occurred_at"]) == time_of(await kept(client), "occurred_at")


async def test_a_broken_event_that_is_mended_later_is_corrected_by_when_it_was_received(
    client: httpx.AsyncClient,
) -> None:
    device_now = datetime.now(UTC) - timedelta(hours=4)
    await send(client, {**event(device_now - HOUR, device_now), "userId": None})
    (held,) = (await get(client, "/quarantine"))["items"]
    answer = await client.post(
        f"/quarantine/{held['sha256']}/replay", json={"item": event(device_now - HOUR, device_now)}
    )
    assert answer.json()["verdict"] == "accepted"
    assert time_of(await kept(client), "occurred_at") == time_of(held, "received_at") - HOUR
