"""`hardpan image keys`: the keys of Secure Boot, and the files and the stick by which firmware takes them up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.image_options import LockOption, step, store
from cli.output import note, say
from efi.boot_keys import SIGNERS, ensure_keys
from efi.build import lock_file, prepare
from efi.enrolment import STICK, write_enrolment
from efi.flavour import flavour
from efi.lock import read_lock

FILES = "enrol"


def image_keys(
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder of the keys.")] = Path("boot-keys"),
    lock: LockOption = None,
) -> None:
    """Makes the keys of Secure Boot, and what firmware needs to take them up.

    Keys that are in the folder already are kept. Keep it as you keep the operator root: with db.key anybody makes
    images that your machines start.

    \b
    Example:
      hardpan image keys --output boot-keys
    """
    tools = prepare(read_lock(lock or lock_file(flavour("cloud"))), store(), step)
    keys = ensure_keys(output)
    with step("files for firmware written"):
        write_enrolment(tools, keys, output / FILES)
    for name, pair in keys.items():
        say(f"{name:<4} {pair.key} (keep it secret)  {pair.certificate}")
    say(f"{output / FILES / STICK}  boot a machine in setup mode from it, and it takes up all three")
    signer = keys[SIGNERS]
    note(f"Next: hardpan image usb --sign-key {signer.key} --sign-certificate {signer.certificate} …")
