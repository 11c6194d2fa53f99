"""A build by somebody else, in another place, without a network: whether its bytes depend on who builds, and where."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from cli.demo.tools import cache_folder

NOBODY = 65_534
DEBIANS_PYTHON = "/usr/bin/python3"
# Both builds take the sources that this test was started with.
IMPORTED = os.pathsep.join(filter(None, sys.path))


def sha256(file: Path) -> str:
    """The digest of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def built_by_somebody_else(words: Sequence[str]) -> str:
    """The digest of what `python WORDS FILE` writes for another user, umask, time zone, language and Python.

    What was fetched before is at hand, and nothing else.
    """
    with TemporaryDirectory(prefix="hardpan-test-") as folder:
        # pytest's own folders are closed to other users.
        Path(folder).chmod(0o755)
        place = Path(folder) / "another place"
        shutil.copytree(cache_folder() / "efi" / "files", place / "efi" / "files", copy_function=os.link)
        environment = {"HARDPAN_CACHE": str(place), "HOME": str(place), "TZ": "Asia/Tokyo", "LANG": "tr_TR.UTF-8"}
        environment |= {"PATH": os.environ["PATH"], "PYTHONPATH": IMPORTED}
        again = place / "again"
        command = [*_somebody_else(place, environment), "-B", *words, again]
        subprocess.run(command, check=True, cwd=place, env=environment, umask=0o077)
        return sha256(again)


def _somebody_else(place: Path, environment: dict[str, str]) -> list[str]:
    """Debian's Python as nobody and without a network, where this tree can be read by all; else who we are."""
    if os.geteuid() != 0:
        return [sys.executable]
    for each in (place, place / "efi"):
        os.chown(each, NOBODY, NOBODY)
    words = ["unshare", "--net", "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", DEBIANS_PYTHON]
    tried = [*words, "-B", "-c", "import cli.main, cli.commands.image"]
    able = subprocess.run(tried, env=environment, capture_output=True, cwd="/").returncode == 0
    return words if able else ["unshare", "--net", sys.executable]
