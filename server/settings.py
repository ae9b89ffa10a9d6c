"""Everything that can be configured, read once from the environment and a .env file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from memory.scope import workspace_scope

ENV_PREFIX = "THROUGHLINE_"


class InvalidSettings(ValueError):
    """The settings cannot be used; the sentence names each by its environment variable, without its value."""


class Settings(BaseSettings):
    """One field, one environment variable: its name in capitals behind THROUGHLINE_."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        # A value in an error message could be a key.
        hide_input_in_errors=True,
    )

    data_dir: Path = Field(default=Path(".throughline"), description="Where the embedded store keeps its data")
    host: str = Field(default="127.0.0.1", description="Address to listen on; other than loopback needs keys")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one")
    qdrant_url: str | None = Field(
        default=None, description="A Qdrant server to keep the data in, instead of the embedded store"
    )
    qdrant_api_key: SecretStr | None = Field(default=None, description="The Qdrant server's key")
    embedding_model: str = Field(
        default="",
        description="Empty for the packaged all-MiniLM-L6-v2; else a model's folder or its sentence-transformers name",
    )
    embedding_dimensions: int = Field(
        default=384, ge=1, le=65536, description="Vector length of a model given by name; a folder states its own"
    )
    keys: Annotated[dict[SecretStr, str], NoDecode] = Field(
        default_factory=dict,
        description="Keys that open all of a workspace: key=workspace, separated by commas; others are made by command",
    )
    default_workspace: str = Field(default="default", description="The workspace of calls that name none")
    max_body_bytes: int = Field(
        default=16 * 1024 * 1024, ge=1024, description="Largest request body, also after decompression"
    )
    max_batch_events: int = Field(
        default=20_000, ge=1, description="Most events in one request to /events and the PostHog addresses"
    )
    tracking_max_event_bytes: int = Field(
        default=32 * 1024, ge=1024, description="Largest event on the Segment addresses under /v1; larger on /events"
    )
    tracking_max_batch_bytes: int = Field(
        default=500 * 1024, ge=1024, description="Largest body on those addresses, also after decompression"
    )
    tracking_max_batch_events: int = Field(default=2500, ge=1, description="Most events in a batch on those addresses")
    durability: Literal["process", "disk"] = Field(
        default="process",
        description="An event is acknowledged once it survives a killed process, or with disk also a loss of power",
    )
    skew_tolerance_s: float = Field(
        default=60, ge=0, description="Seconds that a device's clock may be off before its times are corrected"
    )
    max_pending: int = Field(
        default=500_000, ge=1, description="Events that may wait to be embedded before new ones are answered 429"
    )
    purge_within_hours: float = Field(
        default=24, ge=0, description="Hours until the bytes of an erased customer have left the disk"
    )
    train_wait_s: float = Field(
        default=5, ge=0, description="Seconds that an answer waits for a churn model which has to be trained first"
    )
    scoring_every_s: float = Field(
        default=300,
        ge=0,
        description="Seconds between looks whether a workspace's daily scoring or monthly training is due; 0 for never",
    )
    playbooks: Path | None = Field(
        default=None, description="Folder of playbooks; empty for `playbooks` in the data directory"
    )
    threads_url: SecretStr | None = Field(
        default=None,
        description="A Postgres database that several servers keep conversations in, instead of the data directory",
    )
    max_threads: int = Field(
        default=1_000, ge=1, description="Conversations that a workspace keeps; the one that rested longest goes first"
    )
    max_thread_turns: int = Field(
        default=50, ge=1, le=1_000, description="Questions that a conversation keeps; the oldest go first"
    )
    webhook_allow_private: bool = Field(
        default=False, description="Let webhooks reach addresses of this machine and of private networks"
    )
    webhook_max_waiting: int = Field(
        default=10_000,
        ge=1,
        description="Deliveries of a workspace that may wait for their receivers; the oldest are given up first",
    )
    llm_base_url: str | None = Field(default=None, description="An OpenAI-compatible endpoint, such as a local one")
    llm_api_key: SecretStr | None = Field(default=None, description="The endpoint's key; without it no model is asked")
    llm_model: str | None = Field(default=None, description="The model's name at that endpoint")
    llm_timeout_s: float = Field(default=30, gt=0, description="Seconds that one call to the model may take")
    llm_budget_s: float = Field(default=60, gt=0, description="Seconds that all model calls of one answer may take")
    llm_rest_s: float = Field(
        default=30, ge=0, description="Seconds that a provider which failed is left alone, and answers come without it"
    )
    llm_probe: bool = Field(
        default=True, description="Try at the start whether the model calls tools; if it cannot, it is not asked"
    )
    llm_max_turns: int = Field(
        default=6, ge=1, description="Calls to the model that one answer may take; one that needs more comes without it"
    )
    llm_max_tokens: int | None = Field(
        default=None, ge=1, description="Tokens, in and out, that one answer may take; empty for no limit"
    )
    llm_input_price: float | None = Field(
        default=None, ge=0, description="Money for a million tokens put into the model, in a currency of your choice"
    )
    llm_output_price: float | None = Field(
        default=None, ge=0, description="Money for a million tokens that the model writes"
    )
    llm_max_cost: float | None = Field(
        default=None, gt=0, description="Money that one answer may cost; it needs both prices"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severity that is logged: debug, info, warning or error"
    )

    @field_validator("data_dir", "playbooks")
    @classmethod
    def _at_home(cls, value: Path | None) -> Path | None:
        return value.expanduser() if value else None

    @field_validator("keys", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        return _read_keys(value) if isinstance(value, str) else value

    @field_validator("keys")
    @classmethod
    def _usable(cls, value: dict[SecretStr, str]) -> dict[SecretStr, str]:
        for key, workspace in value.items():
            if not key.get_secret_value():
                raise ValueError("a key is not empty")
            workspace_scope(workspace)
        return value

    @field_validator("threads_url")
    @classmethod
    def _of_postgres(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("it has to begin with postgresql://")
        return value

    @field_validator("default_workspace")
    @classmethod
    def _nameable(cls, value: str) -> str:
        return workspace_scope(value).workspace

    @field_validator("llm_max_cost")
    @classmethod
    def _of_known_prices(cls, value: float | None, info: ValidationInfo) -> float | None:
        if value is not None and None in (info.data.get("llm_input_price"), info.data.get("llm_output_price")):
            raise ValueError("needs THROUGHLINE_LLM_INPUT_PRICE and THROUGHLINE_LLM_OUTPUT_PRICE")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_small_letters(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value


def load_settings() -> Settings:
    """The settings of this environment; raises InvalidSettings."""
    try:
        return Settings()
    except ValidationError as error:
        found = [f"{ENV_PREFIX}{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors(include_url=False)]
        raise InvalidSettings("; ".join(found)) from None


def _read_keys(text: str) -> dict[str, str]:
    keys: dict[str, str] = {}
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    for number, entry in enumerate(entries, start=1):
        # The last "=": a workspace name has none, a key in base64 may end in one.
        key, equals, workspace = entry.rpartition("=")
        if not equals or not key:
            raise ValueError(f"entry {number} is not of the form key=workspace")
        if keys.setdefault(key.strip(), workspace.strip()) != workspace.strip():
            raise ValueError(f"entry {number} gives a key that already opens another workspace")
    return keys
