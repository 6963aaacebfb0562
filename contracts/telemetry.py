"""Every metric name in one place. Labels hold codes and states, never personal data."""

from prometheus_client import Counter, Gauge, Histogram

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

HTTP_SECONDS = Histogram("chakong_http_seconds", "time of a REST call", ["route", "method", "status"], buckets=BUCKETS)
UNAUTHENTICATED = Counter("chakong_unauthenticated_total", "calls without a valid token", ["reason"])
REQUESTS_ACCEPTED = Counter("chakong_requests_accepted_total", "requests accepted")
TASKS_SENT = Counter("chakong_tasks_sent_total", "commands acknowledged by the broker", ["asset_type"])
TASKS_ANSWERED = Counter("chakong_tasks_answered_total", "tasks that got an outcome", ["agency", "outcome"])
REPLIES_FILED = Counter("chakong_replies_filed_total", "replies that changed nothing", ["why"])
DEAD_LETTERS = Counter("chakong_dead_letters_total", "messages set aside", ["topic", "reason"])
ALARMS = Counter("chakong_alarms_total", "things a person should look at", ["kind"])
CLOCK_SKEW = Gauge("chakong_clock_skew_seconds", "how far this machine's clock is ahead of the database's")
AGENCY_SECONDS = Histogram("chakong_agency_call_seconds", "time of one call to an agency", ["agency", "result"], buckets=BUCKETS)
LANE_WAITING = Gauge("chakong_lane_waiting", "commands waiting in an agency's lane", ["agency"])
BREAKER_OPEN = Gauge("chakong_breaker_open", "1 while an agency is not called", ["agency"])
OUTBOX_AGE = Gauge("chakong_outbox_age_seconds", "age of the oldest command that should have been sent")
BATCH_SIZE = Histogram("chakong_batch_size", "items handled together", ["hop"], buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512))
IN_FLIGHT_BYTES = Gauge("chakong_in_flight_bytes", "unanswered commands of a topic and their expected replies, as one relay counts them", ["topic"])
MESH_OLDEST_UNSENT = Gauge("chakong_oldest_unsent_seconds", "age of the oldest command that is due and was not sent, over the whole mesh", ["asset_type"])
OLDEST_UNANSWERED = Gauge("chakong_oldest_unanswered_seconds", "age of the oldest command that was sent and not answered, but to suspended agencies", ["asset_type"])
OLDEST_UNAPPLIED = Gauge("chakong_oldest_unapplied_seconds", "age of the oldest reply that an aggregator has and could not apply", ["asset_type"])
BACKLOG = Gauge("chakong_backlog", "commands that wait to be sent or for an answer", ["agency", "asset_type"])
HEARTBEAT_AGE = Gauge("chakong_heartbeat_age_seconds", "how long ago a role told that it lives, or its main loop turned", ["role", "detail", "process"])
BREAKER_STATE = Gauge("chakong_breaker_state", "1 for the state of an agency's breaker, over all workers: closed, open, half_open", ["agency", "state"])
DISK_FREE = Gauge("chakong_disk_free_ratio", "free part of the disk that holds the data folder of this process")
REQUESTS_REFUSED = Counter("chakong_requests_refused_total", "requests refused because more came in than is brought to an end")
