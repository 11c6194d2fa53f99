"""What is decided at any age of any certificate: due ones are renewed, others left, and no decision is taken twice."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as some

from controllers.certificates.acts import Issue, MakeAuthority
from controllers.certificates.leaves import Leaf, Site
from controllers.certificates.making import LEAF_LIFE
from controllers.certificates.plan import Kept, Plan, Seen, is_due, plan
from controllers.certificates.secret import SECRET
from controllers.loop.objects import Object
from tests.unit.controllers.certificates.site import NAMESPACE, NOW

LEAF = Leaf("hardpan-ledger-tls", "hardpan-ledger")
SITE = Site(NAMESPACE)
DAYS = some.floats(-400, 4000).map(lambda days: timedelta(days=days))


def kept(name: str, left: timedelta, ours: bool = True, flaw: str = "") -> Kept:
    secret = Object(SECRET, {"metadata": {"name": name, "namespace": NAMESPACE}})
    return Kept(secret, ours, NOW + left, flaw)


def planned(authority: timedelta, leaf: Kept | None, site: Site = SITE) -> Plan:
    return plan(Seen(kept("hardpan-site-ca", authority), ((LEAF, leaf),)), site, NOW)


def test_without_an_authority_nothing_else_is_begun() -> None:
    assert plan(Seen(None), SITE, NOW) == Plan((MakeAuthority(),))


def test_an_authority_that_others_are_to_bring_is_waited_for() -> None:
    found = plan(Seen(None), Site(NAMESPACE, elsewhere=frozenset({"hardpan-site-ca"})), NOW)
    assert not found.acts
    assert "hardpan-site-ca is not there yet" in found.problems[0]


def test_an_authority_that_was_lost_is_not_replaced_behind_anybodys_back() -> None:
    found = plan(Seen(None, published=True), SITE, NOW)
    assert not found.acts
    assert "put it back from a backup" in found.problems[0]
    assert found.problems[0].endswith("delete secret/hardpan-site-ca configmap/hardpan-site-ca --ignore-not-found")


@given(authority=DAYS, leaf=DAYS, flaw=some.sampled_from(["", "lacks the names x"]))
def test_what_somebody_else_made_is_never_written(authority: timedelta, leaf: timedelta, flaw: str) -> None:
    assert planned(authority, kept(LEAF.secret, leaf, ours=False, flaw=flaw)).acts == ()


@given(authority=DAYS, leaf=DAYS)
def test_no_certificate_runs_out_while_its_authority_is_valid(authority: timedelta, leaf: timedelta) -> None:
    found = planned(authority, kept(LEAF.secret, leaf))
    lasts_longer = authority > leaf + timedelta(days=1)
    if authority > timedelta() and leaf < timedelta(days=30) and lasts_longer:
        assert [type(each) for each in found.acts] == [Issue]
    if leaf >= timedelta(days=30):
        assert found.acts == ()


@given(authority=DAYS, age=DAYS)
def test_what_was_just_made_is_not_due(authority: timedelta, age: timedelta) -> None:
    end = min(NOW + LEAF_LIFE, NOW + authority)
    assert not is_due(end, NOW + authority, NOW)


@given(authority=some.floats(-400, 0).map(lambda days: timedelta(days=days)), leaf=DAYS)
def test_an_authority_that_ended_signs_nothing(authority: timedelta, leaf: timedelta) -> None:
    found = planned(authority, kept(LEAF.secret, leaf))
    assert found.acts == ()
    assert "hardpan-site-ca ended" in found.problems[0]


def test_a_flaw_of_somebody_elses_certificate_names_secret_and_remedy() -> None:
    found = planned(timedelta(days=3000), kept(LEAF.secret, timedelta(days=80), ours=False, flaw="lacks the names x"))
    assert found.problems == (
        "Secret hardpan-ledger-tls lacks the names x; put a sound one there, or delete it to have one made: "
        "kubectl -n hardpan-system delete secret hardpan-ledger-tls",
    )


def test_ours_is_left_too_when_it_became_somebody_elses_to_make() -> None:
    site = Site(NAMESPACE, elsewhere=frozenset({LEAF.secret}))
    assert planned(timedelta(days=3000), kept(LEAF.secret, timedelta(days=3)), site).acts == ()
