"""`throughline load`: a file of events, JSONL or CSV, whole or from where it was interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from server.cli.connection import CommandFailed, connect, console, errors, run
from server.cli.csv_events import CsvEvents
from server.cli.csv_options import CsvOptions, read_options
from server.cli.load_jobs import open_job
from server.cli.loading import load, report, source_of
from server.cli.options import Url, Workspace
from server.cli.sources import Source
from server.settings import load_settings

_CSV_SUFFIXES = (".csv", ".tsv")
_CSV = "CSV files"
_ADVICE = " The times could not be read: name their form, such as --time-format '%m/%d/%Y %H:%M'."

Pairs = list[str] | None


def load_command(
    file: Annotated[Path, typer.Argument(help="JSONL or CSV with a header row, also compressed (.gz).")],
    workspace: Workspace = None,
    url: Url = None,
    restart: Annotated[bool, typer.Option(help="Send all of it, also what an interrupted load has sent.")] = False,
    map_: Annotated[
        Pairs,
        typer.Option(
            "--map",
            metavar="FIELD=COLUMN",
            help="userId=Customer, properties.plan=Plan, event='=Order Completed' (a constant), 'properties.*=*' (the "
            "rest). Columns that are called like fields need none.",
            rich_help_panel=_CSV,
        ),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(help="JSON with map, item, sum, group_by, time_format ...", rich_help_panel=_CSV),
    ] = None,
    group_by: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Rows next to each other with the same value are one event.", rich_help_panel=_CSV
        ),
    ] = None,
    item: Annotated[
        Pairs,
        typer.Option(metavar="FIELD=COLUMN", help="A field of each product of the event.", rich_help_panel=_CSV),
    ] = None,
    sum_: Annotated[
        Pairs,
        typer.Option(
            "--sum",
            metavar="FIELD=COLUMN[*COLUMN]",
            help="Added up over a group's rows: properties.revenue=Quantity*Price.",
            rich_help_panel=_CSV,
        ),
    ] = None,
    time_format: Annotated[
        str | None,
        typer.Option(help="Of the timestamp, such as '%d/%m/%Y %H:%M'; else ISO 8601.", rich_help_panel=_CSV),
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="By default UTF-8.", rich_help_panel=_CSV)] = None,
    delimiter: Annotated[str | None, typer.Option(help="By default found out.", rich_help_panel=_CSV)] = None,
) -> None:
    """Load events from a file. An interrupted load goes on where it was; loading again changes nothing."""

    async def command() -> None:
        given = {"group_by": group_by, "time_format": time_format, "encoding": encoding, "delimiter": delimiter}
        pairs = {"map": map_ or [], "item": item or [], "sum": sum_ or []}
        options = read_options(mapping, pairs, given)
        source = _source(file, options)
        settings = load_settings()
        target = (url or "", workspace or settings.default_workspace)
        job = open_job(settings.data_dir, file, target, options.model_dump_json(), restart=restart)
        if job.changed:
            errors.print("The file or its options changed since the last load was interrupted: sending all of it.")
        async with connect(workspace, url) as client:
            loaded = await load(client, source, console, file.name, job)
        console.print(report(loaded))
        if loaded.futile:
            raise CommandFailed(f"Nothing was kept.{_ADVICE if loaded.reasons['unparsable_time'] else ''}")

    run(command)


def _source(file: Path, options: CsvOptions) -> Source:
    """The file as what it is: CSV by its name, or because it is to be read so."""
    if not file.is_file():
        raise CommandFailed(f"There is no file {file}.")
    plain = file.with_suffix("") if file.suffix == ".gz" else file
    if plain.suffix.lower() in _CSV_SUFFIXES or options != CsvOptions():
        return CsvEvents(file, options)
    return source_of(file)
