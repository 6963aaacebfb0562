"""The tables. A task row is outbox, retry store and inbox at once (ADR 1); append-only tables say so."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()
_INSTANT = DateTime(timezone=True)

requests = Table(
    "requests", metadata,
    Column("request_id", Text, primary_key=True),
    Column("court_code", Text, nullable=False),
    Column("case_no", Text, nullable=False),
    Column("region_code", Text, nullable=False),
    Column("body", JSONB, nullable=False, comment="the request as validated"),
    Column("left_out", JSONB, nullable=False, comment="what was not asked, by reason, kind of asset and region"),
    Column("trace_id", Text, nullable=False),
    Column("accepted_at", _INSTANT, nullable=False),
    Column("ended_at", _INSTANT, comment="when every task had an outcome; never moves again"),
    Column("tasks", Integer, nullable=False),
    Column("awaiting", Integer, nullable=False, comment="query tasks without an outcome"),
    Column("report_version", Integer, nullable=False, server_default=text("0")),
    Column("event_seq", Integer, nullable=False, server_default=text("0"), comment="last event of its stream"),
    Index("requests_by_court", "court_code", "request_id"),
    Index("requests_by_case", "court_code", "case_no"),
)

tasks = Table(
    "tasks", metadata,
    Column("task_id", Text, primary_key=True),
    Column("request_id", Text, ForeignKey("requests.request_id"), nullable=False),
    Column("control_id", Text, comment="set on the tasks of a control's steps"),
    Column("agency", Text, nullable=False),
    Column("asset_type", Text, nullable=False),
    Column("subject", SmallInteger, nullable=False, comment="index into the request's subjects"),
    Column("action", Text, nullable=False),
    Column("request_no", Text, nullable=False, comment="what the agency knows this task by"),
    Column("topic", Text, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("command", Text, nullable=False, comment="the command's body as it was written first"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("sent_at", _INSTANT, comment="since when the broker may have it; null: no agency can have got it"),
    Column("next_attempt_at", _INSTANT, nullable=False, comment="not sent: from when; sent: when to send again"),
    Column("asked_at", _INSTANT, comment="since when a sent command is unanswered; null: none is under way"),
    Column("suspended_since", _INSTANT, comment="since when its agency was not asked when the command came to it; null: it was asked"),
    Column("agency_ref", Text, comment="what the agency acknowledged with; the next command asks for the status"),
    Column("answer_due_at", _INSTANT, nullable=False),
    Column("outcome", Text),
    Column("code", Text),
    Column("detail", Text),
    Column("assets", JSONB),
    Column("unreadable", JSONB, comment="items that are there and cannot be read; null: none"),
    Column("unread", JSONB, comment="what was not read of the answer itself, outside its items; null: all was"),
    Column("oddities", JSONB, comment="field, code and form of what was not read, never what it said; null: nothing"),
    Column("as_of", _INSTANT),
    Column("answered_at", _INSTANT),
    Column("elapsed_s", Float),
    Column("raw_sha256", Text),
    Column("raw", Text, comment="the agency's own answer as text, of rows from before raw_bytes"),
    Column("raw_bytes", LargeBinary, comment="the agency's own answer as it came, or its beginning; kept when it is outside its protocol"),
    Column("raw_media_type", Text, comment="its content type as it came"),
    Column("raw_size", BigInteger, comment="bytes of the whole answer, of which raw_sha256 is; null: not known"),
    Column("raw_kept_sha256", Text, comment="of raw_bytes"),
    Column("overdue_at", _INSTANT),
    Column("late_version", Integer, comment="the report version that a late answer made"),
    Index("tasks_by_request", "request_id"),
    Index("tasks_by_control", "control_id", postgresql_where=text("control_id IS NOT NULL")),
    Index("tasks_status", "control_id", unique=True, postgresql_where=text("action = 'status'")),
    Index("tasks_reconciling", "control_id", unique=True, postgresql_where=text("action = 'query' AND control_id IS NOT NULL")),
    Index("tasks_to_send", "next_attempt_at", postgresql_where=text("outcome IS NULL")),
    Index("tasks_to_send_by_agency", "agency", "next_attempt_at", postgresql_where=text("outcome IS NULL")),
    Index("tasks_due", "answer_due_at", postgresql_where=text("outcome IS NULL")),
    Index("tasks_read_oddly", "task_id", postgresql_where=text("oddities IS NOT NULL")),
    Index("tasks_early", "answer_due_at", postgresql_where=text("outcome = 'overdue' AND agency_ref IS NULL")),
    Index("tasks_late", "next_attempt_at", postgresql_where=text("outcome = 'overdue' AND agency_ref IS NOT NULL")),
    Index("tasks_late_by_agency", "agency", "next_attempt_at", postgresql_where=text("outcome = 'overdue' AND agency_ref IS NOT NULL")),
)

#: Append-only: replies that changed nothing, each with the reason.
filed_replies = Table(
    "filed_replies", metadata,
    Column("filed_id", BigInteger, Identity(always=True), primary_key=True),
    Column("task_id", Text, nullable=False),
    Column("filed_at", _INSTANT, nullable=False),
    Column("why", Text, nullable=False),
    Column("reply", JSONB, nullable=False),
    Index("filed_by_task", "task_id"),
)

#: Append-only: what made each version of a report.
report_versions = Table(
    "report_versions", metadata,
    Column("request_id", Text, ForeignKey("requests.request_id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("made_at", _INSTANT, nullable=False),
    Column("cause", Text, nullable=False),
)

#: Append-only: a request's stream. `seq` is given under the request's row lock, so it has no gaps and no late comers.
request_events = Table(
    "request_events", metadata,
    Column("request_id", Text, ForeignKey("requests.request_id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Column("event_no", BigInteger, server_default=text("nextval('event_numbers')"),
           comment="by which its place in the court's stream is given; null: older than those"),
    Index("request_events_by_no", "event_no", unique=True, postgresql_where=text("event_no IS NOT NULL")),
)

idempotency_keys = Table(
    "idempotency_keys", metadata,
    Column("court_code", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body_sha256", Text, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("location", Text),
    Column("answer", JSONB, nullable=False),
    Column("created_at", _INSTANT, nullable=False),
)

documents = Table(
    "documents", metadata,
    Column("court_code", Text, primary_key=True),
    Column("document_id", Text, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("uploaded_by", Text, nullable=False),
    Column("uploaded_at", _INSTANT, nullable=False),
)

controls = Table(
    "controls", metadata,
    Column("control_id", Text, primary_key=True),
    Column("request_id", Text, ForeignKey("requests.request_id"), nullable=False),
    Column("court_code", Text, nullable=False),
    Column("case_no", Text, nullable=False),
    Column("subject", SmallInteger, nullable=False),
    Column("subject_hash", Text, nullable=False, comment="keyed hash of the id number, for searches"),
    Column("asset_id", Text, nullable=False),
    Column("asset_type", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("record", JSONB, nullable=False, comment="the asset as the report had it"),
    Column("state", Text, nullable=False),
    Column("until_on", Date),
    Column("pending", Text),
    Column("in_doubt", Boolean, nullable=False),
    Column("request_no", Text, nullable=False, comment="of the first step; later steps name it as the original"),
    Column("control", JSONB, nullable=False, comment="gateway.domain.control.Control"),
    Column("created_at", _INSTANT, nullable=False),
    Column("status_asked_at", _INSTANT, nullable=False, comment="when the agency was last asked how it stands"),
    Column("watch", Text, comment="moving, steady; null: not asked about"),
    Column("warn_on", Date, comment="when the end of the term is warned of next"),
    Column("thing", Text, comment="keyed hash of agency and asset key, the same for every court; null: not known yet"),
    Column("reconciled_at", _INSTANT, nullable=False, server_default=text("'epoch'"),
           comment="when the reconciliation last asked about it, when it was ordered before that; infinity: no more"),
    Index("controls_to_reconcile", "agency", "reconciled_at", postgresql_where=text("reconciled_at < 'infinity'")),
    Index("controls_by_number", "request_no"),
    Index("controls_by_thing", "thing", postgresql_where=text("thing IS NOT NULL")),
    Index("controls_to_ask", "watch", "agency", "status_asked_at", postgresql_where=text("watch IS NOT NULL")),
    Index("controls_to_warn", "warn_on", postgresql_where=text("warn_on IS NOT NULL")),
    Index("controls_by_request", "request_id"),
    Index("controls_by_court", "court_code", "control_id"),
    Index("controls_by_subject", "court_code", "subject_hash"),
    Index("controls_by_case", "court_code", "case_no"),
    Index("controls_by_asset", "court_code", "asset_id"),
    Index("controls_by_end", "until_on", postgresql_where=text("until_on IS NOT NULL")),
)

#: Append-only: a control is the fold of these.
control_events = Table(
    "control_events", metadata,
    Column("control_id", Text, ForeignKey("controls.control_id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("event_id", Text, nullable=False),
    Column("at", _INSTANT, nullable=False),
    Column("kind", Text, nullable=False),
    Column("by", Text, nullable=False, comment="court, agency or clock"),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("control", JSONB, nullable=False, comment="the control after the event"),
    Column("report_version", Integer, nullable=False, comment="the first report version that shows it"),
)

control_plans = Table(
    "control_plans", metadata,
    Column("plan_id", Text, primary_key=True),
    Column("request_id", Text, ForeignKey("requests.request_id"), nullable=False),
    Column("court_code", Text, nullable=False),
    Column("case_no", Text, nullable=False),
    Column("state", Text, nullable=False, comment="open, executed, superseded"),
    Column("created_at", _INSTANT, nullable=False),
    Column("expires_at", _INSTANT, nullable=False, comment="until when it reserves what it names"),
    Column("executed_at", _INSTANT),
    Column("officer", JSONB, comment="who executed it"),
    Column("plan", JSONB, nullable=False, comment="gateway.domain.plan.Plan"),
    Column("policy", JSONB, nullable=False, comment="gateway.domain.court_policy.CourtPolicy"),
    Column("release_documents", JSONB, nullable=False),
    Index("plans_by_request", "request_id"),
    Index("plans_open", "court_code", postgresql_where=text("state = 'open'")),
)

#: Proposals to release, each with its life: a row is announced once, and withdrawn once.
release_proposals = Table(
    "release_proposals", metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("court_code", Text, nullable=False, comment="whose case it is now: of a converted control not that of its request"),
    Column("case_no", Text, nullable=False),
    Column("request_id", Text, ForeignKey("requests.request_id"), nullable=False, comment="that the control was ordered under"),
    Column("control_id", Text, ForeignKey("controls.control_id"), nullable=False),
    Column("proposal", JSONB, nullable=False, comment="contracts.report.ReleaseProposal"),
    Column("announced_at", _INSTANT, nullable=False),
    Column("from_version", Integer, nullable=False, comment="the first report version of the request that shows it"),
    Column("withdrawn_at", _INSTANT, comment="null: it stands"),
    Column("until_version", Integer, comment="the first report version that shows it no more"),
    Index("proposals_by_request", "request_id"),
    Index("proposals_standing", "court_code", "case_no", postgresql_where=text("withdrawn_at IS NULL")),
)

#: Cases in which something changed that may change an excess, to be looked at.
excess_checks = Table(
    "excess_checks", metadata,
    Column("court_code", Text, primary_key=True),
    Column("case_no", Text, primary_key=True),
    Column("asked_at", _INSTANT, nullable=False),
)

#: Releases that were ordered while something was pending; a row goes when its step is sent or needed no more.
held_steps = Table(
    "held_steps", metadata,
    Column("control_id", Text, ForeignKey("controls.control_id"), primary_key=True),
    Column("step", JSONB, nullable=False, comment="gateway.domain.follow_up.OrderedStep"),
    Column("held_at", _INSTANT, nullable=False),
)

#: One step on many controls, with what became of each item.
control_batches = Table(
    "control_batches", metadata,
    Column("batch_id", Text, primary_key=True),
    Column("court_code", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("accepted_at", _INSTANT, nullable=False),
)
control_batch_items = Table(
    "control_batch_items", metadata,
    Column("batch_id", Text, ForeignKey("control_batches.batch_id"), primary_key=True),
    Column("index", Integer, primary_key=True),
    Column("control_id", Text, nullable=False, comment="as it was named; there may be no such control"),
    Column("task_id", Text, comment="null: refused, or held and sent later"),
    Column("problem", JSONB, comment="why it was refused"),
)

#: Append-only, by trigger too: who asked for what, on which basis, and what came of it. No personal data of subjects.
audit = Table(
    "audit", metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("at", _INSTANT, nullable=False),
    Column("court_code", Text, nullable=False),
    Column("officer", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("basis", Text, comment="case number and purpose"),
    Column("decision", Text, nullable=False, comment="accepted, read, refused:<code>"),
    Column("trace_id", Text, nullable=False),
)
