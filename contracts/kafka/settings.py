"""Where Kafka is and how its clients behave. Read once, passed down."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class KafkaSettings(BaseSettings):
    """Settings of every Kafka client of ours."""

    model_config = SettingsConfigDict(env_prefix="CHAKONG_KAFKA_", frozen=True)

    bootstrap_servers: str = Field(validation_alias="KAFKA_BOOTSTRAP_SERVERS", description="host:port, comma separated")
    fetch_max_wait_ms: int = Field(default=500, description="how long a fetch may park; the in-process broker never wakes one")
    one_reader: bool = Field(default=False, description="a worker reads all its topics by one client and one group; only on the in-process broker, which wakes no fetch and has one worker")
    idempotent: bool = Field(default=True, description="idempotent producer (acks=all); off only on the in-process broker")
    request_timeout_ms: int = Field(default=10_000, description="how long one call to the broker may take")
    session_timeout_ms: int = Field(default=10_000, description="how long a silent member keeps its partitions")
    commit_every_s: float = Field(default=0.5, description="how often finished offsets are committed")
    most_request_bytes: int = Field(default=8 * 1024 * 1024, description="largest message sent")
    partitions: int = Field(default=4, description="partitions of a topic that we create")
    replication: int = Field(default=1, description="replicas of a topic that we create; 3 in production")
    min_insync_replicas: int = Field(default=1, description="replicas that must have a message; 2 in production")
