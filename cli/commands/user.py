"""`hardpan user`: people and their keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.errors import Usage
from cli.keys import KeyOption
from cli.output import say
from cli.publishing import HERE, ApplyOption, Change, SiteOption, publish
from cli.signer import public_key
from cli.site import Site
from cli.text import short
from cli.wording import checked, require
from crds.meta import DnsLabel, KeyId
from crds.user import UserSpec
from trust.keys import parse_user_key
from trust.records import Record

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The user's name.", show_default=False)]


def add(
    name: NameArgument,
    public_key_files: Annotated[
        list[Path],
        typer.Option("--public-key", metavar="FILE", help="An ssh-ed25519 or sk-ssh-ed25519 key; may come again."),
    ],
    key: KeyOption = None,
    site: SiteOption = HERE,
    apply: ApplyOption = True,
) -> None:
    """Adds a user, or replaces a user's keys.

    \b
    Example:
      hardpan user add alice --public-key alice.pub
    """
    require(DnsLabel, name, "NAME")
    found = {each.key_id: each for each in (public_key(file, "--public-key") for file in public_key_files)}
    folder = Site(site)
    for owner in folder.records():
        if owner.kind == "User" and owner.name != name:
            for held in owner.spec["keys"]:
                if parse_user_key(held["publicKey"]).key_id in found:
                    both = parse_user_key(held["publicKey"]).key_id
                    raise Usage(f"--public-key: {both} belongs to user {owner.name}: a key has one owner, take another")
    fields = {"keys": [{"publicKey": each.line, "state": "active"} for each in found.values()]}
    record = Record("User", name, checked(UserSpec, fields, "user").wire())
    publish(folder, Change((record,)), key, apply)
    say(f"user {name} has {', '.join(short(each) for each in found)}")
    say(f"Next: hardpan tenant add TENANT --member {name}")


def revoke_key(
    name: NameArgument,
    key_id: Annotated[
        str, typer.Argument(metavar="KEY_ID", help="SHA256:…, as `ssh-keygen -lf` prints it.", show_default=False)
    ],
    key: KeyOption = None,
    site: SiteOption = HERE,
    apply: ApplyOption = True,
) -> None:
    """Revokes one key of a user: what it signed counts no more for anything new.

    \b
    Example:
      hardpan user revoke-key alice SHA256:lbmsoA0y…
    """
    require(KeyId, key_id, "KEY_ID")
    folder = Site(site)
    held = folder.record("User", name)
    if held is None:
        names = ", ".join(each.name for each in folder.records() if each.kind == "User") or "nobody"
        raise Usage(f"there is no user {name} in {site}: there is {names}")
    mine = {parse_user_key(each["publicKey"]).key_id: each for each in held["keys"]}
    if mine.get(key_id, {}).get("state", "revoked") == "revoked":
        left = [each for each, spec in mine.items() if spec["state"] != "revoked"]
        raise Usage(f"user {name} has no key {key_id} that counts: {', '.join(left) or 'all are revoked'}")
    changed = [
        {"publicKey": each["publicKey"], "state": "revoked"} if number == key_id else each
        for number, each in mine.items()
    ]
    record = Record("User", name, checked(UserSpec, {"keys": changed}, "user").wire())
    publish(folder, Change((record,)), key, apply)
    say(f"key {short(key_id)} of user {name} is revoked; what it signed and runs goes on until it is signed anew")
    say("Next: kubectl hardpan sign FILE, with another key, for each deployment that it signed")
