import pytest
from pydantic import ValidationError

from contracts.kafka.security import connection
from contracts.kafka.settings import KafkaSettings


def settings(**given):
    return KafkaSettings(KAFKA_BOOTSTRAP_SERVERS="kafka:9092", **given)


def test_without_settings_a_client_comes_in_the_clear():
    assert connection(settings()) == {"bootstrap_servers": "kafka:9092", "security_protocol": "PLAINTEXT"}


def test_with_a_name_and_a_password_it_comes_by_them_over_tls():
    made = connection(settings(security_protocol="SASL_SSL", username="chakong-relay", password="secret"))
    context = made.pop("ssl_context")
    assert (context.check_hostname, context.verify_mode.name) == (True, "CERT_REQUIRED")
    assert made == {"bootstrap_servers": "kafka:9092", "security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512",
                    "sasl_plain_username": "chakong-relay", "sasl_plain_password": "secret"}


@pytest.mark.parametrize(("given", "said"), [
    ({"security_protocol": "SASL_SSL"}, "username and a password"), ({"security_protocol": "SASL_SSL", "username": "x"}, "username and a password"),
    ({"security_protocol": "SASL_PLAINTEXT", "username": "x", "password": "y", "sasl_mechanism": "PLAIN"}, "over TLS only"),
    ({"security_protocol": "TLS"}, "security_protocol"), ({"sasl_mechanism": "GSSAPI"}, "sasl_mechanism")])
def test_half_a_setting_is_refused(given, said):
    with pytest.raises(ValidationError, match=said):
        settings(**given)


def test_no_password_is_shown():
    assert "hunter2" not in repr(settings(security_protocol="SASL_SSL", username="x", password="hunter2"))


def test_a_certificate_that_is_not_there_is_an_error_at_once(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        connection(settings(security_protocol="SSL", ca_file=tmp_path / "missing.pem"))
