"""One run of the role leaves a namespace whole, whoever else writes there and whenever it runs."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from controllers.certificates.leaves import wanted
from controllers.certificates.making import issue
from controllers.certificates.secret import SECRET, pem_of
from controllers.certificates.soundness import authority_of
from controllers.certificates.trusted import CONFIG_MAP, WEBHOOK
from controllers.loop.errors import Unavailable
from controllers.loop.objects import ObjectKey, Resource
from jobs.server import Room
from tests.unit.controllers.certificates.site import NAMESPACE, NOW, SITE, Namespace, authority

LEAVES = {leaf.secret: leaf for leaf in wanted(SITE)}
EVERY = {*LEAVES, "hardpan-site-ca", "hardpan-redis"}
MAP = ObjectKey(NAMESPACE, "hardpan-site-ca")


async def test_an_empty_namespace_is_filled_and_then_left_alone() -> None:
    there = Namespace()
    outcome = await there.run()
    assert {each.name for each in there.kube.objects(SECRET)} == EVERY
    assert not outcome.problems
    assert outcome.first_end == NOW + timedelta(days=90)
    written = len(there.kube.writes)
    again = await there.later(days=59)
    assert again.done == ()
    assert len(there.kube.writes) == written


async def test_each_certificate_may_do_what_it_is_for_and_no_more() -> None:
    there = Namespace()
    await there.run()
    may = {}
    for name in LEAVES:
        extensions = (await there.certificate(name)).extensions
        may[name] = {*extensions.get_extension_for_class(x509.ExtendedKeyUsage).value}
    serve, call = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
    assert may.pop("hardpan-gateway-client-tls") == {call}
    assert may.pop("hardpan-supervisor-tls") == {serve, call}
    assert all(each == {serve} for each in may.values())


async def test_nodes_reach_gateway_and_queue_under_their_outside_names() -> None:
    there = Namespace()
    await there.run()
    found = {}
    for name in ("hardpan-gateway-tls", "hardpan-redis-tls"):
        extensions = (await there.certificate(name)).extensions
        found[name] = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "cp.example" in found["hardpan-gateway-tls"].get_values_for_type(x509.DNSName)
    assert [*map(str, found["hardpan-gateway-tls"].get_values_for_type(x509.IPAddress))] == ["192.0.2.7"]
    assert "queue.example" in found["hardpan-redis-tls"].get_values_for_type(x509.DNSName)


async def test_a_certificate_is_renewed_a_month_before_its_end_and_its_authority_stays() -> None:
    there = Namespace()
    await there.run()
    before, root = await there.data("hardpan-ledger-tls"), await there.data("hardpan-site-ca")
    outcome = await there.later(days=61)
    assert any(each.startswith("renewed hardpan-ledger-tls (ends 2027-02-24") for each in outcome.done)
    assert await there.data("hardpan-ledger-tls") != before
    assert await there.data("hardpan-site-ca") == root
    assert outcome.first_end == NOW + timedelta(days=61 + 90)


async def test_a_new_outside_name_is_in_the_certificate_at_once() -> None:
    there = Namespace()
    await there.run()
    there.site = dataclasses.replace(SITE, gateway_names=("new.example",))
    outcome = await there.run()
    assert outcome.done == ("renewed hardpan-gateway-tls (lacks the names new.example)",)


async def test_two_runs_at_once_make_one_authority() -> None:
    there = Namespace()

    def interleave(verb: str, resource: Resource, key: ObjectKey) -> None:
        """The other run is through just before this one creates its authority."""
        if verb == "create" and key.name == "hardpan-site-ca":
            there.kube.interrupt = None
            with pytest.raises(StopIteration):
                there.run().send(None)

    there.kube.interrupt = interleave
    outcome = await there.run()
    root = authority_of(pem_of(await there.secret("hardpan-site-ca")))
    for name in LEAVES:
        (await there.certificate(name)).verify_directly_issued_by(root.certificate)
    assert "made the site's authority" not in outcome.done


@pytest.mark.parametrize("resource", [SECRET, CONFIG_MAP])
async def test_an_authority_that_another_run_has_just_made_is_not_taken_for_a_lost_one(resource: Resource) -> None:
    there = Namespace()

    def interleave(verb: str, looked_at: Resource, key: ObjectKey) -> None:
        if (verb, looked_at, key.name) == ("get", resource, "hardpan-site-ca"):
            there.kube.interrupt = None
            with pytest.raises(StopIteration):
                there.run().send(None)

    there.kube.interrupt = interleave
    assert (await there.run()).problems == ()


async def test_who_never_leaves_it_in_peace_is_named_as_the_cause() -> None:
    there = Namespace()
    await there.run()
    there.site = dataclasses.replace(SITE, gateway_names=("new.example",))

    def disturb(verb: str, resource: Resource, key: ObjectKey) -> None:
        if verb == "patch":
            there.kube.interrupt = None
            found = next(each for each in there.kube.objects(SECRET) if each.name == key.name)
            with pytest.raises(StopIteration):
                there.kube.patch(found, {"metadata": {"annotations": {"n": str(len(there.kube.writes))}}}).send(None)
            there.kube.interrupt = disturb

    there.kube.interrupt = disturb
    with pytest.raises(Unavailable, match="does another program write the same"):
        await there.run()


async def test_the_root_is_published_and_the_webhook_is_trusted_by_it() -> None:
    there = Namespace()
    hook = {"name": "deployments.hardpan.dev", "clientConfig": {"service": {"name": "hardpan-admission"}}}
    foreign = {"name": "other", "clientConfig": {"url": "https://127.0.0.1:1/", "caBundle": "QQ=="}}
    await there.kube.create(WEBHOOK, {"metadata": {"name": "hardpan"}, "webhooks": [hook, foreign]})
    await there.run()
    root = await there.data("hardpan-site-ca")
    assert (await there.kube.get(CONFIG_MAP, MAP)).raw["data"] == {"ca.crt": root.decode()}
    ours, theirs = (await there.kube.get(WEBHOOK, ObjectKey("", "hardpan"))).raw["webhooks"]
    assert ours["clientConfig"]["caBundle"] == (await there.secret("hardpan-site-ca")).raw["data"]["tls.crt"]
    assert theirs == foreign


async def test_a_helm_upgrade_that_wipes_the_bundle_is_mended() -> None:
    there = Namespace()
    hook = {"name": "deployments.hardpan.dev", "clientConfig": {"service": {"name": "hardpan-admission"}}}
    made = await there.kube.create(WEBHOOK, {"metadata": {"name": "hardpan"}, "webhooks": [hook]})
    await there.run()
    made = await there.kube.get(WEBHOOK, made.key)
    await there.kube.patch(made, {"webhooks": [hook]})
    assert (await there.run()).done == ("told the API server whom to trust for the webhook",)


async def test_queue_password_and_configuration_fit_and_the_password_outlives_a_change() -> None:
    there = Namespace()
    await there.run()
    password = await there.data("hardpan-redis", "password")
    assert b"maxmemory 256mb" in await there.data("hardpan-redis", "redis.conf")
    there.site = dataclasses.replace(SITE, redis_room=Room("1gb", 500))
    await there.run()
    assert await there.data("hardpan-redis", "password") == password
    assert b"maxclients 500" in await there.data("hardpan-redis", "redis.conf")
    assert b"maxmemory 1gb" in await there.data("hardpan-redis", "redis.conf")


async def test_an_external_queue_gets_neither_certificate_nor_password() -> None:
    there = Namespace(site=dataclasses.replace(SITE, bundled_redis=False))
    await there.run()
    assert not {each.name for each in there.kube.objects(SECRET)} & {"hardpan-redis", "hardpan-redis-tls"}


async def test_a_password_of_somebody_elses_is_left_and_what_lacks_is_said() -> None:
    there = Namespace()
    metadata = {"name": "hardpan-redis", "namespace": NAMESPACE}
    await there.kube.create(SECRET, {"metadata": metadata, "data": {"password": "c2VjcmV0"}})
    outcome = await there.run()
    assert "hardpan-redis was made by somebody else and lacks" in outcome.problems[0]
    assert await there.data("hardpan-redis", "password") == b"secret"


async def test_own_certificates_are_left_and_used() -> None:
    there = Namespace()
    mine, leaf = authority(), LEAVES["hardpan-gateway-tls"]
    pem = issue(leaf, mine, NOW)
    await there.put(leaf.secret, pem, mine.pem.certificate)
    outcome = await there.run()
    assert not outcome.problems
    assert await there.data(leaf.secret) == pem.certificate


async def test_own_certificates_put_over_ours_are_left_though_our_label_stays() -> None:
    there = Namespace()
    await there.run()
    mine, leaf = authority(), LEAVES["hardpan-gateway-tls"]
    pem = issue(leaf, mine, NOW)
    await there.put(leaf.secret, pem, mine.pem.certificate)
    outcome = await there.later(days=61)
    assert await there.data(leaf.secret) == pem.certificate
    assert not outcome.problems


async def test_an_own_certificate_for_admission_is_what_the_api_server_is_told_to_trust() -> None:
    there = Namespace()
    hook = {"name": "deployments.hardpan.dev", "clientConfig": {"service": {"name": "hardpan-admission"}}}
    await there.kube.create(WEBHOOK, {"metadata": {"name": "hardpan"}, "webhooks": [hook]})
    mine, leaf = authority(), LEAVES["hardpan-admission-tls"]
    secret = await there.put(leaf.secret, issue(leaf, mine, NOW), mine.pem.certificate)
    await there.run()
    (ours,) = (await there.kube.get(WEBHOOK, ObjectKey("", "hardpan"))).raw["webhooks"]
    assert ours["clientConfig"]["caBundle"] == secret.raw["data"]["ca.crt"]


@pytest.mark.parametrize("name", ["hardpan-ledger-tls", "hardpan-supervisor-tls", "hardpan-redis-tls"])
async def test_inside_the_site_only_its_own_authority_counts(name: str) -> None:
    there, mine, leaf = Namespace(), authority("mine"), LEAVES[name]
    await there.put("hardpan-site-ca", mine.pem)
    other = authority("other")
    await there.put(name, issue(leaf, other, NOW), other.pem.certificate)
    [problem] = (await there.run()).problems
    assert "is not signed by the authority that its users trust" in problem
    await there.put(name, issue(leaf, mine, NOW), other.pem.certificate)
    [problem] = (await there.run()).problems
    assert "names another authority than the site's" in problem
    await there.put(name, issue(leaf, mine, NOW), other.pem.certificate + mine.pem.certificate)
    assert not (await there.run()).problems


async def test_what_others_are_to_make_is_waited_for() -> None:
    there = Namespace(site=dataclasses.replace(SITE, elsewhere=frozenset({"hardpan-gateway-tls"})))
    outcome = await there.run()
    assert outcome.problems == ("Secret hardpan-gateway-tls is not there yet: whoever is to make it has not done so",)
    assert "hardpan-gateway-tls" not in {each.name for each in there.kube.objects(SECRET)}
    assert "hardpan-ledger-tls" in {each.name for each in there.kube.objects(SECRET)}


async def test_an_own_authority_signs() -> None:
    there = Namespace()
    mine = authority("mine")
    await there.put("hardpan-site-ca", mine.pem)
    outcome = await there.run()
    assert not outcome.problems
    (await there.certificate("hardpan-ledger-tls")).verify_directly_issued_by(mine.certificate)


async def test_a_new_authority_has_every_certificate_of_ours_made_anew() -> None:
    there = Namespace()
    await there.run()
    await there.kube.delete(await there.secret("hardpan-site-ca"))
    lost = await there.run()
    assert (lost.done, len(lost.problems)) == ((), 1)
    await there.kube.delete(await there.kube.get(CONFIG_MAP, MAP))
    outcome = await there.run()
    assert sum(each.startswith("renewed") for each in outcome.done) == len(LEAVES)
    assert (await there.run()).done == ()
    root = (await there.data("hardpan-site-ca")).decode()
    assert (await there.kube.get(CONFIG_MAP, MAP)).raw["data"]["ca.crt"] == root


async def test_an_authority_that_ended_is_never_replaced_behind_anybodys_back() -> None:
    there = Namespace()
    await there.run()
    root = await there.data("hardpan-site-ca")
    outcome = await there.later(days=3653)
    assert "Secret hardpan-site-ca ended 2036-" in outcome.problems[0]
    assert "boot media must be made anew" in outcome.problems[0]
    assert await there.data("hardpan-site-ca") == root


async def test_an_authority_in_its_last_year_is_spoken_of() -> None:
    there = Namespace()
    await there.run()
    assert not (await there.later(days=3652 - 366)).notes
    assert "the site's authority ends 2036-" in (await there.later(days=2)).notes[0]


@pytest.mark.parametrize("days", [31, 10, 1])
async def test_near_the_authoritys_end_certificates_end_with_it_and_are_not_made_over_and_over(days: int) -> None:
    there = Namespace()
    await there.run()
    await there.later(days=3652 - days)
    await there.later(hours=1)
    root = await there.certificate("hardpan-site-ca")
    assert (await there.certificate("hardpan-ledger-tls")).not_valid_after_utc == root.not_valid_after_utc
    assert (await there.run()).done == ()
