"""The `throughline` command."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any, BinaryIO
from urllib.parse import quote

import typer

from server.cli import effects, erasure, keys, playbook, prediction, quarantine, recommending, show, webhooks
from server.cli.asking import ask
from server.cli.connection import CommandFailed, checked, connect, console, errors, run
from server.cli.demo import run_demo
from server.cli.load_command import load_command
from server.cli.mcp import mcp
from server.cli.options import AsOf, Url, Workspace
from server.serve import serve as serve_forever
from server.settings import InvalidSettings, Settings, load_settings

app = typer.Typer(
    help="A memory of every customer, and answers that name their events.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("load")(load_command)
app.command()(mcp)
app.command()(ask)
app.command()(erasure.erase)
app.command()(erasure.erasures)
app.command()(erasure.compact)
app.command()(prediction.train)
app.command()(prediction.signals)
app.command()(prediction.model)
app.command()(recommending.recommend)
app.command()(effects.effects)
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(keys.app, name="keys")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(playbook.app, name="playbook")

DataDir = Annotated[Path | None, typer.Option(help="Where the embedded store keeps its data.")]
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="0 takes a free one.")]

#: Lines of an import sent in one request.
_IMPORT_CHUNK = 1 << 16


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Other than loopback needs keys.")] = None,
    port: Port = None,
    data_dir: DataDir = None,
) -> None:
    """Serve the HTTP API until Ctrl-C."""
    serve_forever(_settings(host=host, port=port, data_dir=data_dir))


@app.command()
def demo(port: Port = None, data_dir: DataDir = None) -> None:
    """Serve the demo data, and answer three questions over them."""
    settings = _settings(host="127.0.0.1", port=port, data_dir=data_dir, log_level="error", keys={})
    serve_forever(settings, alongside=lambda url: run_demo(url, console, settings.data_dir))


@app.command()
def client(client_id: str, workspace: Workspace = None, as_of: AsOf = None, url: Url = None) -> None:
    """Show one customer: profile, stage, churn signal, recommendations and recent events."""

    async def command() -> None:
        async with connect(workspace, url) as http:
            reply = checked(await http.get(f"/clients/{quote(client_id, safe='')}", params=_given({"as_of": as_of})))
        console.print(show.client(reply))

    run(command)


@app.command("export")
def export_(
    file: Annotated[Path | None, typer.Argument(help="By default standard output.")] = None,
    workspace: Workspace = None,
    url: Url = None,
) -> None:
    """Write everything a workspace holds as JSON lines, by id: two exports of the same data are the same bytes."""

    async def command() -> None:
        with _whole_file(file) if file else nullcontext(sys.stdout.buffer) as target:
            async with connect(workspace, url) as http, http.stream("GET", "/export") as response:
                if not response.is_success:
                    await response.aread()
                    checked(response)
                async for chunk in response.aiter_bytes():
                    target.write(chunk)
            target.flush()

    run(command)


@app.command("import")
def import_(file: Path, workspace: Workspace = None, url: Url = None) -> None:
    """Take in an export. What is there already stays as it is."""

    async def command() -> None:
        if not file.is_file():
            raise CommandFailed(f"There is no file {file}.")
        async with connect(workspace, url) as http:
            reply = checked(await http.post("/import", content=_chunks(file)))
        console.print(f"{reply['lines']:,} lines, {reply['added']:,} new")

    run(command)


@contextmanager
def _whole_file(file: Path) -> Iterator[BinaryIO]:
    """A file to be written that takes the place of an earlier one only when it is whole."""
    if file.exists() and not file.is_file():
        # A pipe or a device: nothing stands there that could be lost.
        with file.open("wb") as target:
            yield target
        return
    file = file.resolve()
    part = file.with_name(f"{file.name}.part")
    try:
        with part.open("wb") as target:
            yield target
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


async def _chunks(file: Path) -> Any:
    with file.open("rb") as source:
        while chunk := source.read(_IMPORT_CHUNK):
            yield chunk


def _settings(**chosen: Any) -> Settings:
    """The settings of the environment with what the command line says."""
    try:
        return load_settings().model_copy(update=_given(chosen))
    except InvalidSettings as error:
        errors.print(str(error), style="red", markup=False)
        raise typer.Exit(1) from None


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def main() -> None:
    # What other packages add, such as `eval`: this one does not know them.
    for command in entry_points(group="throughline.commands"):
        app.add_typer(command.load(), name=command.name)
    app()


if __name__ == "__main__":
    main()
