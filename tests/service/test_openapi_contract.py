"""What /openapi.json promises is kept: statuses, types and shapes, for requests that fit it and for those that do not."""

from __future__ import annotations

import tempfile
from pathlib import Path
from collections.abc import Iterator

import pytest
import schemathesis
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.python.asgi import shutdown_lifespans

from server.app import create_app
from server.settings import Settings
from tests.fakes import HashedWords

MAX_EXAMPLES = 20
KEY = "a-key"
_DIR = Path(tempfile.mkdtemp())
APP = create_app(Settings(_env_file=None, data_dir=_DIR, keys={KEY: "contract"}), embedder=HashedWords())
CONFIG = SchemathesisConfig(projects=ProjectsConfig(default=ProjectConfig(generation=GenerationConfig(max_examples=MAX_EXAMPLES))))
SCHEMA = schemathesis.openapi.from_dict(APP.openapi(), config=CONFIG)


@SCHEMA.parametrize()
def test_api(case: schemathesis.Case) -> None:
    case.call_and_validate(base_url="http://127.0.0.1", app=APP, headers={"Authorization": f"Bearer {KEY}"})
