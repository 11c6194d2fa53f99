"""Finds the API server and what to prove ourselves with: KUBECONFIG where set, else the pod's service account.

kopf's own readers are used, so that its watches and our calls can never disagree on where they talk to.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import kopf

from controllers.loop.errors import BadSettings

Login = Callable[[], kopf.ConnectionInfo]


def login() -> kopf.ConnectionInfo:
    """Reads the credentials anew (a service account's token changes every hour). Raises BadSettings."""
    settings = kopf.OperatorSettings()
    readers = [kopf.login_with_service_account, kopf.login_with_kubeconfig]
    if os.environ.get("KUBECONFIG"):
        readers.reverse()
    try:
        found = readers[0](settings=settings) or readers[1](settings=settings)
    except (OSError, KeyError, ValueError, kopf.LoginError) as error:
        file = os.environ.get("KUBECONFIG", "~/.kube/config")
        raise BadSettings(f"the kubeconfig {file} cannot be used: {type(error).__name__}: {error}") from error
    if found is None:
        raise BadSettings("no way to the API server: run in a pod with a service account, or set KUBECONFIG")
    return found
