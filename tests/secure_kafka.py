"""Apache Kafka as production has it: TLS, names and passwords, access rules. The certificates are made here, for an hour."""

import datetime as dt
import ipaddress
from collections.abc import Iterable, Mapping
from pathlib import Path

from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from deploy.acls import Acl
from deploy.kafka import KafkaCluster

ADMIN = "admin"

_SETTINGS = """\
listeners=SASL_SSL://127.0.0.1:{{port}},CONTROLLER://127.0.0.1:{{controller_port}}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL
inter.broker.listener.name=SASL_SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \
username="{admin}" password="{password}";
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={authority}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:{admin};User:ANONYMOUS
allow.everyone.if.no.acl.found=false
"""


def secure_kafka(folder: Path, passwords: Mapping[str, str]) -> KafkaCluster:
    """Return a broker that knows these names; ANONYMOUS is the broker itself on its controller's port."""
    folder.mkdir(parents=True)
    authority, keystore = _certificates(folder)
    users = [f"--add-scram=SCRAM-SHA-512=[name={name},password={password}]" for name, password in passwords.items()]
    settings = _SETTINGS.format(admin=ADMIN, password=passwords[ADMIN], keystore=keystore, authority=authority)
    return KafkaCluster(folder, more_settings=settings, format_options=tuple(users))


def client(bootstrap: str, folder: Path, name: str, passwords: Mapping[str, str]) -> dict[str, str]:
    """Return what a client of librdkafka is given to come under a name."""
    return {"bootstrap.servers": bootstrap, "security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": name,
            "sasl.password": passwords[name], "ssl.ca.location": str(folder / "authority.pem")}


def environment(bootstrap: str, folder: Path, name: str, passwords: Mapping[str, str]) -> dict[str, str]:
    """Return the settings with which a role of ours comes under a name."""
    return {"KAFKA_BOOTSTRAP_SERVERS": bootstrap, "CHAKONG_KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "CHAKONG_KAFKA_USERNAME": name,
            "CHAKONG_KAFKA_PASSWORD": passwords[name], "CHAKONG_KAFKA_CA_FILE": str(folder / "authority.pem")}


def allow(admin: AdminClient, rules: Iterable[Acl]) -> None:
    """Add access rules."""
    made = [AclBinding(ResourceType[one.resource.upper()], one.name, ResourcePatternType[one.pattern.upper()], one.principal, "*",
                       AclOperation[_OPERATIONS[one.operation]], AclPermissionType.ALLOW) for one in rules]
    for future in admin.create_acls(made).values():
        future.result(20)


_OPERATIONS = {"Read": "READ", "Write": "WRITE", "Describe": "DESCRIBE", "Create": "CREATE"}


def _certificates(folder: Path) -> tuple[Path, Path]:
    """Make an authority and the broker's certificate; return the authority's file and the broker's, with its key."""
    ca_key, ca_name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    ca = _certificate(ca_name, ca_name, ca_key.public_key()).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).sign(
        ca_key, hashes.SHA256())
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    broker = _certificate(name, ca_name, key.public_key()).add_extension(address, critical=False).sign(ca_key, hashes.SHA256())
    authority, keystore = folder / "authority.pem", folder / "broker.pem"
    authority.write_bytes(ca.public_bytes(Encoding.PEM))
    keystore.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + broker.public_bytes(Encoding.PEM))
    return authority, keystore


def _certificate(subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public).serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(now + dt.timedelta(hours=12)))
