"""Decide what becomes of messages that an operator wants sent again, or put into quarantine; the relay's process sends them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import orjson

from contracts.clock import Clock
from contracts.kafka import topics
from gateway.domain.dead_letters import Standing, State, Verdict, verdict
from gateway.domain.directory import Directory
from gateway.domain.redrive_body import MOST_LETTERS, RedriveBody
from gateway.intake import Submitted, check_same_body
from gateway.store.audit import AuditEntry, append
from gateway.store.database import Connection, Database
from gateway.store.dead_letters import Which, change, lock_found, lock_named, note_first_person
from gateway.store.idempotency import IdempotencyKey, keep_answer, load_answer

Verb = Literal["redrive", "quarantine"]
Became = Verdict | Literal["not_found"]
#: What becomes of a letter that is put into quarantine.
_PUT_APART: Mapping[State, Verdict] = {"open": "quarantined", "quarantined": "quarantined", "due": "under_way", "redriven": "already_redriven"}


@dataclass(frozen=True, slots=True)
class Order:
    """What an officer wants done with which letters; `key` is null for a dry run, `entry` goes on record with it."""

    verb: Verb
    body: RedriveBody
    officer: str
    key: IdempotencyKey | None
    entry: AuditEntry


class Redriving:
    """Has letters sent again, or puts them where no filter finds them, in one transaction a call."""

    def __init__(self, database: Database, directory: Directory, *, asset_types: frozenset[str], clock: Clock) -> None:
        """Take what it works with; only topics that are read are sent to."""
        self._database, self._clock = database, clock
        known = {topics.commands(code) for code in asset_types} | {topics.commands_for(one) for one in directory.agencies}
        self._topics = frozenset({*known, topics.REPLIES})

    async def take(self, order: Order) -> Submitted:
        """Do what is wanted as far as the officer may, or give again the answer that its idempotency key has.

        Raises: Rejected 422 idempotency_key_reused; StoreUnavailable
        """
        async with self._database.transaction() as connection:
            items = await self._became(connection, order)
            answer = orjson.dumps(_told(order.body, items))
            if order.key is None or await keep_answer(connection, order.key, status=202, location=None, answer=answer.decode(), now=self._clock.now()):
                if order.key is not None:
                    await self._write(connection, order, items)
                await append(connection, [order.entry])
                return Submitted(answer, "", replayed=False)
            kept = await load_answer(connection, order.key)
        if kept is None:
            raise KeyError(order.key.key)
        check_same_body(kept, order.key)
        return Submitted(orjson.dumps(kept.answer), "", replayed=True)

    async def _became(self, connection: Connection, order: Order) -> dict[str, Became]:
        body = order.body
        if body.filter is not None:
            found = await lock_found(connection, Which(**body.filter.model_dump()), MOST_LETTERS)
        else:
            found = await lock_named(connection, body.ids or ())
        items: dict[str, Became] = {id_: self._verdict(one, order) for id_, one in found.items()}
        return items if body.ids is None else {one: items.get(one, "not_found") for one in body.ids}

    def _verdict(self, letter: Standing, order: Order) -> Verdict:
        if order.verb == "redrive":
            return verdict(letter, order.officer, self._topics, by_name=order.body.ids is not None)
        return _PUT_APART[letter.state]

    async def _write(self, connection: Connection, order: Order, items: Mapping[str, Became]) -> None:
        now = self._clock.now()
        if order.verb == "quarantine":
            await change(connection, _with(items, "quarantined"), "quarantined", order.officer, now)
            return
        await change(connection, _with(items, "redriven"), "due", order.officer, now)
        await note_first_person(connection, _with(items, "second_person"), order.officer)


def _told(body: RedriveBody, items: Mapping[str, Became]) -> dict[str, object]:
    return {"dry_run": body.dry_run, "counts": Counter(items.values()), "items": [{"id": id_, "verdict": one} for id_, one in items.items()]}


def _with(items: Mapping[str, Became], which: Verdict) -> list[str]:
    return [id_ for id_, one in items.items() if one == which]
