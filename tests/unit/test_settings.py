"""Settings: named, documented, read safely."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from server.access import check_exposure
from server.address import is_loopback
from server.settings import ENV_PREFIX, InvalidSettings, Settings, load_settings

EXAMPLE = (Path(__file__).parents[2] / ".env.example").read_text()
LINES = dict(re.findall(rf"^# {ENV_PREFIX}([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))


@pytest.fixture(autouse=True)
def _away_from_any_env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_example_file_names_every_setting_and_no_other() -> None:
    assert {name.lower() for name in LINES} == set(Settings.model_fields)


def test_every_setting_is_described() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("name", [n for n, f in Settings.model_fields.items() if f.default not in (None, "")])
def test_the_example_file_shows_the_default(name: str) -> None:
    field = Settings.model_fields[name]
    if field.default_factory is None:
        assert LINES[name.upper()] == f"{field.default:g}" if isinstance(field.default, float) else str(field.default)


def test_the_uncommented_example_file_is_valid(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(re.sub(rf"^# ({ENV_PREFIX})", r"\1", EXAMPLE, flags=re.MULTILINE))
    assert set(load_settings().keys.values()) == {"shop", "shop-staging"}


def test_keys_are_read_as_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THROUGHLINE_KEYS", " a1 = shop , YmFzZTY0==staging,")
    assert load_settings().keys == {SecretStr("a1"): "shop", SecretStr("YmFzZTY0="): "staging"}


@pytest.mark.parametrize("text", ["hunter2", "=shop", "hunter2=", "hunter2=_system", "hunter2=a b", "k=a,k=b"])
def test_unusable_keys_are_refused_without_being_shown(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("THROUGHLINE_KEYS", text)
    with pytest.raises(InvalidSettings, match="THROUGHLINE_KEYS") as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_a_threads_url_that_is_none_is_refused_without_being_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THROUGHLINE_THREADS_URL", "mysql://throughline:hunter2@127.0.0.1/throughline")
    with pytest.raises(InvalidSettings, match=r"THROUGHLINE_THREADS_URL: .*postgresql://") as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_keys_do_not_show_when_settings_are_printed() -> None:
    secret: Any = {"hunter2": "shop"}
    shown = repr(
        Settings(
            keys=secret,
            llm_api_key=SecretStr("hunter2"),
            qdrant_api_key=SecretStr("hunter2"),
            threads_url=SecretStr("postgresql://throughline:hunter2@127.0.0.1/throughline"),
        )
    )
    assert "hunter2" not in shown


def test_a_wrong_value_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THROUGHLINE_PORT", "http")
    with pytest.raises(InvalidSettings, match=r"THROUGHLINE_PORT: .*integer"):
        load_settings()


@pytest.mark.parametrize("known", [{}, {"INPUT": "1"}, {"OUTPUT": "1"}])
def test_a_limit_of_cost_needs_both_prices(monkeypatch: pytest.MonkeyPatch, known: dict[str, str]) -> None:
    monkeypatch.setenv("THROUGHLINE_LLM_MAX_COST", "0.5")
    for direction, price in known.items():
        monkeypatch.setenv(f"THROUGHLINE_LLM_{direction}_PRICE", price)
    with pytest.raises(InvalidSettings, match=r"THROUGHLINE_LLM_MAX_COST: .*PRICE"):
        load_settings()


def test_an_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THROUGHLINE_QDRANT_URL", "")
    assert load_settings().qdrant_url is None


def test_settings_cannot_be_changed_once_read() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "LOCALHOST", "::1", "[::1]", "a.localhost"])
def test_loopback_hosts_need_no_keys(host: str) -> None:
    assert is_loopback(host)
    check_exposure(Settings(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.com", "127.0.0.1.evil.com", ""])  # noqa: S104
def test_reachable_hosts_need_keys(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(InvalidSettings, match="THROUGHLINE_KEYS"):
        check_exposure(Settings(host=host))
    keys: Any = {"k": "shop"}
    check_exposure(Settings(host=host, keys=keys))
