"""What every queue between supervisor and nodes must do: the same cases run over the fake and over a real Redis."""

from __future__ import annotations

import hashlib
from typing import Protocol

import pytest

from jobs.broker import REPORT_UID, Cancelled, Claim, ControllerBroker, NodeBroker, Placement
from jobs.errors import AccessDenied, AlreadyDone, BadDocument, HeldElsewhere, StaleFence, Unavailable

NODE = "n-" + "a" * 26
OTHER = "n-" + "b" * 26
PLAN = b'{"resources":[]}'
DIGEST = "sha256:" + hashlib.sha256(PLAN).hexdigest()


class QueueSite(Protocol):
    """A queue with its supervisor and two nodes that have their users."""

    supervisor: ControllerBroker

    def node(self, name: str) -> NodeBroker:
        """A node's view; the same one each time."""

    def flush(self) -> None:
        """FLUSHALL."""

    def expire_leases(self) -> None:
        """Lets all leases end."""

    async def wait(self, seconds: float) -> None:
        """Lets time pass."""


class BrokerContract:
    """Give a fixture `site` in the class that inherits this."""

    async def place(self, site: QueueSite, uid: str = "job", attempt: int = 1) -> Placement:
        return await site.supervisor.enqueue(NODE, uid, attempt, b"envelope %d" % attempt, {DIGEST: PLAN})

    def claim(self, site: QueueSite, *, pending: bool = False) -> Claim:
        claim = site.node(NODE).claim(0.5, pending=pending)
        assert claim is not None
        return claim

    def idle(self, site: QueueSite) -> bool:
        return all(site.node(NODE).claim(0.01, pending=pending) is None for pending in (True, False))

    async def run(self, site: QueueSite, uid: str = "job", attempt: int = 1) -> Claim:
        """Placed, claimed, started and finished by boot `one`."""
        await self.place(site, uid, attempt)
        claim = self.claim(site)
        site.node(NODE).start(claim, "one", takeover=False)
        site.node(NODE).finish(claim, "one", b"receipt")
        return claim

    async def events(self, site: QueueSite) -> list[tuple[str, int, bytes]]:
        found = await site.supervisor.events([NODE, OTHER], 0.01)
        return [(event.uid, event.attempt, event.payload) for event in found]

    async def test_an_attempt_goes_to_its_node_and_its_receipt_comes_back(self, site: QueueSite) -> None:
        assert await self.place(site) is Placement.PLACED
        claim = self.claim(site)
        assert (claim.uid, claim.attempt, claim.envelope) == ("job", 1, b"envelope 1")
        site.node(NODE).start(claim, "one", takeover=False)
        site.node(NODE).finish(claim, "one", b"receipt")
        (event,) = await site.supervisor.events([OTHER, NODE], 0.5)
        assert (event.node, event.uid, event.attempt, event.payload) == (NODE, "job", 1, b"receipt")
        assert self.idle(site)

    async def test_five_placements_of_an_attempt_give_one_entry(self, site: QueueSite) -> None:
        placed = [await self.place(site) for _ in range(5)]
        assert placed == [Placement.PLACED] + [Placement.ALREADY_THERE] * 4
        site.node(NODE).drop(self.claim(site))
        assert self.idle(site)

    async def test_entries_come_in_the_order_they_were_placed(self, site: QueueSite) -> None:
        for uid in ("first", "second", "third"):
            await self.place(site, uid)
        assert [self.claim(site).uid for _ in range(3)] == ["first", "second", "third"]

    async def test_another_node_gets_nothing_of_it(self, site: QueueSite) -> None:
        await self.place(site)
        assert site.node(OTHER).claim(0.01, pending=False) is None
        with pytest.raises(BadDocument):
            site.node(OTHER).document(DIGEST)

    async def test_what_was_in_hand_comes_again_as_pending_until_it_is_acknowledged(self, site: QueueSite) -> None:
        await self.place(site, "one")
        await self.place(site, "two")
        taken = [self.claim(site), self.claim(site)]
        assert site.node(NODE).claim(0.01, pending=False) is None
        for claim in taken:
            again = self.claim(site, pending=True)
            assert again == claim
            site.node(NODE).drop(again)
        assert self.idle(site)

    async def test_an_entry_that_was_replaced_while_in_hand_does_not_hide_the_next(self, site: QueueSite) -> None:
        await self.place(site, "one")
        await self.place(site, "two")
        self.claim(site), self.claim(site)
        await self.place(site, "one", attempt=2)
        assert self.claim(site, pending=True).uid == "two"

    async def test_what_is_cancelled_while_the_reader_has_it_is_not_started(self, site: QueueSite) -> None:
        for uid in ("one", "two"):
            await self.place(site, uid)
        assert self.claim(site).uid == "one"
        assert await site.supervisor.cancel(NODE, "two", 1) is Cancelled.REMOVED
        if (claim := site.node(NODE).claim(0.01, pending=False)) is not None:
            with pytest.raises(StaleFence):
                site.node(NODE).start(claim, "one", takeover=True)

    async def test_a_second_boot_is_held_off_while_the_lease_lasts(self, site: QueueSite) -> None:
        await self.place(site)
        claim = self.claim(site)
        site.node(NODE).start(claim, "one", takeover=False)
        with pytest.raises(HeldElsewhere):
            site.node(NODE).start(claim, "two", takeover=False)
        site.node(NODE).start(claim, "one", takeover=False)

    async def test_who_holds_the_nodes_lock_takes_a_lease_over(self, site: QueueSite) -> None:
        await self.place(site)
        claim = self.claim(site)
        site.node(NODE).start(claim, "one", takeover=False)
        site.node(NODE).start(claim, "two", takeover=True)
        with pytest.raises(StaleFence):
            site.node(NODE).finish(claim, "one", b"late")
        site.node(NODE).finish(claim, "two", b"receipt")
        assert await self.events(site) == [("job", 1, b"receipt")]

    async def test_an_ended_lease_is_told_and_may_be_taken(self, site: QueueSite) -> None:
        await self.place(site)
        claim = self.claim(site)
        site.node(NODE).start(claim, "one", takeover=False)
        assert await site.supervisor.expired(NODE) == []
        site.expire_leases()
        assert await site.supervisor.expired(NODE) == ["job"]
        site.node(NODE).start(claim, "two", takeover=False)
        assert await site.supervisor.expired(NODE) == []

    async def test_renewing_tells_the_wrong_boot_to_stop(self, site: QueueSite) -> None:
        await self.place(site)
        claim = self.claim(site)
        site.node(NODE).start(claim, "one", takeover=False)
        assert site.node(NODE).renew("one", [claim]) == []
        assert site.node(NODE).renew("two", [claim]) == ["job"]

    async def test_a_renewed_lease_lasts_on(self, site: QueueSite) -> None:
        await self.place(site)
        claim = self.claim(site)
        site.node(NODE).start(claim, "one", takeover=False)
        site.expire_leases()
        site.node(NODE).renew("one", [claim])
        assert await site.supervisor.expired(NODE) == []

    async def test_a_newer_attempt_fences_off_the_older(self, site: QueueSite) -> None:
        await self.place(site)
        old = self.claim(site)
        site.node(NODE).start(old, "one", takeover=False)
        assert await self.place(site, attempt=2) is Placement.PLACED
        assert site.node(NODE).renew("one", [old]) == ["job"]
        with pytest.raises(StaleFence):
            site.node(NODE).start(old, "one", takeover=True)
        with pytest.raises(StaleFence):
            site.node(NODE).finish(old, "one", b"late")
        assert await self.events(site) == []
        assert self.claim(site).attempt == 2

    async def test_a_newer_attempt_takes_the_waiting_one_out_of_the_queue(self, site: QueueSite) -> None:
        await self.place(site)
        await self.place(site, attempt=2)
        claim = self.claim(site)
        assert claim.attempt == 2
        site.node(NODE).drop(claim)
        assert self.idle(site)

    async def test_an_older_attempt_is_not_placed(self, site: QueueSite) -> None:
        await self.place(site, attempt=7)
        assert await self.place(site, attempt=6) is Placement.NEWER_THERE
        assert await site.supervisor.known(NODE) == {"job": 7}

    async def test_an_ended_attempt_is_neither_placed_nor_started_again(self, site: QueueSite) -> None:
        claim = await self.run(site)
        assert await self.place(site) is Placement.ALREADY_THERE
        with pytest.raises(AlreadyDone):
            site.node(NODE).start(claim, "one", takeover=True)
        assert self.idle(site)

    async def test_after_settling_nothing_is_left(self, site: QueueSite) -> None:
        await self.run(site)
        await site.supervisor.settle(await site.supervisor.events([NODE], 0.5))
        assert await self.events(site) == []
        assert await site.supervisor.known(NODE) == {}
        assert (await site.supervisor.measure(NODE)).events == 0

    async def test_events_stay_until_they_are_settled(self, site: QueueSite) -> None:
        await self.run(site)
        assert await self.events(site) == await self.events(site) == [("job", 1, b"receipt")]

    async def test_events_after_a_position_are_those_that_came_later_on_that_node(self, site: QueueSite) -> None:
        for node in (NODE, OTHER):
            for number in range(3):
                site.node(node).post_event(f"{number}", 1, b"")
        known = {each.uid: each.entry for each in await site.supervisor.events([NODE], 0.5)}
        later = await site.supervisor.events([NODE, OTHER], 0.01, {NODE: known["1"]})
        assert [(each.node, each.uid) for each in later] == [(NODE, "2"), (OTHER, "0"), (OTHER, "1"), (OTHER, "2")]
        assert await site.supervisor.events([NODE], 0.01, {NODE: known["2"]}) == []

    async def test_settling_an_old_attempt_leaves_the_newer_in_flight(self, site: QueueSite) -> None:
        await self.run(site)
        events = await site.supervisor.events([NODE], 0.5)
        await self.place(site, attempt=2)
        await site.supervisor.settle(events)
        assert await site.supervisor.known(NODE) == {"job": 2}

    async def test_settling_a_wake_up_does_not_end_a_running_job(self, site: QueueSite) -> None:
        await self.place(site)
        site.node(NODE).start(self.claim(site), "one", takeover=False)
        site.node(NODE).post_event("job", 1, b"progress")
        site.node(NODE).post_event(REPORT_UID, 0, b"report")
        assert await self.events(site) == [("job", 1, b"progress"), (REPORT_UID, 0, b"report")]
        await site.supervisor.settle(await site.supervisor.events([NODE], 0.5))
        assert await site.supervisor.known(NODE) == {"job": 1}

    async def test_cancelling_removes_a_waiting_attempt(self, site: QueueSite) -> None:
        await self.place(site)
        assert await site.supervisor.cancel(NODE, "job", 1) is Cancelled.REMOVED
        assert self.idle(site)
        assert await site.supervisor.known(NODE) == {}

    async def test_cancelling_tells_the_runner_of_a_started_attempt(self, site: QueueSite) -> None:
        await self.place(site)
        site.node(NODE).start(self.claim(site), "one", takeover=False)
        assert await site.supervisor.cancel(NODE, "job", 1) is Cancelled.SIGNALLED
        position, stop = site.node(NODE).control("0")
        assert stop == ["job"]
        assert site.node(NODE).control(position) == (position, [])

    async def test_an_old_cancellation_does_not_stop_a_later_attempt(self, site: QueueSite) -> None:
        await self.place(site)
        site.node(NODE).start(self.claim(site), "one", takeover=False)
        await site.supervisor.cancel(NODE, "job", 1)
        await self.place(site, attempt=2)
        site.node(NODE).start(self.claim(site), "one", takeover=False)
        assert site.node(NODE).control("0")[1] == []

    @pytest.mark.parametrize("attempt", [1, 3])
    async def test_cancelling_what_is_not_there_is_gone(self, site: QueueSite, attempt: int) -> None:
        await self.place(site, attempt=2)
        assert await site.supervisor.cancel(NODE, "job", attempt) is Cancelled.GONE
        assert await site.supervisor.cancel(NODE, "unknown", attempt) is Cancelled.GONE

    async def test_cancelling_an_ended_attempt_is_gone(self, site: QueueSite) -> None:
        await self.run(site)
        assert await site.supervisor.cancel(NODE, "job", 1) is Cancelled.GONE

    async def test_after_a_loss_the_same_attempt_is_placed_again(self, site: QueueSite) -> None:
        await self.place(site)
        old = self.claim(site)
        site.node(NODE).start(old, "one", takeover=False)
        site.flush()
        assert await self.place(site) is Placement.PLACED
        claim = self.claim(site)
        assert (claim.uid, claim.attempt) == ("job", 1)
        assert site.node(NODE).document(DIGEST) == PLAN

    async def test_after_a_loss_what_ended_before_is_told_again_by_the_node(self, site: QueueSite) -> None:
        await self.run(site)
        site.flush()
        assert await self.events(site) == []
        await self.run(site)
        assert await self.events(site) == [("job", 1, b"receipt")]

    async def test_a_loss_makes_a_report_of_the_lost_attempt_stale(self, site: QueueSite) -> None:
        await self.place(site)
        claim = self.claim(site)
        site.node(NODE).start(claim, "one", takeover=False)
        site.flush()
        await site.supervisor.ensure_ready([NODE])
        with pytest.raises(StaleFence):
            site.node(NODE).finish(claim, "one", b"receipt")

    async def test_an_attempt_that_was_placed_anew_while_it_ran_ends_with_its_report(self, site: QueueSite) -> None:
        await self.place(site)
        claim = self.claim(site)
        site.node(NODE).start(claim, "one", takeover=False)
        site.flush()
        assert await self.place(site) is Placement.PLACED
        site.node(NODE).finish(claim, "one", b"receipt")
        assert await self.events(site) == [("job", 1, b"receipt")]
        assert self.idle(site)

    async def test_until_the_supervisor_comes_by_an_emptied_queue_is_unavailable(self, site: QueueSite) -> None:
        site.flush()
        with pytest.raises(Unavailable):
            site.node(NODE).claim(0.01, pending=False)
        await site.supervisor.events([NODE], 0.01)
        assert site.node(NODE).claim(0.01, pending=False) is None

    async def test_a_document_is_read_by_its_digest(self, site: QueueSite) -> None:
        await self.place(site)
        assert site.node(NODE).document(DIGEST) == PLAN

    async def test_a_document_with_other_content_is_refused_by_its_reader(self, site: QueueSite) -> None:
        await site.supervisor.enqueue(NODE, "job", 1, b"", {DIGEST: b"forged"})
        with pytest.raises(BadDocument, match="other content"):
            site.node(NODE).document(DIGEST)

    async def test_a_missing_document_says_so(self, site: QueueSite) -> None:
        with pytest.raises(BadDocument, match="not in the queue"):
            site.node(NODE).document(DIGEST)

    @pytest.mark.parametrize("bytes_over", [0, 1])
    async def test_documents_are_at_most_a_mebibyte(self, site: QueueSite, bytes_over: int) -> None:
        data = bytes(1_048_576 + bytes_over)
        documents = {"sha256:" + hashlib.sha256(data).hexdigest(): data}
        if not bytes_over:
            assert await site.supervisor.enqueue(NODE, "job", 1, b"", documents) is Placement.PLACED
            return
        with pytest.raises(BadDocument, match="at most"):
            await site.supervisor.enqueue(NODE, "job", 1, b"", documents)
        assert await site.supervisor.known(NODE) == {}

    async def test_the_newest_heartbeat_counts(self, site: QueueSite) -> None:
        assert await site.supervisor.heartbeats([NODE]) == {}
        site.node(NODE).put_heartbeat(b"old")
        site.node(NODE).put_heartbeat(b"new")
        assert await site.supervisor.heartbeats([OTHER, NODE]) == {NODE: b"new"}
        assert await site.supervisor.heartbeats([OTHER]) == await site.supervisor.heartbeats([]) == {}

    async def test_known_are_all_uids_in_flight(self, site: QueueSite) -> None:
        await self.place(site, "one")
        await self.place(site, "two", attempt=4)
        assert await site.supervisor.known(NODE) == {"one": 1, "two": 4}
        assert await site.supervisor.known(OTHER) == {}

    async def test_measuring_tells_a_talkative_node(self, site: QueueSite) -> None:
        for _ in range(3):
            site.node(NODE).post_event("job", 1, bytes(1000))
        usage = await site.supervisor.measure(NODE)
        assert usage.events == 3
        assert usage.event_bytes >= 3000
        assert (await site.supervisor.measure(OTHER)).events == 0

    async def test_measuring_tells_how_long_the_oldest_waits_that_nobody_has_in_hand(self, site: QueueSite) -> None:
        await self.place(site, "first")
        await site.wait(0.05)
        await self.place(site, "second")
        assert 0.04 < (await site.supervisor.measure(NODE)).waiting_seconds < 30
        self.claim(site)
        self.claim(site)
        assert (await site.supervisor.measure(NODE)).waiting_seconds == 0
        await self.place(site, "third")
        await site.wait(0.01)
        assert (await site.supervisor.measure(NODE)).waiting_seconds > 0
        assert (await site.supervisor.measure(OTHER)).waiting_seconds == 0

    async def test_a_cleared_node_can_be_used_at_once(self, site: QueueSite) -> None:
        await self.run(site, "ended")
        await self.place(site, "waiting")
        await site.supervisor.clear(NODE)
        assert await site.supervisor.known(NODE) == {}
        assert await self.events(site) == []
        assert self.idle(site)
        await self.run(site, "ended")
        assert await self.events(site) == [("ended", 1, b"receipt")]

    async def test_a_revoked_node_is_denied(self, site: QueueSite) -> None:
        site.node(NODE).put_heartbeat(b"over a connection that stays open")
        await site.supervisor.revoke(NODE)
        for _ in range(2):
            with pytest.raises((AccessDenied, Unavailable)) as refused:
                site.node(NODE).claim(0.01, pending=False)
        assert refused.type is AccessDenied

    async def test_who_was_admitted_and_not_revoked_is_told(self, site: QueueSite) -> None:
        await site.supervisor.grant(NODE, "password")
        assert NODE in await site.supervisor.admitted()
        await site.supervisor.revoke(NODE)
        assert NODE not in await site.supervisor.admitted()
        assert "supervisor" not in await site.supervisor.admitted()

    async def test_a_new_password_ends_the_old(self, site: QueueSite) -> None:
        site.node(NODE).put_heartbeat(b"over a connection that stays open")
        await site.supervisor.grant(NODE, "another")
        for _ in range(2):
            with pytest.raises((AccessDenied, Unavailable)) as refused:
                site.node(NODE).put_heartbeat(b"")
        assert refused.type is AccessDenied

    @pytest.mark.parametrize("name", ["*", "n-*", "n-" + "a" * 25 + "*", NODE + "\n", "n-" + "A" * 26, "", NODE + "}"])
    async def test_only_a_node_id_becomes_a_key_or_a_user(self, site: QueueSite, name: str) -> None:
        with pytest.raises(ValueError, match="node id"):
            await site.supervisor.enqueue(name, "job", 1, b"", {})
        with pytest.raises(ValueError, match="node id"):
            await site.supervisor.grant(name, "password")

    async def test_only_a_digest_becomes_a_documents_key(self, site: QueueSite) -> None:
        for digest in ("", "sha256:*", DIGEST + "\n", DIGEST.upper()):
            with pytest.raises(ValueError, match="digest"):
                await site.supervisor.enqueue(NODE, "job", 1, b"", {digest: PLAN})
            with pytest.raises(ValueError, match="digest"):
                site.node(NODE).document(digest)
