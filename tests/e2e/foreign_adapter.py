"""An adapter of one bank in another house: it knows our AsyncAPI document and interface.md §2, and imports nothing of ours.

    python foreign_adapter.py BOOTSTRAP TOPIC BOOKS

BOOKS is JSON: by id number, the accounts of a customer and, for tests, how the first answer goes wrong.
"""

import json
import signal
import sys
import uuid
from datetime import UTC, datetime

from confluent_kafka import Consumer, Producer

BOOTSTRAP, TOPIC, BOOKS = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
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


def headers(command, came):
    """Return CloudEvents 1.0 in binary mode: every attribute with the prefix ce_."""
    return {
        "ce_specversion": "1.0", "ce_id": str(uuid.uuid4()), "ce_type": "cn.chakong.reply.v1", "ce_source": f"/foreign/{command['agency']}",
        "ce_subject": command["task_id"], "ce_time": now(), "ce_correlationid": came["ce_correlationid"],
        "ce_causationid": came["ce_id"], "ce_traceparent": came["ce_traceparent"], "content-type": "application/json",
    }


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
        command, came = json.loads(message.value()), {name: value.decode() for name, value in message.headers()}
        body = reply_to(command)
        value = b"{half a repl" if body is None else json.dumps(body, ensure_ascii=False).encode()
        producer.produce(REPLIES, key=came["ce_correlationid"], value=value, headers=headers(command, came))
        if producer.flush(10) == 0:
            consumer.commit(message, asynchronous=False)
    consumer.close()


main()
