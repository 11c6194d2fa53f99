"""What `make demo` shows: each part as it comes up, a signed deployment, and what outlives a killed machine."""

from __future__ import annotations

from cli.demo.cloud import DemoCloud
from cli.demo.hardware import Hardware
from cli.demo.layout import Layout
from cli.demo.people import TENANT
from cli.demo.programs import write_programs
from cli.demo.steps import Steps


def up(cloud: DemoCloud, hardware: Hardware, steps: Steps) -> None:
    """All of the demo, shown."""
    layout = cloud.layout
    steps.say(f"Hardpan demo: a small cloud on this machine (log: {layout.log})")
    with steps.step(cloud.kubernetes.label):
        cloud.start_kubernetes()
    with steps.step("operator root, tenant demo, join token demo"):
        cloud.make_site()
    with steps.step("guest image (Debian kernel, 32 MiB raw disk)"):
        digest = cloud.build_guest()
    cloud.network.ensure()
    cloud.plane.bring_up(steps)
    hardware.bring_up(steps)
    with steps.step("signed examples/web.yaml as demo@hardpan, revision 1"):
        cloud.write_manifest(digest)
        if "signatures:" not in layout.manifest.read_text():
            cloud.sign(1)
    with steps.step("deployment demo/web Ready 2/2"):
        cloud.apply()
        cloud.await_ready("web")
    with steps.step("web-1 reached web-0 over the network"):
        cloud.await_line(hardware.lines, "web-1 reached peer")
    hardware.hurt(steps)
    steps.say()
    steps.say(cloud.kubectl.run("get", "machines.hardpan.dev,volumes.hardpan.dev", "--namespace", TENANT).rstrip())
    steps.say()
    for line in hardware.lines():
        steps.say(f"  | {line}")
    steps.say()
    write_programs(layout.programs, cloud.kubernetes.kubectl)
    steps.say(f"Ready in {steps.seconds:.1f} s. Try next:")
    for line in next_steps(layout):
        steps.say(f"  {line}")


def next_steps(layout: Layout) -> tuple[str, ...]:
    """What to try after the demo came up."""
    key = layout.keys / "demo"
    return (
        f"export KUBECONFIG={layout.kubeconfig} HARDPAN_CONFIG={layout.config} PATH={layout.programs}:$PATH",
        "kubectl get hardpan -A",
        "kubectl hardpan explain machine -n demo web-0",
        f"$EDITOR {layout.manifest}    # replicas: 3",
        f"kubectl hardpan sign {layout.manifest} --key {key} && kubectl apply -f {layout.manifest}",
        "make demo-down",
    )
