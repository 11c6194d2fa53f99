"""Finds the API server and what to prove ourselves with: the pod's service account, else a kubeconfig.

kopf's own readers are used, so that its watches and our calls can never disagree on where they talk to.
"""

from __future__ import annotations

from collections.abc import Callable

import kopf

from controllers.loop.errors import BadSettings

Login = Callable[[], kopf.ConnectionInfo]


def login() -> kopf.ConnectionInfo:
    """Reads the credentials anew (a service account's token changes every hour). Raises BadSettings."""
    settings = kopf.OperatorSettings()
    try:
        found = kopf.login_with_service_account(settings=settings) or kopf.login_with_kubeconfig(settings=settings)
    except (OSError, KeyError, ValueError, kopf.LoginError) as error:
        raise BadSettings(f"the kubeconfig cannot be used: {error!r}") from error
    if found is None:
        raise BadSettings("no way to the API server: run in a pod with a service account, or set KUBECONFIG")
    return found
