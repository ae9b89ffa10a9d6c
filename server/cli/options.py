"""Options that many commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Workspace = Annotated[str | None, typer.Option("--workspace", "-w", help="Whose data; by default the setting's.")]
Url = Annotated[str | None, typer.Option(help="A running server; by default the one of the data directory, if any.")]
AsOf = Annotated[str | None, typer.Option(help="A date or an instant; later events are not seen.")]
