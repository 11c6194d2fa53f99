"""`python -m node_agent.agent SETTINGS`."""

from __future__ import annotations

import sys
from pathlib import Path

from node_agent.agent.process import main

sys.exit(main(Path(sys.argv[1])))
