"""Every name of the mesh that the harness knows: roles, settings, topics, agencies, statements. Change a name here and nowhere else.

The checker reads these names and imports nothing of the packages under test.
"""

from dataclasses import dataclass
from pathlib import Path

_PACKAGES = Path(__file__).parents[2]

#: Processes of the installation, by name, with the roles each runs. Two of what may run twice.
PROCESSES: dict[str, tuple[str, ...]] = {
    "mock-agencies": ("mock-agencies",), "callbacks": ("callbacks",), "worker-1": ("worker",), "worker-2": ("worker",),
    "aggregator-1": ("aggregator",), "aggregator-2": ("aggregator",), "relay": ("relay",), "schedule": ("schedule",), "api": ("api",)}
#: The same roles in as few processes as show a kill of each.
FEW_PROCESSES: dict[str, tuple[str, ...]] = {
    "mock-agencies": ("mock-agencies",), "worker": ("worker", "callbacks"), "aggregator": ("aggregator",), "relay": ("relay", "schedule"),
    "api": ("api",)}
AGENCY_SIDE = frozenset({"worker", "callbacks", "mock-agencies"})

COURT, OFFICER = "粤5302", "粤5302-0031"
CASE_NO = "（2026）粤5302执1234号"
START = "2026-11-23T09:00:00+08:00"

#: Banks that answer in the response; the last is not idempotent by request number.
BANKS = ("icbc", "abc", "boc", "ccb", "bocom", "psbc", "cmb", "cgb", "spdb", "cib")
NOT_IDEMPOTENT = "cib"
#: Of other kinds, and in other ways: a batch of plates, a file, a fund, by call-back, by asking for the status.
OTHERS = ("yunfu-vehicle-office", "csdc", "yunfu-provident-fund", "yunfu-rcb", "gd-market-regulation")
ASKED = (*BANKS, *OTHERS)
#: The text of an asset's key in the register of the mock agencies, by kind.
KEYS: dict[str, tuple[str, ...]] = {
    "deposits": ("account_no",), "vehicles": ("plate_no",), "equity": ("uscc",), "provident_fund": ("personal_account_no",),
    "securities": ("securities_account", "security_code"), "real_estate": ("unit_code",)}

#: What was lost with a broker or a process is asked for again soon; what a test breaks is noticed soon.
IMPATIENT = {"CHAKONG_RESEND_AFTER_S": "12", "CHAKONG_DEFERRAL_S": "1", "CHAKONG_MOST_DEFERRAL_S": "5", "CHAKONG_KAFKA_SESSION_TIMEOUT_MS": "6000",
             "CHAKONG_KAFKA_REQUEST_TIMEOUT_MS": "4000", "CHAKONG_BREAKER_PAUSE_S": "1",
             "CHAKONG_BREAKER_MOST_PAUSE_S": "4", "CHAKONG_MOCK_ODD_SHARE": "0", "CHAKONG_MOCK_MANUAL_S": "1"}
#: A session that a paused process outlives, in seconds (CHAKONG_KAFKA_SESSION_TIMEOUT_MS).
SESSION_S = 6.0
#: After so many seconds without a reply a command is sent again (CHAKONG_RESEND_AFTER_S).
RESEND_S = 12.0
#: Call time-out of every agency, seconds.
CALL_TIMEOUT_S = 3

REPLIES, DEAD_LETTERS = "chakong.reply.v1", "chakong.dead-letter.v1"
OUR_TOPICS, OUR_GROUPS = "chakong.", "chakong."


def commands_of(asset_type: str) -> str:
    """Return the topic of a kind's commands."""
    return f"chakong.command.{asset_type}.v1"


#: Replies and commands are signed: whoever writes to a topic by hand is not believed. Where they are not, he is.
SIGNED = (_PACKAGES / "contracts" / "signing.py").exists()
#: A step that must not be repeated has one owner at a time: a worker that sleeps and wakes up does not act a second time.
FENCED = (_PACKAGES / "services" / "runtime" / "acting.py").exists()

SUBMIT, ORDER = "/v1/requests", "/v1/controls"
#: What the audit trail calls an accepted write, by path of the call.
AUDITED = {SUBMIT: "request.submit", ORDER: "control.order"}
PAPERS = ("ruling", "assist_freeze_notice")
#: States of a control that hold something at the agency, and those that hold nothing.
HOLDS, HOLDS_NOT = frozenset({"in_force", "waiting", "partly_in_force", "marked"}), frozenset({"refused"})

#: Bounds of I7 for one process of ours.
MOST_RSS_MB, MOST_FDS = 700, 900
#: How long everything may take to come to rest after a fault is healed.
QUIET_WITHIN_S = 60.0


@dataclass(frozen=True)
class Statements:
    """SQL that reads the store; every parameter is a list of request ids unless it is named."""

    requests: str = "SELECT request_id, court_code, tasks, awaiting, ended_at IS NOT NULL AS ended, report_version, event_seq FROM requests WHERE request_id = ANY($1)"
    tasks: str = ("SELECT task_id, request_id, control_id, agency, asset_type, subject, action, request_no, attempts, outcome, code, raw_sha256, "
                  "COALESCE(jsonb_array_length(assets), 0) AS assets FROM tasks WHERE request_id = ANY($1)")
    controls: str = ("SELECT control_id, request_id, agency, asset_id, record, state, pending, in_doubt, request_no, control "
                     "FROM controls WHERE control_id = ANY($1)")
    control_events: str = 'SELECT control_id, seq, kind, "by", before, after FROM control_events WHERE control_id = ANY($1) ORDER BY control_id, seq'
    request_events: str = "SELECT request_id, seq, kind, data FROM request_events WHERE request_id = ANY($1) ORDER BY request_id, seq"
    keys: str = "SELECT path, key, status, answer FROM idempotency_keys"
    audit: str = "SELECT seq, action, object, decision FROM audit WHERE action = ANY($1) AND decision = 'accepted' ORDER BY seq"
    filed: str = "SELECT filed_id, task_id, why FROM filed_replies ORDER BY filed_id"
    last_filed: str = "SELECT COALESCE(max(filed_id), 0) FROM filed_replies"
    all_requests: str = "SELECT request_id FROM requests"
    all_controls: str = "SELECT control_id, request_no FROM controls"
    open_tasks: str = "SELECT count(*) FROM tasks WHERE outcome IS NULL"
    pending: str = "SELECT count(*) FROM controls WHERE pending IS NOT NULL"
    held: str = "SELECT count(*) FROM held_steps"


STATEMENTS = Statements()
