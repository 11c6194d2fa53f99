"""`hardpan user`: people and their keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.amounts import duration
from cli.errors import Usage
from cli.keys import KeyOption
from cli.output import note, say
from cli.publishing import HERE, ApplyOption, Change, SiteOption, publish
from cli.signer import public_key
from cli.site import Site
from cli.text import short
from cli.wording import checked, require
from crds.meta import DnsLabel, KeyId
from crds.user import UserSpec
from trust.keys import parse_user_key
from trust.part import format_time
from trust.records import Record

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The user's name.", show_default=False)]

KeyArgument = Annotated[
    str, typer.Argument(metavar="KEY_ID", help="SHA256:…, as `ssh-keygen -lf` prints it.", show_default=False)
]
LONGEST = timedelta(days=365)


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
    key_id: KeyArgument,
    key: KeyOption = None,
    site: SiteOption = HERE,
    apply: ApplyOption = True,
) -> None:
    """Revokes one key of a user: what it signed counts no more for anything new.

    \b
    Example:
      hardpan user revoke-key alice SHA256:lbmsoA0y…
    """
    folder, mine = _keys(site, name, key_id)
    if mine.get(key_id, {}).get("state", "revoked") == "revoked":
        left = [each for each, spec in mine.items() if spec["state"] != "revoked"]
        raise Usage(f"user {name} has no key {key_id} that counts: {', '.join(left) or 'all are revoked'}")
    _publish(folder, name, {**mine, key_id: _revoked(mine[key_id])}, key, apply)
    say(f"key {short(key_id)} of user {name} is revoked; what it signed and runs goes on until it is signed anew")
    say("Next: kubectl hardpan sign FILE, with another key, for each deployment that it signed")


def retire_key(
    name: NameArgument,
    key_id: KeyArgument,
    lasts: Annotated[str, typer.Option("--for", help="For how long what it signed still counts: 30d, 12h.")] = "90d",
    key: KeyOption = None,
    site: SiteOption = HERE,
    apply: ApplyOption = True,
) -> None:
    """Retires one key of a user: it signs nothing new, and what it signed counts for a while.

    For a key that is replaced. One that may be in other hands is revoked: it can still sign with an earlier date.

    \b
    Example:
      hardpan user retire-key alice SHA256:lbmsoA0y… --for 30d
    """
    folder, mine = _keys(site, name, key_id)
    if mine.get(key_id, {}).get("state") != "active":
        left = [each for each, spec in mine.items() if spec["state"] == "active"]
        raise Usage(f"user {name} has no active key {key_id}: {', '.join(left) or 'none is active'}")
    until = format_time(datetime.now(UTC) + duration(lasts, "--for", LONGEST))
    retired = {"publicKey": mine[key_id]["publicKey"], "state": "retired", "until": until}
    _publish(folder, name, {**mine, key_id: retired}, key, apply)
    say(f"key {short(key_id)} of user {name} signs nothing new; what it signed counts until {until}")
    say("Next: kubectl hardpan sign FILE, with another key, for each deployment that it signed, before then")


def revoke(name: NameArgument, key: KeyOption = None, site: SiteOption = HERE, apply: ApplyOption = True) -> None:
    """Revokes a user: all keys at once.

    What they signed and runs goes on, and nothing new of it counts. The record stays: the keys never count again.

    \b
    Example:
      hardpan user revoke alice
    """
    folder, mine = _keys(site, name)
    if all(each["state"] == "revoked" for each in mine.values()):
        raise Usage(f"NAME: all keys of user {name} are revoked already: nothing is to be done")
    _publish(folder, name, {each: _revoked(spec) for each, spec in mine.items()}, key, apply)
    say(f"user {name} signs nothing any more; what runs goes on until it is signed anew by somebody else")
    say("Next: kubectl get deployments.hardpan.dev -A")


def _keys(site: Path, name: str, key_id: str = "") -> tuple[Site, dict[str, Any]]:
    """The folder, and the user's keys by id. Raises Usage."""
    if key_id:
        require(KeyId, key_id, "KEY_ID")
    folder = Site(site)
    held = folder.record("User", name)
    if held is None:
        names = ", ".join(each.name for each in folder.records() if each.kind == "User") or "nobody"
        raise Usage(f"there is no user {name} in {site}: there is {names}")
    return folder, {parse_user_key(each["publicKey"]).key_id: each for each in held["keys"]}


def _revoked(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"publicKey": spec["publicKey"], "state": "revoked"}


def _publish(folder: Site, name: str, keys: Mapping[str, Any], key: Path | None, apply: bool) -> None:
    """Signs the user's record with these keys, and names the tenants that nobody can sign for any more."""
    spec = checked(UserSpec, {"keys": list(keys.values())}, "user").wire()
    publish(folder, Change((Record("User", name, spec),)), key, apply)
    signs = {each.name for each in folder.records() if each.kind == "User" and _signs(each)}
    for tenant in folder.records():
        if tenant.kind == "Tenant" and not signs & {each["user"] for each in tenant.spec["members"]}:
            remedy = f"hardpan tenant add {tenant.name} --member NAME"
            note(f"Warning: nobody signs for tenant {tenant.name} any more: {remedy}")


def _signs(user: Record) -> bool:
    return any(each["state"] == "active" for each in user.spec["keys"])
