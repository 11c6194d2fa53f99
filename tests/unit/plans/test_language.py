"""Each function, option and default of language 1: what it makes, and in which words it refuses."""

from __future__ import annotations

import pytest

from crds.workload import Image, MachineItem, Reference, VolumeItem, VolumeReference
from plans.language import LATER, MACHINE_DEFAULTS, VOLUME_DEFAULTS
from tests.unit.plans.written import (
    DIGEST,
    GIB,
    IMAGE,
    MIB,
    machine,
    machine_of,
    plan_of,
    refusal,
    volume,
    volume_of,
)

HERE = "line 1, column 1: "
PLAIN = MachineItem(
    runtime="vm",
    cpus=1,
    memory=512 * MIB,
    disk=2 * GIB,
    image=Image(url="https://images.example/debian.raw", sha256=DIGEST),
    volumes=[],
    env={},
    restart="always",
    spread="",
    node_labels={},
)


def test_every_default_of_a_machine_is_a_value_in_the_plan() -> None:
    assert machine_of(machine()) == PLAIN
    assert set(PLAIN.wire()) == {*PLAIN.model_dump(by_alias=True)}


def test_every_default_of_a_volume_is_a_value_in_the_plan() -> None:
    assert volume_of(volume()) == VolumeItem(size=GIB, on_delete="bin", bin_days=7)
    assert volume_of(volume()).wire() == {"size": GIB, "onDelete": "bin", "binDays": 7}


OPTIONS: dict[str, tuple[str, object]] = {
    "runtime": ('"vm"', "vm"),
    "cpus": ("64", 64),
    "memory": ('"32Mi"', 32 * MIB),
    "disk": ('"16Mi"', 16 * MIB),
    "image": (
        '"https://a.example:8443/x?y=z&w=%20#sha256=' + "f" * 64 + '"',
        Image(url="https://a.example:8443/x?y=z&w=%20", sha256="f" * 64),
    ),
    "volumes": (
        f'[#{{ volume: {volume().rstrip(";")}, mount: "/a/b.c-d_e", read_only: true }}]',
        [VolumeReference(volume="data", mount="/a/b.c-d_e", read_only=True)],
    ),
    "env": (
        '#{ A: "é", B_1: 5, _C: true, D: false, E: "" }',
        {"A": "é", "B_1": "5", "_C": "true", "D": "false", "E": ""},
    ),
    "restart": ('"on-failure"', "on-failure"),
    "spread": ('"a-1"', "a-1"),
    "node_labels": ('#{ disk: "ssd", "a.b/c": "" }', {"disk": "ssd", "a.b/c": ""}),
}


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_of_a_machine_is_in_the_plan(option: str) -> None:
    written, value = OPTIONS[option]
    assert getattr(machine_of(machine(**{option: written})), option) == value


def test_every_option_of_a_machine_has_a_test() -> None:
    assert set(OPTIONS) == {*MACHINE_DEFAULTS, "image"}
    assert {"size", "on_delete", "bin_days"} == {*VOLUME_DEFAULTS, "size"}


def test_options_of_a_volume_are_in_the_plan() -> None:
    made = volume_of(volume(size="16777216", on_delete='"destroy"', bin_days="365"))
    assert made == VolumeItem(size=16 * MIB, on_delete="destroy", bin_days=365)


@pytest.mark.parametrize("restart", ["always", "on-failure", "never"])
def test_each_restart_policy_is_known(restart: str) -> None:
    assert machine_of(machine(restart=f'"{restart}"')).restart == restart


BOUNDS = {
    "cpus": ("1", "64"),
    "memory": ('"32Mi"', '"1Ti"'),
    "disk": ('"16Mi"', '"16Ti"'),
}


@pytest.mark.parametrize("option", BOUNDS)
def test_amounts_reach_to_their_bounds(option: str) -> None:
    for written in BOUNDS[option]:
        machine_of(machine(**{option: written}))
    volume_of(volume(size='"16Mi"', bin_days="0"))
    volume_of(volume(size='"16Ti"'))


V = volume()[:-1]
MACHINE_REFUSALS = [
    ("cpus", "0", "cpus is 0: write at least 1"),
    ("cpus", "-1", "cpus is -1: write at least 1"),
    ("cpus", "65", "cpus is 65: write at most 64"),
    ("cpus", "9223372036854775807", "cpus is 9223372036854775807: write at most 64"),
    ("cpus", '"2"', 'cpus is "2": write a whole number'),
    ("cpus", "true", "cpus is true: write a whole number"),
    ("cpus", "()", "cpus is (): write a whole number"),
    ("memory", '"31Mi"', "memory is 31Mi: write at least 32Mi"),
    ("memory", '"2Ti"', "memory is 2Ti: write at most 1Ti"),
    ("memory", "33554433", 'memory is 33554433: write whole mebibytes, like "512Mi"'),
    ("memory", '"-1Gi"', "memory is -1Gi: it must be above zero"),
    ("memory", '"1G"', 'memory is "1G": write a whole number with Ki, Mi, Gi, Ti, like "2Gi"'),
    ("memory", '"٢Gi"', 'memory is "٢Gi" (in it, ٢ is ARABIC-INDIC DIGIT TWO): write'),
    ("disk", '"15Mi"', "disk is 15Mi: write at least 16Mi"),
    ("disk", '"17Ti"', "disk is 17Ti: write at most 16Ti"),
    ("disk", "0", "disk is 0: it must be above zero"),
    ("runtime", '"container"', 'runtime is "container": write "vm"'),
    ("runtime", "5", 'runtime is 5: write "vm"'),
    ("restart", '"sometimes"', 'restart is "sometimes": write "always", "on-failure" or "never"'),
    ("spread", '"A b"', 'spread is "A b": write lower-case letters, digits and -, at most 63'),
    ("spread", '"' + "a" * 64 + '"', "write"),
    ("spread", '"а"', 'spread is "а" (in it, а is CYRILLIC SMALL LETTER A): write lower-case letters'),
    ("spread", "4", "spread is 4: write a text"),
    ("node_labels", '#{ "a b": "x" }', 'a name in node_labels is "a b": write letters, digits, ., _, / and -'),
    ("node_labels", '#{ a: "x y" }', 'node_labels a is "x y": write letters, digits, ., _ and -'),
    ("node_labels", '#{ Reference: "x y" }', 'node_labels Reference is "x y": write letters'),
    ("node_labels", "#{ a: 1 }", "node_labels a is 1: write a text"),
    ("node_labels", "[]", "node_labels must be a map: #{ … }"),
    ("node_labels", "#{ " + ", ".join(f'l{i}: "x"' for i in range(33)) + " }", "at most 32 are allowed"),
    ("env", '#{ foo: "x" }', 'a name in env is "foo": write capital letters, digits and _, like "MY_VALUE"'),
    ("env", '#{ "ΑΒ": "x" }', "(in it, Α is GREEK CAPITAL LETTER ALPHA): write capital letters"),
    ("env", '#{ FOO: "x\\ny" }', r'env FOO is "x\ny": write a text without line ends and control characters'),
    ("env", '#{ FOO: "\\x00" }', "write a text without line ends and control characters"),
    ("env", "#{ FOO: () }", "env FOO is (): write a text, a number, true, false or the .address of a machine"),
    ("env", "#{ FOO: [1] }", "env FOO is [1]: write a text, a number"),
    ("env", '#{ FOO: #{ ref: "volume/a/address" } }', 'env FOO is #{ ref: "volume/a/address" }: write'),
    ("env", '#{ FOO: #{ ref: "machine/A/address" } }', "the .address of a machine"),
    ("env", "#{ FOO: #{ ref: 5 } }", "the .address of a machine"),
    ("env", "#{ " + ", ".join(f'E{i}: "x"' for i in range(65)) + " }", "at most 64 are allowed"),
    ("env", "5", "env must be a map: #{ … }"),
    ("volumes", "#{}", "volumes must be a list: [ … ]"),
    ("volumes", "[1]", "the options of volumes[0] must be a map: #{ … }"),
    ("volumes", '[#{ mount: "/d" }]', "volumes[0].volume must be what volume(…) returned"),
    ("volumes", '[#{ volume: "d", mount: "/d" }]', "volumes[0].volume must be what volume(…) returned"),
    ("volumes", '[#{ volume: #{ kind: "volume" }, mount: "/d" }]', "volumes[0].volume must be what volume(…) returned"),
    ("volumes", '[#{ volume: #{ kind: "volume", name: [1] }, mount: "/d" }]', "must be what volume(…) returned"),
    ("volumes", '[#{ volume: #{ kind: "machine", name: "a" }, mount: "/d" }]', "must be what volume(…) returned"),
    ("volumes", f"[{V}]", 'volumes[0] has no option `kind`; it takes mount, read_only, volume'),
    ("volumes", f'[#{{ volume: {V}, mout: "/d" }}]', "volumes[0] has no option `mout`; did you mean `mount`?"),
    ("volumes", f"[#{{ volume: {V} }}]", 'volumes[0] needs a mount: mount: "/data"'),
    ("volumes", f'[#{{ volume: {V}, mount: "d" }}]', 'volumes[0].mount is "d": write an absolute path'),
    ("volumes", f'[#{{ volume: {V}, mount: "/d/" }}]', "without / at the end"),
    ("volumes", f'[#{{ volume: {V}, mount: "/" }}]', "write an absolute path"),
    ("volumes", f'[#{{ volume: {V}, mount: "/a b" }}]', "write an absolute path"),
    ("volumes", f'[#{{ volume: {V}, mount: 4 }}]', "volumes[0].mount is 4: write a text"),
    ("volumes", f'[#{{ volume: {V}, mount: "/d", read_only: 1 }}]', "volumes[0].read_only is 1: write true or false"),
    ("image", "()", 'machine needs an image: image: "https://host/file.raw#sha256=…"'),
    ("memroy", '"1Gi"', "machine has no option `memroy`; did you mean `memory`?"),
    ("colour", '"red"', "machine has no option `colour`; it takes cpus, disk, env, image, memory, node_labels,"),
    ('"сpus"', "2", "machine has no option `сpus` (in it, с is CYRILLIC SMALL LETTER ES); did you mean `cpus`?"),
]  # fmt: skip


@pytest.mark.parametrize(("option", "written", "says"), MACHINE_REFUSALS)
def test_a_wrong_option_of_a_machine_is_refused(option: str, written: str, says: str) -> None:
    found = refusal(machine(**{option: written}))
    assert found.startswith(HERE)
    assert says in found


VOLUME_REFUSALS = [
    ("size", "()", 'volume needs a size: size: "10Gi"'),
    ("size", '"15Mi"', "size is 15Mi: write at least 16Mi"),
    ("size", '"17Ti"', "size is 17Ti: write at most 16Ti"),
    ("size", "16777217", 'size is 16777217: write whole mebibytes, like "512Mi"'),
    ("size", "-1", "size is -1: it must be above zero"),
    ("size", '"10GB"', 'size is "10GB": write a whole number with Ki, Mi, Gi, Ti, like "2Gi"'),
    ("on_delete", '"x"', 'on_delete is "x": write "bin" or "destroy"'),
    ("bin_days", "-1", "bin_days is -1: write at least 0"),
    ("bin_days", "366", "bin_days is 366: write at most 365"),
    ("bin_days", '"7"', 'bin_days is "7": write a whole number'),
    ("sise", '"1Gi"', "volume has no option `sise`; did you mean `size`?"),
    ("onDelete", '"bin"', "volume has no option `onDelete`; did you mean `on_delete`?"),
]


@pytest.mark.parametrize(("option", "written", "says"), VOLUME_REFUSALS)
def test_a_wrong_option_of_a_volume_is_refused(option: str, written: str, says: str) -> None:
    assert refusal(volume(**{option: written})) == HERE + says


IMAGES = [
    "",
    "https://images.example/x.raw",
    f"https://images.example/x.raw#{DIGEST}",
    f"https://images.example/x.raw#sha256={DIGEST[:-1]}",
    f"https://images.example/x.raw#sha256={DIGEST}0",
    f"https://images.example/x.raw#sha256={DIGEST[:-1]}g",
    f"https://images.example/x.raw#sha256={DIGEST.upper()}",
    f"https://images.example/x.raw#sha256={DIGEST[:-1]}\uff10",
    f"https://images.example/x.raw#sha512={DIGEST}",
    f"https://images.example/x.raw#sha256={DIGEST} ",
    f"https://images.example/x.raw#sha256={DIGEST}\\n",
    f"http://images.example/x.raw#sha256={DIGEST}",
    f"file:///etc/passwd#sha256={DIGEST}",
    f"HTTPS://images.example/x.raw#sha256={DIGEST}",
    f"https:///x.raw#sha256={DIGEST}",
    f"https://#sha256={DIGEST}",
    f"https://[::1/x.raw#sha256={DIGEST}",
    f"https://user:word@images.example/x.raw#sha256={DIGEST}",
    f"https://images.example@evil.example/x.raw#sha256={DIGEST}",
    f"https://images.example\\\\@evil.example/x.raw#sha256={DIGEST}",
    f"https://images.example:port/x.raw#sha256={DIGEST}",
    f"https://images.exаmple/x.raw#sha256={DIGEST}",
    f"https://images.example/x y#sha256={DIGEST}",
    f"https://images.example/\\x00#sha256={DIGEST}",
    f"https://images.example/{'x' * 500}#sha256={DIGEST}",
    f"https://images.example/x#y#sha256={DIGEST}",
]


@pytest.mark.parametrize("image", IMAGES)
def test_what_is_no_image_with_its_digest_is_refused(image: str) -> None:
    found = refusal(machine(image=f'"{image}"'))
    assert found.startswith(f"{HERE}image is ")
    assert 'write "https://host/file.raw#sha256=<64 hexadecimal digits, a-f small>"' in found


def test_a_lookalike_in_an_image_is_named() -> None:
    assert "(in it, а is CYRILLIC SMALL LETTER A)" in refusal(machine(image=f'"{IMAGE.replace("a", "а", 1)}"'))


NAMES = ["a", "a" * 40, "a-b-1", "z9"]
NO_NAMES = [
    "", "A", "1a", "-a", "a-", "a_b", "a.b", "a b", "a" * 41, "a\\n", "../a", "a/b", "é", "а", "ａ", "\u212a", "a\\x00",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_are_labels(name: str) -> None:
    assert [each.name for each in plan_of(volume(name) + machine(name)).resources] == [name, name]


@pytest.mark.parametrize("name", NO_NAMES)
@pytest.mark.parametrize("function", [machine, volume])
def test_what_is_no_name_is_refused(function: object, name: str) -> None:
    assert callable(function)
    rule = "begin with a letter, then letters a-z, digits and -, at most 40, no - at the end"
    found = refusal(function(name))
    assert found.startswith(f"{HERE}{function.__name__} name ")
    assert found.endswith(f"is not a name: {rule}")


@pytest.mark.parametrize("name", ["5", "()", "true", '["a"]', '#{ name: "a" }', "'a'.to_int()"])
def test_a_name_is_a_text(name: str) -> None:
    assert "is not a name" in refusal(f'volume({name}, #{{ size: "1Gi" }})')


def test_a_name_of_another_alphabet_is_told_apart() -> None:
    assert 'volume name "dаta" (in it, а is CYRILLIC SMALL LETTER A) is not a name' in refusal(volume("dаta"))


@pytest.mark.parametrize("kind", ["machine", "volume"])
def test_a_name_is_given_once_per_kind(kind: str) -> None:
    made = {"machine": machine("a"), "volume": volume("a")}[kind]
    assert refusal(f"{made}\n  {made}") == f'line 2, column 3: {kind} "a" is made twice: give each a name of its own'


def test_a_volume_is_used_by_one_machine_once() -> None:
    twice = '[#{ volume: v, mount: "/a" }, #{ volume: v, mount: "/b" }]'
    assert (
        refusal(f"let v = {volume()}\n{machine(volumes=twice)}")
        == "line 2, column 1: volume data is used twice by one machine"
    )


def test_a_mount_is_used_once_by_a_machine() -> None:
    twice = '[#{ volume: v, mount: "/a" }, #{ volume: w, mount: "/a" }]'
    script = f"let v = {volume('v')} let w = {volume('w')}\n{machine(volumes=twice)}"
    assert refusal(script) == "line 2, column 1: mount /a is used twice by one machine"


def uses(first: str, second: str) -> str:
    """Two machines that use one volume."""
    lists = [f'[#{{ volume: v, mount: "/d", read_only: {each} }}]' for each in (first, second)]
    return f"let v = {volume()}\n{machine('a', volumes=lists[0])}\n{machine('b', volumes=lists[1])}"


@pytest.mark.parametrize(("first", "second"), [("false", "false"), ("true", "false"), ("false", "true")])
def test_two_machines_do_not_write_to_one_volume(first: str, second: str) -> None:
    """It is a disk: two that have it open would destroy its file system."""
    remedy = "give each machine its own, or mount it with read_only: true everywhere"
    assert refusal(uses(first, second)) == f"line 3, column 1: volume data is used by machine a already: {remedy}"


def test_machines_may_read_one_volume() -> None:
    assert len(plan_of(uses("true", "true")).resources) == 3


def test_nine_volumes_are_too_many() -> None:
    made = "".join(volume(f"v{i}") for i in range(9))
    use = '#{ volume: #{ kind: "volume", name: `v${i}` }, mount: `/v${i}` }'
    script = f"let all = []; for i in 0..9 {{ all.push({use}); }} {made}"
    assert "at most 8 are allowed" in refusal(f"{script}\n{machine(volumes='all')}")


def test_an_address_is_a_reference_and_gives_the_order() -> None:
    script = f"let a = {machine('a')} let b = {machine('b', env='#{ PEER: a.address, AGAIN: a.address }')}"
    made = plan_of(script)
    assert made.resources[1].depends_on == ("machine/a",)
    assert machine_of(script, "b").env["PEER"] == Reference(ref="machine/a/address")


def test_a_machine_depends_on_its_volumes_and_its_references_in_that_order() -> None:
    volumes = '[#{ volume: v, mount: "/v" }]'
    script = f"let v = {volume('v')} let a = {machine('a')} {machine('b', volumes=volumes, env='#{ PEER: a.address }')}"
    assert plan_of(script).resources[2].depends_on == ("volume/v", "machine/a")


def test_a_reference_to_nothing_is_refused_at_the_machine_that_has_it() -> None:
    script = f"{volume()}\n  {machine(env='#{ A: #{ ref: `machine/other/address` } }')}"
    says = "machine/web refers to machine/other, which the script does not make"
    assert refusal(script) == f"line 2, column 3: {says}"


def test_a_use_of_a_volume_that_is_not_made_is_refused() -> None:
    forged = '[#{ volume: #{ kind: "volume", name: "other" }, mount: "/d" }]'
    assert refusal(machine(volumes=forged)).startswith(f"{HERE}machine/web refers to volume/other")


@pytest.mark.parametrize("length", [1, 2, 3, 900])
def test_machines_that_refer_to_each_other_in_a_circle_are_refused(length: int) -> None:
    options = f'image: "{IMAGE}", env: #{{ NEXT: #{{ ref: `machine/m${{(i + 1) % {length}}}/address` }} }}'
    found = refusal(f"\nfor i in 0..{length} {{\n  machine(`m${{i}}`, #{{ {options} }});\n}}")
    assert found.startswith("line 3, column 3: these refer to each other in a circle: machine/m")
    assert "machine/m0" in found


def test_a_circle_is_shown_in_the_order_of_its_references() -> None:
    a = machine("a", env='#{ X: #{ ref: "machine/b/address" } }')
    b = machine("b", env='#{ X: #{ ref: "machine/a/address" } }')
    found = refusal(f"{a}\n{b}")
    assert found in {
        f"line 1, column 1: these refer to each other in a circle: machine/{x} → machine/{y} → machine/{x}"
        for x, y in (("a", "b"), ("b", "a"))
    }


def test_param_gives_a_parameter_or_the_default() -> None:
    made = volume("v", size='param("size")', bin_days='param("days", 3)')
    assert plan_of(made, {"size": "2Gi"}).digest == plan_of(volume("v", size='"2Gi"', bin_days="3")).digest
    assert plan_of(made, {"size": "2Gi", "days": 9}).digest == plan_of(volume("v", size='"2Gi"', bin_days="9")).digest


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ('param("zone")', 'spec.params has no "zone" (there: a, b): add it, or write param("zone", default)'),
        ("param(5)", 'param is asked for 5: write a name, like param("replicas")'),
        ("param([1])", "param is asked for [1]: write a name"),
        ("param(#{})", "param is asked for #{"),
        ("params.zone", "nothing is called `zone` here"),
        ("params.aa", "nothing is called `aa` here; did you mean `a`?"),
    ],
)
def test_a_parameter_that_is_not_there_is_refused(call: str, says: str) -> None:
    assert says in refusal(call, {"b": 1, "a": 2})


def test_no_parameters_are_said_to_be_none() -> None:
    assert "(there: none)" in refusal('param("a")')


def test_fail_refuses_in_the_authors_words() -> None:
    assert refusal('\n\n  fail("at most 3 replicas")') == "line 3, column 3: at most 3 replicas"
    assert refusal("fail(#{ a: [1, true] })") == f"{HERE}#{{ a: [1, true] }}"
    assert refusal('try { fail("no") } catch { }') == "line 1, column 7: no"


@pytest.mark.parametrize("function", LATER)
@pytest.mark.parametrize("arguments", ["", '"a"', '"a", #{}', "1, 2, 3, 4, 5, 6, 7, 8"])
def test_what_comes_later_says_so(function: str, arguments: str) -> None:
    assert refusal(f"{function}({arguments})") == f"{HERE}{function} is not available in this version of Hardpan yet"


@pytest.mark.parametrize("function", ["machine", "volume", "param", "fail", "log", *LATER])
def test_a_script_does_not_hide_a_function_of_ours(function: str) -> None:
    says = f"fn {function} would hide Hardpan's own function: give it another name"
    assert refusal(f"let a = 1;\n fn {function}(x) {{ x }}") == f"line 2, column 5: {says}"


def test_a_handle_has_a_kind_and_a_name() -> None:
    script = f"let m = {machine('a')} let v = {volume('b')} {volume('`${m.kind}-${m.name}-${v.kind}-${v.name}`')}"
    script = script.replace('"`', "`").replace('`"', "`")
    assert plan_of(script).resources[-1].name == "machine-a-volume-b"
