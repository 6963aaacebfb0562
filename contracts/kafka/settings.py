"""Where Kafka is, how its clients behave, and which keys prove who speaks. Read once, passed down."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
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
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL; SASL_SSL in production")
    sasl_mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = Field(
        default="SCRAM-SHA-512", description="SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN (over TLS only)")
    username: str | None = Field(default=None, description="SASL: the name of this process, which the broker's access rules are about")
    password: SecretStr | None = Field(default=None, description="SASL: its password")
    ca_file: Path | None = Field(default=None, description="TLS: PEM of the authority that signed the brokers' certificates; without it those of the machine")
    cert_file: Path | None = Field(default=None, description="TLS: PEM of this process's certificate, where the brokers want one")
    key_file: Path | None = Field(default=None, description="TLS: PEM of that certificate's key")

    @model_validator(mode="after")
    def _names_itself(self) -> Self:
        if self.security_protocol.startswith("SASL") and not (self.username and self.password):
            raise ValueError("with SASL there are a username and a password")
        if self.security_protocol == "SASL_PLAINTEXT" and self.sasl_mechanism == "PLAIN":
            raise ValueError("PLAIN sends the password as it is: over TLS only")
        return self


class MessageSettings(BaseSettings):
    """The keys that messages are signed and verified with; each role is given the secrets it needs and no others."""

    model_config = SettingsConfigDict(env_prefix="CHAKONG_", frozen=True)

    message_keys: Path = Field(description="the keyring file: whose keys there are, without secrets; read again when it changes")
    message_secrets: dict[str, SecretStr] = Field(default={}, description="JSON: secrets in Base64 by key id")
    message_secrets_file: Path | None = Field(default=None, description="the same in a file, read again when it changes; added to those")
