"""People at a real terminal: ssh-agent, passphrases, shells and pipes, with the program as it is installed."""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.system.requirements import need

pytestmark = pytest.mark.system
ROOT = Path(__file__).parents[2]
HEAVY = ("pydantic", "yaml", "rich", "nacl", "rhai", "cryptography", "kubernetes", "aiohttp", "httpx")
# A kubectl that serves the site's own files: what is tried here is the person's side.
KUBECTL = """\
import json, sys, yaml
from pathlib import Path
words = sys.argv[1:]
site = Path(sys.argv[0]).parents[1] / "hardpan-site"
files = [*site.glob("records/*.yaml"), site / "trust.yaml"]
if words[0] == "config":
    print("shop", end="")
elif words[0] == "get" and words[1].startswith("trusts"):
    print(json.dumps({"items": [yaml.safe_load(each.read_text()) for each in files]}))
elif words[0] == "apply":
    sys.stdin.read()
"""
MANIFEST = """\
apiVersion: hardpan.dev/v1alpha1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  language: 1
  script: |
    volume("data", #{ size: "64Mi" });
"""


@dataclass(frozen=True)
class Person:
    """A home, a PATH with our program and a kubectl, and what a person types there."""

    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the person's shell, without an agent."""
        path = f"{self.home / 'bin'}:{os.environ['PATH']}"
        return {"HOME": str(self.home), "PATH": path, "PYTHONPATH": f"{ROOT}:{ROOT / 'node-agent'}", "LANG": "C.UTF-8"}

    def types(self, *words: str, code: int = 0, **more: str) -> str:
        """Runs a program in the home; what it printed, both ways."""
        done = subprocess.run(
            words, cwd=self.home, env=self.environment | more, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def key(self, name: str, passphrase: str = "") -> None:
        """A new key file."""
        self.types("ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", name)

    def manifest(self) -> Path:
        """A manifest that nobody signed."""
        file = self.home / "web.yaml"
        file.write_text(MANIFEST)
        return file


@pytest.fixture
def person(settled: Path, tmp_path: Path) -> Person:
    """An operator who is also alice of tenant shop: her key has a passphrase."""
    shutil.copytree(settled, tmp_path, dirs_exist_ok=True)
    return Person(tmp_path)


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home with which every test begins."""
    need("ssh-keygen")
    made = Person(tmp_path_factory.mktemp("home"))
    (made.home / "bin").mkdir()
    _program(made.home / "bin" / "hardpan", "from cli.main import main\nmain()\n")
    _program(made.home / "bin" / "kubectl", KUBECTL)
    for name in ("root-1", "root-2", "bob"):
        made.key(name)
    made.key("alice", "open sesame")
    made.types("hardpan", "init", "--root-key", "root-1.pub", "--root-key", "root-2.pub")
    made.types("hardpan", "user", "add", "alice", "--public-key", "alice.pub", "--key", "root-1")
    made.types("hardpan", "tenant", "add", "shop", "--member", "alice", "--key", "root-2")
    return made.home


def _program(file: Path, text: str) -> None:
    file.write_text(f"#!{sys.executable}\n{text}")
    file.chmod(0o755)


@pytest.fixture
def agent(person: Person) -> Iterator[str]:
    """A real ssh-agent of this person's, empty."""
    socket = str(person.home / "agent")
    with subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield socket
        process.terminate()


def at_a_terminal(person: Person, words: list[str], *answers: tuple[str, str]) -> tuple[int, str]:
    """Runs a program on a pseudo-terminal and types each answer once its question is there."""
    pid, screen = pty.fork()
    if pid == 0:
        os.chdir(person.home)
        os.execvpe(words[0], words, person.environment | {"TERM": "xterm", "NO_COLOR": "1"})
    seen, waiting, deadline = "", list(answers), time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([screen], [], [], 0.2)[0]:
            try:
                seen += os.read(screen, 65_536).decode()
            except OSError:
                break
        if waiting and waiting[0][0] in seen:
            os.write(screen, waiting.pop(0)[1].encode())
    else:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    os.close(screen)
    return os.waitstatus_to_exitcode(status), seen


def test_a_passphrase_is_asked_for_on_the_terminal(person: Person) -> None:
    file = person.manifest()
    words = ["hardpan", "sign", "web.yaml", "--key", "alice"]
    code, seen = at_a_terminal(person, words, ("passphrase:", "open sesame\n"))
    assert code == 0, seen
    assert "open sesame" not in seen
    assert "signed shop/web as alice" in seen
    assert "revision: 1\n" in file.read_text()
    assert "is signed by alice" in person.types("hardpan", "verify", "web.yaml")


def test_a_wrong_passphrase_signs_nothing_and_says_so(person: Person) -> None:
    person.manifest()
    words = ["hardpan", "sign", "web.yaml", "--key", "alice"]
    code, seen = at_a_terminal(person, words, ("passphrase:", "wrong\n"))
    assert code == 1
    assert "the passphrase was wrong, or nobody could be asked for it" in seen
    assert (person.home / "web.yaml").read_text() == MANIFEST


def test_an_interrupt_at_the_passphrase_leaves_the_file_and_no_trace(person: Person) -> None:
    person.manifest()
    words = ["hardpan", "sign", "web.yaml", "--key", "alice"]
    code, seen = at_a_terminal(person, words, ("passphrase:", "\x03"))
    assert code in (1, 130)
    assert "Traceback" not in seen
    assert (person.home / "web.yaml").read_text() == MANIFEST


def test_a_passphrase_that_nobody_can_be_asked_for_says_so(person: Person) -> None:
    person.manifest()
    done = subprocess.run(
        ["hardpan", "sign", "web.yaml", "--key", "alice"],
        cwd=person.home,
        env=person.environment,
        capture_output=True,
        text=True,
        timeout=60,
        start_new_session=True,
    )
    assert done.returncode == 1
    assert (
        "alice did not sign: the passphrase was wrong, or nobody could be asked for it: ssh-add it first" in done.stderr
    )


def test_the_right_one_of_several_keys_in_the_agent_signs(person: Person, agent: str) -> None:
    person.key("carol")
    person.types("hardpan", "user", "add", "carol", "--public-key", "carol.pub", "--key", "root-1")
    person.types("hardpan", "tenant", "add", "shop", "--member", "carol", "--key", "root-1")
    person.manifest()
    for name in ("bob", "root-1", "carol"):
        person.types("ssh-add", "-q", name, SSH_AUTH_SOCK=agent)
    (person.home / "carol").unlink()
    assert "signed shop/web as carol" in person.types("hardpan", "sign", "web.yaml", SSH_AUTH_SOCK=agent)
    said = person.types("hardpan", "verify", "web.yaml", "--export", "proof")
    command = said.partition("Check it without us: ")[2]
    assert 'Good "hardpan" signature for carol' in person.types("sh", "-c", command)
    (person.home / "proof" / "web.signed-bytes").write_bytes(b"other")
    person.types("sh", "-c", command, code=255)


@pytest.mark.parametrize(
    ("held", "said"),
    [((), "ssh-agent holds no ed25519 key"), (("bob",), "ssh-agent holds 1 key (SHA256:"), (None, "is not running")],
)
def test_an_agent_without_the_key_is_told_in_one_line(
    person: Person, agent: str, held: tuple[str, ...] | None, said: str
) -> None:
    person.manifest()
    for name in held or ():
        person.types("ssh-add", "-q", name, SSH_AUTH_SOCK=agent)
    more = {} if held is None else {"SSH_AUTH_SOCK": agent}
    done = person.types("hardpan", "sign", "web.yaml", code=2, **more)
    assert said in done
    assert done.count("Error:") == 1


def test_an_agent_that_went_away_is_told(person: Person) -> None:
    person.manifest()
    said = person.types("hardpan", "sign", "web.yaml", code=1, SSH_AUTH_SOCK="/nowhere")
    assert "ssh-agent does not answer at /nowhere (SSH_AUTH_SOCK): start one, or name a key with --key" in said


def test_a_folder_that_cannot_be_written_is_told_before_anybody_signs(person: Person) -> None:
    person.manifest()
    script = 'mount --bind "$PWD" "$PWD" && mount -o remount,bind,ro "$PWD" && hardpan sign "$PWD/web.yaml" --key bob'
    need("root")
    done = person.types("unshare", "-m", "sh", "-c", script, code=2)
    assert "cannot be written, and the signature goes into" in done


def test_help_starts_without_what_only_commands_need(person: Person) -> None:
    script = f"import sys; from cli.main import run; run(['--help']); print([x for x in {HEAVY} if x in sys.modules])"
    assert person.types(sys.executable, "-c", script).endswith("[]\n")


def test_whoever_stops_reading_is_no_error(person: Person) -> None:
    assert person.types("bash", "-c", "hardpan --help | head -1; echo ${PIPESTATUS[1]}").endswith("0\n")
    assert person.types("bash", "-c", "hardpan --help | true").strip() == ""


def test_a_terminal_of_another_alphabet_is_no_error(person: Person) -> None:
    person.manifest()
    said = person.types("hardpan", "plan", "web.yaml", code=3, PYTHONIOENCODING="ascii")
    assert "revision 0 \\u2192 1, not signed yet" in said


def test_bash_completes_commands_and_falls_back_to_files(person: Person) -> None:
    completion = person.types("hardpan", "--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    (person.home / "completion").write_text(completion)
    script = """
    source ./completion
    spec=$(complete -p hardpan)
    [[ $spec == *"-o default"* ]] || exit 1
    function=$(sed -E 's/.*-F ([^ ]+) .*/\\1/' <<< "$spec")
    COMP_WORDS=(hardpan si); COMP_CWORD=1; $function hardpan; echo "${COMPREPLY[@]}"
    COMP_WORDS=(hardpan sign we); COMP_CWORD=2; $function hardpan; echo "files:${COMPREPLY[@]}"
    """
    assert person.types("bash", "-c", script).split() == ["sign", "files:"]


def test_completion_is_installed_for_the_shell_of_the_user(person: Person) -> None:
    said = person.types("hardpan", "--install-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert "completion installed in" in said
    assert "hardpan" in (person.home / ".bashrc").read_text()


def test_kubectl_asks_our_program_for_completions(person: Person) -> None:
    script = "from cli.completion import main; main()"
    assert person.types(sys.executable, "-c", script, "exp") == "explain\n:4\n"
    assert person.types(sys.executable, "-c", script, "sign", "we") == ":0\n"
