"""Who may do what in Redis: one ACL user per node, one for the site's supervisor, and no default user.

Every rule is sent whole, with `reset` in front, because ACL SETUSER adds to what is there. Redis checks each command of
a function against all selectors of the caller, but the function's keys must lie in one: so the root rule carries FCALL,
and each key only the commands of its type. A node that could make its `ev` a hash would stop the reader of all nodes.
"""

from __future__ import annotations

import hashlib

from jobs.keys import NodeKeys

SUPERVISOR_USER = "supervisor"


def password_hash(password: str) -> str:
    """What Redis stores of a password."""
    return hashlib.sha256(password.encode()).hexdigest()


def node_rule(node: str, hashed: str) -> list[str]:
    """The rule of a node: it reads and acknowledges its queue, reports, and can place no job."""
    own = NodeKeys(node).prefix
    return [
        "reset", "on", "sanitize-payload", f"#{hashed}", "resetkeys", "resetchannels", "-@all",
        "+ping", "+hello", "+auth", "+client|setname",
        f"~{own}q*", f"~{own}idx", f"~{own}lease", f"~{own}ev", "+time", "+fcall",
        f"(~{own}q* +xreadgroup +xack +xdel)", f"(~{own}idx +hget +hset)", f"(~{own}lease +zadd +zrem +zscore)",
        f"(%W~{own}ev +xadd)", f"(%W~{own}hb +set)", f"(%R~{own}ctl +xread)", f"(%R~{own}doc:* +get)",
    ]  # fmt: skip


def supervisor_rule(hashed: str) -> list[str]:
    """The rule of the supervisor: the queue's keys, its functions and the node users, and no script of anyone else.

    It tells Redis when certificates were renewed. With users in its hands it could take that right, and any other.
    """
    return [
        "reset", "on", "sanitize-payload", f"#{hashed}", "resetkeys", "resetchannels", "-@all",
        "~nq:*", "+@read", "+@write", "+@stream", "+@connection", "+fcall", "+function", "+acl", "+client", "+time",
        "+info", "+config|set", "+script|flush", "-eval", "-evalsha",
    ]  # fmt: skip
