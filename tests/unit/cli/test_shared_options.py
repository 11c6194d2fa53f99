"""Options that are declared once are options of each command that shares them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.main import get_command

from cli.image_options import ImageOptions
from cli.lazy import new_app
from cli.shared_options import sharing
from tests.unit.docs.commands import PROGRAM


@dataclass(frozen=True)
class Paint:
    """Options of two commands."""

    colour: Annotated[str, typer.Option(help="Which colour.")] = "red"
    coats: Annotated[int, typer.Option("--coats", min=1)] = 1


def test_a_command_is_given_the_shared_options_in_one_value(capsys: pytest.CaptureFixture[str]) -> None:
    @sharing
    def paint(wall: Annotated[Path, typer.Argument()], how: Paint, twice: bool = False) -> None:
        print(wall, how, twice)

    app = new_app()
    app.command()(paint)
    get_command(app)(["north", "--coats", "2", "--twice"], standalone_mode=False)
    assert capsys.readouterr().out == "north Paint(colour='red', coats=2) True\n"


@pytest.mark.parametrize("name", ["build", "usb", "iso", "ipxe"])
def test_every_command_that_makes_an_image_takes_the_same_options_for_it(name: str) -> None:
    command = PROGRAM.commands["image"].commands[name].load()
    taken = {each.name for each in command.params}
    assert set(ImageOptions.__dataclass_fields__) | {"output", "gateway", "flavour", "site"} == taken
