"""What kubectl says when it fails, in one sentence with a remedy. Pure; its own words stay where they are good."""

from __future__ import annotations

import re

_LOG_LINE = re.compile(r"^[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ ")
_LOGGED_ERROR = re.compile(r'err="((?:[^"\\]|\\.)*)"')
_OTHER_CLUSTER = "choose another cluster with KUBECONFIG or `kubectl config use-context`"
_SENTENCES = (
    (r"The connection to the server localhost:8080 was refused", "no cluster is chosen: export KUBECONFIG=FILE"),
    (
        r"The connection to the server (\S+) was refused",
        f"the API server at {{0}} does not answer: start it, or {_OTHER_CLUSTER}",
    ),
    (
        r"Unable to connect to the server: (.+)",
        f"the API server cannot be reached ({{0}}): check the network, or {_OTHER_CLUSTER}",
    ),
    (
        r"You must be logged in to the server",
        "the API server does not know you: renew the credentials in your kubeconfig",
    ),
    (r"^(error: )?EOF$", "your kubeconfig holds no credentials for this cluster: ask its operator for them"),
    (r"context was not found for specified context: (.+)", "your kubeconfig has no context {0}: {1}"),
    (r'error loading config file "(.+?)": (.+)', "{0} is no kubeconfig ({1}): name another with KUBECONFIG"),
    (
        r'the server doesn\'t have a resource type "(.+?)"',
        "this cluster does not know {0}.hardpan.dev: its operator installs Hardpan (kubectl apply -f crds/), "
        f"or {_OTHER_CLUSTER}",
    ),
    (
        r"Error from server \(ServiceUnavailable\): (.+)",
        "the API server is there and cannot answer now ({0}): try again in a moment",
    ),
    (r"Error from server \(Forbidden\): (.+)", "you may not do this: {0}. Ask the cluster's operator for the right"),
)


def worded(stderr: str) -> str:
    """The sentence for what kubectl wrote to stderr; empty when it wrote nothing."""
    said = _without_log(stderr)
    for pattern, sentence in _SENTENCES:
        match = re.search(pattern, said)
        if match:
            return sentence.format(*match.groups(), _OTHER_CLUSTER)
    return said.removeprefix("error: ")


def _without_log(stderr: str) -> str:
    """The last words for people; where there is only a log, the error in its last line."""
    lines = stderr.strip().splitlines()
    said = [line for line in lines if not _LOG_LINE.match(line) and not line.startswith("Warning: ")]
    if said:
        return "\n".join(said)
    logged = _LOGGED_ERROR.search(lines[-1]) if lines else None
    return re.sub(r"\\(.)", r"\1", logged.group(1)) if logged else "\n".join(lines)
