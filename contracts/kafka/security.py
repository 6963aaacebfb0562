"""How a client of ours comes to the broker: in the clear, over TLS, with a name and a password."""

import ssl
from typing import Any

from contracts.kafka.settings import KafkaSettings


def connection(settings: KafkaSettings) -> dict[str, Any]:
    """Return what every client of aiokafka is given: where the brokers are, and how to come to them.

    Raises: OSError or ssl.SSLError if a certificate or its key cannot be read
    """
    made: dict[str, Any] = {"bootstrap_servers": settings.bootstrap_servers, "security_protocol": settings.security_protocol}
    if settings.security_protocol in {"SSL", "SASL_SSL"}:
        made["ssl_context"] = _context(settings)
    if settings.password is not None and settings.security_protocol.startswith("SASL"):
        made |= {"sasl_mechanism": settings.sasl_mechanism, "sasl_plain_username": settings.username,
                 "sasl_plain_password": settings.password.get_secret_value()}
    return made


def _context(settings: KafkaSettings) -> ssl.SSLContext:
    """Trust the given authority, or those of the machine, and check the broker's name."""
    context = ssl.create_default_context(cafile=settings.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.cert_file is not None:
        context.load_cert_chain(settings.cert_file, settings.key_file)
    return context
