"""Takes one safeguard of the mesh out of every process that is started with FAULTS_MUTATION. Nothing of it is in the product (F35).

A mutation that finds its place changed ends the process: a mutant that is none would prove nothing.
"""

# ruff: noqa: PLC0415 - a process that is no mutant loads none of this

import os
import sys
import traceback


def _replaced(module: object, name: str, old: str, new: str) -> None:
    """Change a statement of the store."""
    from sqlalchemy import text

    before = str(getattr(module, name).text)
    assert old in before, f"{name} does not say {old!r} any more"
    setattr(module, name, text(before.replace(old, new)))


def inbox() -> None:
    """Apply an answer to a task whatever it already has."""
    from gateway.store import inbox as store

    _replaced(store, "_APPLY", "AND (held.before IS NULL OR (held.before = 'overdue' AND held.late_version IS NULL AND given.outcome <> 'overdue'))", "")


def outbox() -> None:
    """Forget a command once somebody has taken it to send it."""
    from gateway.store import outbox as store

    _replaced(store, "_CLAIM", "WHERE outcome IS NULL AND", "WHERE outcome IS NULL AND sent_at IS NULL AND")


def idempotency_key() -> None:
    """Take every key for a new one."""
    from gateway.store import accept, idempotency

    again = "ON CONFLICT (court_code, path, key) DO UPDATE SET created_at = EXCLUDED.created_at, answer = EXCLUDED.answer"
    _replaced(accept, "_ACCEPT", "ON CONFLICT DO NOTHING", again)
    _replaced(idempotency, "_KEEP", "ON CONFLICT DO NOTHING", again)
    _replaced(idempotency, "_LOAD", "WHERE court_code", "WHERE FALSE AND court_code")


def commit_after_database() -> None:
    """Put records behind at once, before anything was done with them."""
    from contracts.kafka.consumer import Consumer

    poll = Consumer.poll

    async def poll_and_commit(self, most, wait_s):
        records = await poll(self, most, wait_s)
        self.done(records)
        return records

    Consumer.poll = poll_and_commit


def fence() -> None:
    """Let a worker act on a step that must not be repeated without having been granted its turn."""
    try:
        from services.runtime import acting
    except ImportError:
        _status_first()
        return

    async def act_once(self, agency, one):
        replies = await self._exchange(agency, [acting._status_of(one)])
        (reply,) = replies.values()
        return await self._exchange(agency, [one], repeatable=False) if acting._never_received(reply) else replies

    assert hasattr(acting.Acting, "act_once"), "there is no step before acting any more"
    acting.Acting.act_once = act_once


def _status_first() -> None:
    """Where there are no turns yet: act without asking how the step stands, which is all that there is of a fence."""
    from services.runtime.asking import Asking

    async def act(self, agency, one):
        return await self._exchange(agency, [one], repeatable=False)

    assert hasattr(Asking, "_act_once"), "there is no step before acting any more"
    Asking._act_once = act


MUTATIONS = {one.__name__: one for one in (inbox, outbox, idempotency_key, commit_after_database, fence)}

if wanted := os.environ.get("FAULTS_MUTATION"):
    try:
        MUTATIONS[wanted]()
    except BaseException:  # noqa: BLE001 - whatever it is, this is no mutant
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(99)
