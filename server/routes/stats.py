"""GET /events/stats and /metrics: what came in, what became of it, and what still waits; and one event's versions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from pydantic import BaseModel, Field

from agent.metering import BUCKETS_S, Meter
from agent.model_status import ModelStatus
from memory.record import Record
from memory.store import Verdict
from server.auth import OperateScope, ReadScope
from server.bootstrap import Services, ServicesDep
from server.openapi import problems
from server.problems import UNKNOWN_EVENT, FieldError, Refusal

router = APIRouter(tags=["operation"])

#: The text format of Prometheus, as its scrapers ask for it.
_TEXT = "text/plain; version=0.0.4; charset=utf-8"


class Kept(BaseModel):
    """Counted in the store now: `events` = `embedded` + `pending` + `failed`."""

    events: int
    embedded: int
    pending: int
    failed: int = Field(description="Set aside: their words cannot be embedded; found by word all the same")
    conflicts: int
    quarantined: int


class Lag(BaseModel):
    """Seconds from acceptance until an event can be found by meaning, over the last events; null before the first."""

    p50_s: float | None
    p99_s: float | None


class Stats(BaseModel):
    """`received` since this process began is the sum of `verdicts`; `kept` is what the store holds."""

    since: datetime
    received: int
    verdicts: dict[Verdict, int]
    kept: Kept
    lag: Lag


class Version(BaseModel):
    """One version of an event: the first is in force, the others came under the same id with other content."""

    in_force: bool
    content_hash: str
    client_id: str
    occurred_at: datetime
    received_at: datetime
    device_time: datetime | None = Field(description="The device's own time, where its clock was wrong")
    changes: list[dict[str, Any]] = Field(description="What cleaning changed")
    event: dict[str, Any]


class VersionsReply(BaseModel):
    message_id: str
    versions: list[Version]


@router.get("/events", tags=["events"], responses=problems(404, 422, 503))
async def get_versions(
    scope: ReadScope, services: ServicesDep, message_id: Annotated[str, Query(min_length=1, max_length=256)]
) -> VersionsReply:
    """The event with this id, in all versions that were sent."""
    found = await services.store.versions(scope, message_id)
    if not found:
        told = "No event of this workspace has this id."
        raise Refusal(UNKNOWN_EVENT, told, [FieldError(field="message_id", reason="unknown_event", detail=told)])
    in_force = bool(await services.store.get(scope, [message_id]))
    versions = [_version(record, first=in_force and record is found[0]) for record in found]
    return VersionsReply(message_id=message_id, versions=versions)


@router.get("/events/stats", responses=problems(503))
async def get_stats(scope: OperateScope, services: ServicesDep) -> Stats:
    """What this workspace sent, what became of it, and what it holds. The numbers add up."""
    verdicts = services.counters.of(scope)
    tally = await services.store.tally(scope)
    return Stats(
        since=services.counters.since,
        received=sum(verdicts.values()),
        verdicts=verdicts,
        kept=Kept.model_validate(tally, from_attributes=True),
        lag=Lag(p50_s=services.indexer.lag(0.5), p99_s=services.indexer.lag(0.99)),
    )


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}, **problems(503)})
async def get_metrics(scope: OperateScope, services: ServicesDep) -> Response:
    """Counters and gauges of this process for Prometheus; they name no workspace and no customer."""
    registry = CollectorRegistry()
    registry.register(_Metrics(services))
    return Response(generate_latest(registry), media_type=_TEXT)


class _Metrics(Collector):
    """Reads the counters where they are kept, so that nothing is counted twice."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Metric]:
        indexer, total = self._services.indexer, self._services.counters.total()
        yield CounterMetricFamily("throughline_events_received", "Items answered", value=sum(total.values()))
        events = CounterMetricFamily("throughline_events", "Items answered, by what became of them", labels=["verdict"])
        for verdict, count in total.items():
            events.add_metric([verdict.value], count)
        yield events
        yield CounterMetricFamily("throughline_events_embedded", "Given their vectors", value=indexer.embedded_total)
        yield CounterMetricFamily("throughline_events_failed", "Set aside by the embedder", value=indexer.failed_total)
        yield GaugeMetricFamily("throughline_events_waiting", "Waiting for vectors", value=len(indexer.backlog))
        lag = GaugeMetricFamily("throughline_embedding_lag_seconds", "Accepted to embedded", labels=["quantile"])
        for quantile in (0.5, 0.99):
            lag.add_metric([str(quantile)], indexer.lag(quantile) or 0.0)
        yield lag
        since = self._services.counters.since.timestamp()
        yield GaugeMetricFamily("throughline_start_time_seconds", "When counting began", value=since)
        up = datetime.now(UTC).timestamp() - since
        yield GaugeMetricFamily("throughline_uptime_seconds", "Since counting began", value=up)
        yield from _of_model(self._services.desk.meter, self._services.desk.model_status)


def _of_model(meter: Meter, status: ModelStatus) -> Iterator[Metric]:
    """What was asked of the language model, and what became of the answers."""
    requests = CounterMetricFamily("throughline_model_requests", "Sent, by what came of them", labels=["outcome"])
    for outcome, count in meter.requests.items():
        requests.add_metric([outcome], count)
    yield requests
    seconds = HistogramMetricFamily("throughline_model_request_seconds", "Until the reply was whole, or failed")
    bounds = [*(str(bound) for bound in BUCKETS_S), "+Inf"]
    seconds.add_metric([], list(zip(bounds, meter.timed, strict=True)), meter.seconds)
    yield seconds
    tokens = CounterMetricFamily("throughline_model_tokens", "As the provider counts them", labels=["direction"])
    tokens.add_metric(["input"], meter.usage.input_tokens)
    tokens.add_metric(["output"], meter.usage.output_tokens)
    yield tokens
    yield CounterMetricFamily("throughline_model_cost", "In the money of the prices set", value=meter.usage.cost or 0)
    answers = CounterMetricFamily("throughline_answers", "Given, by how they were made", labels=["mode", "reason"])
    for (mode, reason), count in meter.answers.items():
        answers.add_metric([mode, reason], count)
    yield answers
    removed = "Sentences of a model that did not hold to the evidence"
    yield CounterMetricFamily("throughline_sentences_removed", removed, value=meter.removed)
    for ability, found in (("tool_calling", status.tool_calling), ("structured_output", status.structured_output)):
        # Left out until it is known.
        if found is not None:
            yield GaugeMetricFamily(f"throughline_model_{ability}", "Whether the model can", value=found)
    yield GaugeMetricFamily("throughline_model_resting", "Left alone after a failure", value=status.state == "resting")


def _version(record: Record, *, first: bool) -> Version:
    return Version(
        in_force=first, content_hash=record.content_hash, client_id=record.customer_id,
        occurred_at=record.occurred_at, received_at=record.received_at, device_time=record.device_time,
        changes=orjson.loads(record.changes) if record.changes else [], event=orjson.loads(record.body),
    )  # fmt: skip
