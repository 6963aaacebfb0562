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
AGENCY_SECONDS = Histogram("chakong_agency_call_seconds", "time of one call to an agency", ["agency", "result"], buckets=BUCKETS)
LANE_WAITING = Gauge("chakong_lane_waiting", "commands waiting in an agency's lane", ["agency"])
BREAKER_OPEN = Gauge("chakong_breaker_open", "1 while an agency is not called", ["agency"])
OUTBOX_AGE = Gauge("chakong_outbox_age_seconds", "age of the oldest command that should have been sent")
DIFFERENCES_OPEN = Gauge("chakong_differences_open", "differences with agencies that nobody has settled", ["agency", "kind"])
BATCH_SIZE = Histogram("chakong_batch_size", "items handled together", ["hop"], buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512))
