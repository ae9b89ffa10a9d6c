"""`throughline playbook`: the file that says what can be done for customers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from server.cli.connection import checked, connect, console, errors, run
from server.cli.options import Url, Workspace
from tools.playbook.playbook import Playbook
from tools.playbook.problem import InvalidPlaybook
from tools.playbook.reading import read_playbook
from tools.playbook.starters import Starter, starter_text
from tools.playbook.yaml_tree import MAX_BYTES

app = typer.Typer(
    help="What can be done for customers: the playbook in force, and checks of a file.", no_args_is_help=True
)

File = Annotated[Path, typer.Argument(help="A playbook, in YAML.")]
Which = Annotated[Starter, typer.Argument(help="For shops, or for software products.")]


@app.command()
def check(file: File) -> None:
    """Check a file, and name the line and the reason of everything that is wrong with it."""
    try:
        with file.open("rb") as source:
            playbook = read_playbook(source.read(MAX_BYTES + 1))
    except OSError as error:
        _fail(f"{file}: {error.strerror or error}")
    except InvalidPlaybook as error:
        _fail("\n".join(f"{file}: {each}" for each in error.errors))
    console.print(Text(_summary(playbook)), soft_wrap=True)


@app.command()
def show(workspace: Workspace = None, url: Url = None) -> None:
    """Show the playbook in force, where it is from, and what is wrong with its file."""

    async def command() -> None:
        async with connect(workspace, url) as client:
            found = checked(await client.get("/playbook"))
        console.print(_shown(found), soft_wrap=True)

    run(command)


@app.command()
def starter(which: Which) -> None:
    """Print a starter playbook, to be saved and changed."""
    sys.stdout.buffer.write(starter_text(which))
    sys.stdout.buffer.flush()


def _fail(told: str) -> NoReturn:
    errors.print(Text(told, style="red"), soft_wrap=True)
    raise typer.Exit(1)


def _summary(playbook: Playbook) -> str:
    chance = f"{playbook.explore:.0%} of decisions left to chance" if playbook.explore else "nothing left to chance"
    count = len(playbook.actions)
    return f"{playbook.name}: {count} action{'' if count == 1 else 's'}, {chance}; digest {playbook.digest}"


def _shown(found: dict[str, Any]) -> RenderableType:
    playbook, problem = found["playbook"], found["problem"]
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("id", "title", "channel", "cost", "when"):
        table.add_column(name, no_wrap=name == "id")
    for action in playbook["actions"]:
        cost = f"{action['cost']:g} {playbook['currency']}" if action["cost"] else ""
        table.add_row(*map(Text, (action["id"], action["title"], action["channel"] or "", cost, _when(action["when"]))))
    where = {"file": f"from {found['file']}", "kept": f"as {found['file']} last said", "starter": "a starter"}
    head = Text(f"{playbook['name']} · {where[found['source']]} · digest {found['digest']}", style="bold")
    return Group(head, table, *_problem(problem))


def _problem(problem: dict[str, Any] | None) -> list[Text]:
    if problem is None:
        return []
    told = [
        ": ".join(filter(None, [f"line {each['line']}" if each["line"] else "", each["field"], each["reason"]]))
        for each in problem["errors"]
    ]
    return [Text(f"{problem['file']}: {each}", style="red") for each in told]


def _when(when: dict[str, Any]) -> str:
    """The conditions in a few words; the names of traits stand for what is asked of them."""
    named = [f"{name} {', '.join(when[name])}" for name in ("stages", "bands", "drivers", "troubles") if when[name]]
    traits = [f"traits {', '.join(each['trait'] for each in when['traits'])}"] if when["traits"] else []
    value = [f"value from {when['value_min']:g}"] if when["value_min"] is not None else []
    return "; ".join([*named, *traits, *value]) or "everybody"
