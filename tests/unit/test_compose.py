"""The compose file and the image say what the README promises; neither can be run here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return found


def test_the_server_keeps_its_events_in_the_qdrant_service(services: dict[str, Any]) -> None:
    url = services["throughline"]["environment"]["THROUGHLINE_QDRANT_URL"]
    assert url == "http://qdrant:6333"
    assert re.fullmatch(r"http://(\w+):6333", url)[1] in services  # type: ignore[index]


def test_the_server_waits_until_qdrant_is_ready(services: dict[str, Any]) -> None:
    assert services["throughline"]["depends_on"]["qdrant"]["condition"] == "service_healthy"
    assert "/readyz" in services["qdrant"]["healthcheck"]["test"][-1]


def test_keys_have_to_be_set_and_none_is_written_down(services: dict[str, Any]) -> None:
    assert services["throughline"]["environment"]["THROUGHLINE_KEYS"].startswith("${THROUGHLINE_KEYS:?")


def test_the_server_is_published_on_this_machine_only_and_qdrant_not_at_all(services: dict[str, Any]) -> None:
    ports = services["throughline"]["ports"]
    assert ports
    assert all(str(port).startswith("127.0.0.1:") for port in ports)
    assert "ports" not in services["qdrant"]


def test_qdrant_is_pinned_and_not_older_than_what_the_store_needs(services: dict[str, Any]) -> None:
    version = re.fullmatch(r"qdrant/qdrant:v(\d+)\.(\d+)\.\d+", services["qdrant"]["image"])
    assert version
    assert (int(version[1]), int(version[2])) >= (1, 19)


def test_every_volume_that_is_mounted_is_declared(services: dict[str, Any]) -> None:
    mounted = {volume.split(":")[0] for service in services.values() for volume in service["volumes"]}
    assert mounted == set(yaml.safe_load((ROOT / "docker-compose.yml").read_text())["volumes"])


def test_the_image_runs_as_a_user_of_its_own_and_copies_every_package() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert "USER throughline" in lines
    assert {line.split()[1] for line in lines if re.match(r"COPY (\w+) \1$", line)} == {
        "memory", "tools", "agent", "server", "evals",
    }  # fmt: skip
    assert any("/health/ready" in line for line in lines)


def test_what_the_image_copies_is_sent_to_the_builder() -> None:
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = [line.split()[1:-1] for line in (ROOT / "Dockerfile").read_text().splitlines() if line.startswith("COPY")]
    assert {name for names in copied for name in names} == sent
