"""The main job, for real: from `kubectl apply` of a signed script to machines that stay as described."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from cli.demo.people import TENANT
from tests.cloud.cloud import Cloud


def names(cloud: Cloud, name: str) -> set[str]:
    return set(cloud.machines(name))


def uids(cloud: Cloud, name: str) -> dict[str, tuple[str, str]]:
    """Object and process of each machine: what must not change when it is not touched."""
    return {key: (seen["metadata"]["uid"], seen["status"]["since"]) for key, seen in cloud.machines(name).items()}


def test_a_signed_script_becomes_machines_on_two_nodes(cloud: Cloud) -> None:
    cloud.deploy("pair", 2)
    machines = cloud.machines("pair")
    assert len({each["spec"]["node"] for each in machines.values()}) == 2
    assert len(cloud.processes()) == 2


def test_a_third_replica_touches_no_other_and_fewer_remove_the_surplus(cloud: Cloud) -> None:
    file = cloud.deploy("scale", 2)
    before = uids(cloud, "scale")
    cloud.deploy("scale", 3)
    after = uids(cloud, "scale")
    assert {name: after[name] for name in before} == before
    assert set(after) == {"scale-0", "scale-1", "scale-2"}
    cloud.deploy("scale", 1)
    cloud.eventually(lambda: names(cloud, "scale") == {"scale-0"}, "the surplus to be gone")
    assert uids(cloud, "scale") == {"scale-0": before["scale-0"]}
    cloud.kubectl.run("delete", "-f", str(file), "--timeout=60s")


def test_more_memory_restarts_the_machine_and_keeps_its_volume(cloud: Cloud) -> None:
    cloud.deploy("grow", 1)
    console = lambda: "\n".join(line for n in (1, 2) for line in cloud.demo.console(n) if "grow-0" in line)  # noqa: E731
    cloud.eventually(lambda: "ready" in console(), "the first boot")
    cloud.deploy("grow", 1, memory="160Mi")
    cloud.eventually(lambda: cloud.boots(console()) == [1, 2], "the second boot to find the volume")
    assert cloud.machines("grow")["grow-0"]["spec"]["memory"] == 160 << 20
    cloud.delete("grow")


def test_a_killed_machine_comes_back_with_what_it_wrote(cloud: Cloud) -> None:
    cloud.deploy("phoenix", 1)
    console = lambda: "\n".join(line for n in (1, 2) for line in cloud.demo.console(n) if "phoenix-0" in line)  # noqa: E731
    cloud.eventually(lambda: "ready" in console(), "the first boot")
    started = [each for each in cloud.effects() if each["subject"].endswith("/phoenix-0")][-1]
    os.kill(cloud.processes()[started["host"]], signal.SIGKILL)
    cloud.eventually(lambda: cloud.boots(console()) == [1, 2], "the machine to boot again with its volume")
    cloud.eventually(
        lambda: cloud.machines("phoenix")["phoenix-0"]["status"]["restarts"] == 1, "the restart to be counted"
    )
    cloud.delete("phoenix")


def test_the_words_that_kubectl_users_know_work(cloud: Cloud) -> None:
    file = cloud.deploy("words", 1)
    cloud.kubectl.run("wait", "--for=condition=Ready", "deployments.hardpan.dev/words", "-n", TENANT, "--timeout=30s")
    listing = cloud.kubectl.run("get", "hardpan", "-A")
    assert "deployment.hardpan.dev/words" in listing
    assert cloud.kubectl.run("diff", "-f", str(file)) == ""
    assert "unchanged" in cloud.kubectl.run("apply", "--dry-run=server", "-f", str(file))
    cloud.kubectl.run("apply", "--server-side", "--force-conflicts", "-f", str(file))
    cloud.delete("words")


def test_deleting_leaves_nothing_but_the_volume_in_the_bin(cloud: Cloud) -> None:
    cloud.deploy("gone", 1)
    node = cloud.demo.number_of(cloud.machines("gone")["gone-0"]["spec"]["node"])
    mount = cloud.demo.nodes.inside(node, cloud.demo.layout.node(node).mount)
    before = len(cloud.processes())
    cloud.delete("gone")
    assert names(cloud, "gone") == set()
    assert len(cloud.processes()) == before - 1
    assert any((mount / "@bin").iterdir())


def test_a_deployment_that_never_came_up_is_deleted_all_the_same(cloud: Cloud) -> None:
    missing = "https://images.example/none.raw#sha256=" + "1" * 64
    file = cloud.sign(cloud.manifest("stuck", 1, params={"image": missing}))
    cloud.demo.apply(file)
    cloud.eventually(lambda: "stuck-0" in cloud.machines("stuck"), "the machine to be placed")
    cloud.delete("stuck")
    assert names(cloud, "stuck") == set()


def test_what_fits_no_node_stays_pending_with_counted_reasons(cloud: Cloud) -> None:
    script = 'machine("huge", #{ memory: "512Mi", cpus: 7, image: params.image });'
    cloud.demo.apply(cloud.sign(cloud.manifest("huge", 1, script=script)))
    found = cloud.eventually(lambda: cloud.conditions("huge").get("Scheduled"), "the supervisor to look")
    assert found[:2] == ("False", "NoNodeFits")
    assert "no node fits. 2 nodes in region demo: 2 too few cpus" in found[2]
    cloud.delete("huge")


def test_deleting_the_namespace_removes_everything(cloud: Cloud) -> None:
    before = set(cloud.processes())
    cloud.deploy("doomed", 2)
    cloud.kubectl.run("delete", "namespace", TENANT, "--timeout=90s")
    assert not set(cloud.processes()) - before or cloud.processes() == {}
    cloud.kubectl.apply(f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {TENANT}}}\n")
    cloud.eventually(lambda: cloud.processes() == {}, "all machines of the namespace to be gone")


def test_a_removal_says_what_it_waits_for_while_the_node_is_away(cloud: Cloud) -> None:
    cloud.deploy("away", 1)
    node = cloud.demo.number_of(cloud.machines("away")["away-0"]["spec"]["node"])
    cloud.demo.nodes.stop_agent(node)
    try:
        cloud.eventually(lambda: cloud.conditions("away")["Ready"][:2] == ("Unknown", "NodeUnreachable"), "the silence")
        cloud.kubectl.run("delete", "deployments.hardpan.dev", "away", "-n", TENANT, "--wait=false")
        waits = cloud.eventually(
            lambda: next((c for c in [cloud.conditions("away")["Available"]] if "waiting for" in c[2]), None),
            "the reason",
        )
        assert "machine away-0 on n-" in waits[2]
        assert "unreachable since" in waits[2]
    finally:
        cloud.demo.nodes.run_agent(node)
    cloud.eventually(lambda: cloud.kubectl.get("deployments.hardpan.dev", "away", TENANT) is None, "the removal")


def test_a_webhook_that_is_away_keeps_nobody_from_deleting(cloud: Cloud) -> None:
    cloud.deploy("leaver", 1)
    admission = cloud.demo.control_plane.pid("admission")
    os.kill(admission, signal.SIGSTOP)
    try:
        cloud.delete("leaver")
    finally:
        os.kill(admission, signal.SIGCONT)


def test_a_manifest_that_plain_ssh_keygen_signed_is_accepted(cloud: Cloud, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from cli.manifest import load
    from cli.signing import prepare
    from sal.command import Command, SystemRunner
    from trust.deployment import bytes_to_sign

    manifest = load(cloud.manifest("plain", 1))
    prepared = prepare(manifest, cloud.demo.site.view(), 1, datetime.now(UTC))
    message = tmp_path / "message"
    message.write_bytes(bytes_to_sign(prepared.body))
    user = cloud.demo.people().user
    SystemRunner().run(Command(("ssh-keygen", "-Y", "sign", "-n", "hardpan", "-f", str(user.path), str(message))))
    manifest.sign_with(prepared.fields, user.key.key_id, (tmp_path / "message.sig").read_text())
    manifest.save()
    cloud.demo.apply(manifest.file)
    cloud.demo.await_ready("plain")
    cloud.delete("plain")
