"""The chart's README: what to type, and every setting in a table."""

from __future__ import annotations

import json

from charts.values.settings import Setting, settings

HEAD = """# hardpan

The control plane of Hardpan: ledger, coord, supervisor, gateway, admission, and the queue's Redis. `make charts`
writes this page of the models in `charts/values`. How to install, upgrade and remove it is in
[docs/helm.md](../../docs/helm.md).

```sh
helm install hardpan-crds charts/hardpan-crds
helm install hardpan charts/hardpan --namespace hardpan-system --create-namespace \\
  --set cluster=sha256:... --set 'gateway.externalNames={cp.example}' --set gateway.service.type=LoadBalancer
```

An unknown key or a wrong type is refused before anything is sent.

| value | default | meaning |
| --- | --- | --- |
"""


def text() -> str:
    """The page."""
    return HEAD + "".join(_row(each) for each in settings() if not each.group)


def _row(setting: Setting) -> str:
    cells = (f"`{'.'.join(setting.path)}`", f"`{json.dumps(setting.default)}`", setting.meaning)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
