"""Who calls: the bearer token, checked once and remembered until it ends. It decides no rights; that is domain/policy.py."""

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pydantic import ValidationError

from contracts.clock import Clock
from contracts.failures import ChakongError
from contracts.telemetry import UNAUTHENTICATED
from gateway.domain.policy import Claims

_ALGORITHM = "EdDSA"
#: How far the signer's clock may be ahead of ours.
_LEEWAY_S = 30
_MOST_REMEMBERED = 1_000
_LONGEST_TOKEN = 4_096


class Unauthenticated(ChakongError):
    """需要有效的访问令牌 / A valid bearer token is needed."""

    code, status = "unauthenticated", 401

    def __init__(self, reason: str) -> None:
        """Keep the reason: missing, malformed, forged, incomplete or expired."""
        super().__init__()
        self.reason = reason


class TokenReader:
    """Checks tokens against one Ed25519 public key; without a key it refuses every caller."""

    def __init__(self, public_key_pem: str, clock: Clock) -> None:
        """Take the key and the machine's clock.

        Raises: ValueError if the PEM is not that of an Ed25519 public key
        """
        self._key, self._clock = _public_key(public_key_pem), clock
        self._remembered: dict[str, Claims] = {}

    def read(self, authorization: str | None) -> Claims:
        """Return the claims of an Authorization header.

        Raises: Unauthenticated, and counts it by reason
        """
        try:
            return self._read(authorization)
        except Unauthenticated as refusal:
            UNAUTHENTICATED.labels(refusal.reason).inc()
            raise

    def _read(self, authorization: str | None) -> Claims:
        claims = self._remembered.get(authorization or "")
        if claims is None:
            claims = self._check(_bearer(authorization))
            self._remember(authorization or "", claims)
        if claims.exp <= self._clock.now().timestamp():
            self._remembered.pop(authorization or "", None)
            raise Unauthenticated("expired")
        return claims

    def _check(self, token: str) -> Claims:
        if self._key is None:
            raise Unauthenticated("forged")
        try:
            # The expiry is compared with the clock that was passed in.
            content = jwt.decode(token, self._key, algorithms=[_ALGORITHM], leeway=_LEEWAY_S,
                                 options={"verify_exp": False, "verify_aud": False, "require": ["exp", "sub"]})
            return Claims.model_validate(content)
        except (jwt.MissingRequiredClaimError, ValidationError):
            raise Unauthenticated("incomplete") from None
        except jwt.InvalidTokenError:
            raise Unauthenticated("forged") from None

    def _remember(self, authorization: str, claims: Claims) -> None:
        if len(self._remembered) >= _MOST_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[authorization] = claims


def _bearer(authorization: str | None) -> str:
    if not authorization:
        raise Unauthenticated("missing")
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > _LONGEST_TOKEN:
        raise Unauthenticated("malformed")
    return token


def _public_key(pem: str) -> Ed25519PublicKey | None:
    if not pem:
        return None
    try:
        key = load_pem_public_key(pem.encode())
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("the key that signs tokens must be Ed25519")  # noqa: TRY004 - a wrong setting
    return key
