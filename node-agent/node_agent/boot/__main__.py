"""`python -m node_agent.boot`: what the image's init ends in, and so pid 1."""

from __future__ import annotations

import os
import sys

from node_agent.boot.init import Init
from node_agent.boot.places import Places
from sal import power


def boot() -> None:
    """In a child: what it imports and how it fails is no concern of pid 1."""
    from node_agent.boot.process import main

    main(Places())


if os.getpid() != 1:
    sys.exit("this boots a machine and ends every other process on it: it runs as pid 1 of a boot image only")
init = Init(boot, Places().state)
power.let_keys_ask()
init.finish(init.serve())
