"""The user's tools without programs: a kubectl over objects in memory, and ssh-keygen and ssh-add over known seeds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sal.command import Command, Output, checked
from tests.unit.trust.world import seed, user_key
from trust.keys import parse_user_key
from trust.sshsig import BEGIN, END, sign_with_seed

PEOPLE = ("root-1", "root-2", "alice", "bob", "mallory")
Object = dict[str, Any]


@dataclass
class Tools:
    """A Runner. `agent` are the people whose keys ssh-agent holds; None: there is no agent that answers."""

    namespace: str = "demo"
    agent: list[str] | None = field(default_factory=list)
    objects: dict[tuple[str, str, str], Object] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)
    fails: str = ""
    reads_marks: bool = True

    def run(self, command: Command) -> Output:
        """See sal.command.Runner."""
        self.commands.append(command)
        answer: Callable[[Command], Output] = getattr(self, f"_{command.argv[0].replace('-', '_')}")
        return checked(command, answer(command))

    def put(self, plural: str, found: Object) -> None:
        """An object that is there."""
        metadata = found["metadata"]
        self.objects[plural, metadata.get("namespace", ""), metadata["name"]] = found

    def get(self, plural: str, name: str, namespace: str = "") -> Object:
        """An object that must be there."""
        return self.objects[plural, namespace, name]

    def _kubectl(self, command: Command) -> Output:
        verb, *words = command.argv[1:]
        if self.fails and verb != "config":
            return Output(1, b"", self.fails.encode())
        if not self.reads_marks and words[0] == "revisionmarks.hardpan.dev":
            return Output(1, b"", f'Error from server (Forbidden): {words[0]} "{words[1]}" is forbidden'.encode())
        text: str = getattr(self, f"_{verb}")(words, command.input.decode())
        return Output(0, text.encode(), b"")

    def _config(self, *_: Any) -> str:
        return self.namespace

    def _get(self, words: list[str], _: str) -> str:
        plurals = [each.removesuffix(".hardpan.dev") for each in words[0].split(",")]
        namespace = words[words.index("--namespace") + 1] if "--namespace" in words else ""
        if len(words) > 1 and not words[1].startswith("-"):
            found = self.objects.get((plurals[0], namespace, words[1]))
            return json.dumps(found) if found else ""
        items = [
            each
            for (plural, place, _), each in self.objects.items()
            if plural in plurals and namespace in ("", place) and self._chosen(each, words)
        ]
        if words[-1].startswith("jsonpath="):
            return " ".join(each["metadata"]["name"] for each in items)
        return json.dumps({"items": items})

    def _chosen(self, each: Object, words: list[str]) -> bool:
        if "--selector" not in words:
            return True
        name, _, value = words[words.index("--selector") + 1].partition("=")
        return bool(each["metadata"].get("labels", {}).get(name) == value)

    def _apply(self, _: list[str], text: str) -> str:
        for each in yaml.safe_load_all(text):
            self.put(f"{each['kind'].lower()}s", each)
        return ""

    def _patch(self, words: list[str], _: str) -> str:
        found = self.get(words[0].removesuffix(".hardpan.dev"), words[1])
        found["spec"] |= json.loads(words[words.index("--patch") + 1])["spec"]
        return ""

    def _delete(self, words: list[str], _: str) -> str:
        del self.objects[words[0].removesuffix(".hardpan.dev"), "", words[1]]
        return ""

    def _ssh_add(self, _: Command) -> Output:
        if self.agent is None:
            return Output(2, b"", b"Error connecting to agent: Connection refused\n")
        lines = "".join(f"{user_key(name).line} {name}\n" for name in self.agent)
        return Output(0 if lines else 1, lines.encode(), b"")

    def _ssh_keygen(self, command: Command) -> Output:
        file = Path(command.argv[-1])
        public = file if file.suffix == ".pub" else file.with_name(file.name + ".pub")
        wanted = parse_user_key(public.read_text().strip())
        owner = next((name for name in PEOPLE if user_key(name) == wanted), None)
        if owner is None:
            return Output(255, b"", b"Couldn't sign message: agent refused operation\n")
        bare = sign_with_seed(seed(owner), command.input)
        lines = [bare[start : start + 70] for start in range(0, len(bare), 70)]
        return Output(0, "\n".join([BEGIN, *lines, END, ""]).encode(), b"")


def key_files(folder: Path) -> Path:
    """A folder with the public keys of everybody, each beside a file that stands for the private one."""
    folder.mkdir(exist_ok=True)
    for name in PEOPLE:
        (folder / f"{name}.pub").write_text(f"{user_key(name).line} {name}@example\n")
        (folder / name).write_text("a private key\n")
    return folder
