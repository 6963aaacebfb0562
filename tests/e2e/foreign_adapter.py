"""An adapter of one bank in another house: it knows our AsyncAPI document and interface.md §2, and imports nothing of ours.

    python foreign_adapter.py BOOTSTRAP TOPIC BOOKS KEYS

BOOKS is JSON: by id number, the accounts of a customer and, for tests, how the first answer goes wrong.
KEYS is JSON: the key id and the seed it signs with, and the public keys of the gateway by key id, all in Base64.
"""

import base64
import hashlib
import json
import signal
import sys
import uuid
from datetime import UTC, datetime

from confluent_kafka import Consumer, Producer
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

BOOTSTRAP, TOPIC, BOOKS, KEYS = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), json.loads(sys.argv[4])
REPLIES = "chakong.reply.v1"


def now():
    return datetime.now(UTC).isoformat()


def answered(command, outcome, **more):
    return {"task_id": command["task_id"], "agency": command["agency"], "kind": "answered", "outcome": outcome, "as_of": now(), **more}


def right(command):
    accounts = BOOKS.get(command["subject"]["id_no"], {}).get("accounts", [])
    if not accounts:
        return answered(command, "none_found")
    return answered(command, "found", assets=[{"record": account, "prior_measures": [], "priority_rights": []} for account in accounts])


def reply_to(command):
    """Return the body of a reply; what goes wrong goes wrong the first time only."""
    wrong = BOOKS.get(command["subject"]["id_no"], {}).get("wrong")
    if command["action"] == "status":
        assert command["of_action"] == "query"
        assert command["agency_ref"] == f"slip-{command['request_no']}"
        return right(command)
    if command["action"] != "query":
        return {**answered(command, "unsupported"), "code": "no_capability"}
    if wrong is None or command["attempt"] > 1:
        return right(command)
    reply = right(command)
    match wrong:
        case "by hand":
            return {"task_id": command["task_id"], "agency": command["agency"], "kind": "acknowledged",
                    "agency_ref": f"slip-{command['request_no']}"}
        case "unknown field":
            reply["assets"][0]["record"]["loyalty_points"] = 7
        case "unknown outcome":
            reply["outcome"] = "perhaps"
        case "another's task":
            reply["task_id"] = "01JNOTASKOFTHISINSTALLATION"
        case "not JSON":
            return None
    return reply


def headers(command, came, task_id):
    """Return CloudEvents 1.0 in binary mode: every attribute with the prefix ce_; the subject is the task of the body."""
    return {
        "ce_specversion": "1.0", "ce_id": str(uuid.uuid4()), "ce_type": "cn.chakong.reply.v1", "ce_source": f"/foreign/{command['agency']}",
        "ce_subject": task_id, "ce_time": now(), "ce_correlationid": came["ce_correlationid"],
        "ce_causationid": came["ce_id"], "ce_traceparent": came["ce_traceparent"], "content-type": "application/json",
    }


def signed_part(told, body):
    parts = [told["ce_id"], told["ce_type"], told["ce_subject"], told["ce_time"], hashlib.sha256(body).hexdigest()]
    return "\n".join(parts).encode()


def is_the_gateways(came, body):
    """Tell whether the court's gateway sent a command: nothing of another one is done."""
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(KEYS["gateway"][came["ce_keyid"]]))
        public.verify(base64.b64decode(came["ce_signature"]), signed_part(came, body))
    except (KeyError, ValueError, InvalidSignature):
        return False
    return came["ce_type"].startswith("cn.chakong.command.") and came["ce_subject"] == json.loads(body)["task_id"]


def sign(told, body):
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(KEYS["seed"]))
    return {**told, "ce_keyid": KEYS["keyid"], "ce_signature": base64.b64encode(private.sign(signed_part(told, body))).decode()}


def main():
    going = True

    def end(*_):
        nonlocal going
        going = False

    signal.signal(signal.SIGTERM, end)
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "enable.idempotence": True})
    consumer = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": f"foreign.{TOPIC}", "enable.auto.commit": False,
                         "auto.offset.reset": "earliest"})
    consumer.subscribe([TOPIC])
    while going:
        message = consumer.poll(0.2)
        if message is None or message.error():
            continue
        came = {name: value.decode() for name, value in message.headers()}
        if not is_the_gateways(came, message.value()):
            print("not the gateway's", message.partition(), message.offset(), file=sys.stderr, flush=True)
            continue
        command = json.loads(message.value())
        body = reply_to(command)
        value = b"{half a repl" if body is None else json.dumps(body, ensure_ascii=False).encode()
        told = headers(command, came, command["task_id"] if body is None else body["task_id"])
        producer.produce(REPLIES, key=came["ce_correlationid"], value=value, headers=sign(told, value))
        if producer.flush(10) == 0:
            consumer.commit(message, asynchronous=False)
    consumer.close()


main()
