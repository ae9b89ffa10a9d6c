"""A workspace's settings: its clock, time zone, week and definition of churn."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_serializer, field_validator, model_validator

from memory.cleaning import parse_time
from memory.kinds import WORKSPACE
from memory.scope import SYSTEM, Scope
from memory.store import Control, Store
from memory.vocabulary import meaning_of

MaskKind = Literal["email", "phone", "card", "iban", "national_id"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Bands(BaseModel):
    """Probabilities from which a customer's band is medium or high; null lets the usual rate of churn decide."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    medium: float | None = Field(default=None, gt=0, lt=1)
    high: float | None = Field(default=None, gt=0, lt=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.medium is not None and self.high is not None and self.medium >= self.high:
            raise ValueError("`medium` has to be below `high`")
        return self


Title = Annotated[str, Field(min_length=1, max_length=200)]


class ChurnDefinition(BaseModel):
    """When a customer counts as gone: silent for `inactive_days`, or only when they cancel; and what is foretold.

    The churn signal is about the next `horizon_days`: no `activity` within them (`inactivity`), or one of the
    `cancel_events` (`cancel`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["inactivity", "cancel"] = "inactivity"
    # A quarter without any activity: most subscriptions and shops report by quarter.
    inactive_days: int | None = Field(
        default=90, ge=1, le=3650, description="Days of silence after which a customer counts as churned; null: never"
    )
    horizon_days: int = Field(default=60, ge=1, le=730)
    activity: tuple[Title, ...] = Field(
        default=(), max_length=100, description="Events that count as activity; none for all that customers start"
    )
    cancel_events: tuple[Title, ...] = Field(
        default=(), max_length=100, description="Events that end a customer's life; none for all that mean it"
    )
    customers: Literal["auto", "buyers", "everyone"] = Field(
        default="auto", description="Whose churn is foretold: buyers, everyone; auto: buyers once anybody has bought"
    )
    bands: Bands = Bands()

    def is_activity(self, title: str) -> bool:
        """Whether an event is something the customer started."""
        return title in self.activity if self.activity else meaning_of(title).active

    def leaves(self, title: str) -> bool:
        """Whether an event is an explicit end."""
        return title in self.cancel_events if self.cancel_events else meaning_of(title).leaves


class Privacy(BaseModel):
    """`remove`: kinds of personal data that are taken out of what is stored, and not only out of its words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    remove: frozenset[MaskKind] = Field(default=frozenset(), description="Takes effect for events sent from now on")

    @field_serializer("remove")
    def _in_order(self, value: frozenset[MaskKind]) -> list[str]:
        return sorted(value)


class WorkspaceSettings(BaseModel):
    """How a workspace tells time, who its customers are, and how long it remembers.

    `now` pins its clock; a bare date means that day's end in its zone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    now: str | None = Field(default=None, description="null for the real clock, or an instant or a date it stands at")
    time_zone: str = "UTC"
    week_start: Weekday = "monday"
    churn: ChurnDefinition = ChurnDefinition()
    customer: Literal["user", "group"] = Field(
        default="user", description="Who a customer is: the user, or their group (account); fixed by the first event"
    )
    retention_days: int | None = Field(
        default=None, ge=1, le=36_500, description="Older events are erased, and no longer taken in; null keeps all"
    )
    privacy: Privacy = Privacy()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in _time_zones():
            raise ValueError(f"{value!r} is not an IANA time zone, such as Europe/London")
        return value

    @field_validator("now")
    @classmethod
    def _readable(cls, value: str | None) -> str | None:
        if value is not None:
            parse_instant(value, UTC_ZONE)
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def forgotten_before(self, real_now: datetime) -> datetime | None:
        """The instant before which nothing is kept."""
        return self.clock(real_now) - timedelta(days=self.retention_days) if self.retention_days else None

    def clock(self, real_now: datetime) -> datetime:
        """The workspace's present: the pinned instant, or the real one."""
        return parse_instant(self.now, self.zone) if self.now else real_now


@lru_cache(maxsize=1)
def _time_zones() -> frozenset[str]:
    """Looked up once: it walks the whole database of zones, and settings are read with every request."""
    return frozenset(available_timezones())


UTC_ZONE = ZoneInfo("UTC")
#: Days are counted forward from an instant, and the calendar ends with 9999.
_LATEST = datetime(9000, 1, 1, tzinfo=UTC)


def parse_instant(text: str, zone: ZoneInfo) -> datetime:
    """An instant in UTC; a bare date means its end in the zone. Raises ValueError."""
    found = _instant(text.strip(), zone)
    if found > _LATEST:
        raise ValueError(f"{text!r} is after the year {_LATEST.year}")
    return found


def _instant(stripped: str, zone: ZoneInfo) -> datetime:
    if len(stripped) == len("2026-01-01"):
        try:
            return end_of_day(date.fromisoformat(stripped), zone)
        except (ValueError, OverflowError):
            pass
    # A "+" that a query string turned into a space is put back.
    return parse_time(stripped.replace(" ", "+") if stripped.count(" ") == 1 and "T" in stripped else stripped)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant after the day."""
    return start_of_day(day + timedelta(days=1), zone)


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


async def read_settings(store: Store, scope: Scope) -> WorkspaceSettings:
    """The workspace's settings; the defaults where none were written."""
    found = await store.controls(SYSTEM, WORKSPACE, [scope.workspace])
    return WorkspaceSettings.model_validate(found[0].data) if found else WorkspaceSettings()


async def write_settings(store: Store, scope: Scope, settings: WorkspaceSettings) -> None:
    await store.put(SYSTEM, [Control(WORKSPACE, scope.workspace, settings.model_dump(mode="json"))])


async def list_workspaces(store: Store) -> list[str]:
    """The workspaces that were ever written to."""
    return [control.key for control in await store.controls(SYSTEM, WORKSPACE)]
