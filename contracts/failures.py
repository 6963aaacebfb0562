"""What can go wrong, once: each failure has a stable code, a REST status and a default message (its docstring).

ChakongError
  x ContractError            the message itself is wrong
    + MalformedMessage       cannot be decoded               -> dead letter
    + NotAuthentic           who sent it is not proved       -> dead letter and an alarm; never read further
    + UnknownAssetType       not in the registry             -> 422 / dead letter
    + DirectoryInvalid       a row of the agency directory   -> the start fails
    + LawInvalid             a row of the courts' overrides  -> the start fails
    + KeyringInvalid         a key of the keyring            -> the start fails
  x AgencyError              what an agency can do to us
    + AgencyUnavailable      no answer, 5xx, 429             -> retried in the worker, then reply deferred
    + AgencyRefused          understood and declined         -> reply refused(code); never retried
    + AgencyUnsupported      does not do such a thing        -> reply unsupported; never retried
    + AgencyProtocolError    answer outside its own document -> reply failed(protocol) + alert; never guessed
  x StateError
    + IllegalTransition      does not fit the state          -> 409 / filed with an alarm
    + NotFound               no such object in this court    -> 404
  x ServiceUnavailable       a store or a broker is away     -> 503 with Retry-After
  x NoKey                    no key signs what is to be sent -> it is kept, with an alarm
  x Rejected                 a caller's body or right is wrong, with every field named -> 4xx problem
"""

from collections.abc import Sequence
from typing import ClassVar

from contracts.words import Model


class Unfit(ValueError):
    """One value is not fit: a stable code, what is wrong in both languages, and what would be right."""

    def __init__(self, code: str, zh: str, en: str, expected: str = "") -> None:
        """Keep the four parts; `expected` names a value or form that would be accepted."""
        super().__init__(en)
        self.code, self.zh, self.en, self.expected = code, zh, en, expected


class Rule(Model):
    """The rule of law a refusal rests on."""

    id: str
    source: str


class FieldError(Model):
    """One wrong field of a body, with the rule of law it offends, if it is one. Source: interface.md §1, errors."""

    pointer: str
    code: str
    zh: str
    en: str
    expected: str = ""
    rule: Rule | None = None


class ChakongError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500

    def __init__(self, message: str = "") -> None:
        """Take a message; the default is the class's docstring."""
        super().__init__(message or (type(self).__doc__ or "").strip())


class ContractError(ChakongError):
    """The message itself is wrong."""

    code = "contract"


class MalformedMessage(ContractError):
    """The message cannot be decoded."""

    code = "malformed_message"


class NotAuthentic(ContractError):
    """It is not proved who sent the message."""

    code = "not_authentic"


class UnknownAssetType(ContractError):
    """There is no such asset type."""

    code, status = "unknown_asset_type", 422


class DirectoryInvalid(ContractError):
    """The agency directory is not valid."""

    code = "directory_invalid"


class LawInvalid(ContractError):
    """The courts' overrides of the legal table are not valid."""

    code = "law_invalid"


class KeyringInvalid(ContractError):
    """The keyring is not valid, or lacks a secret that the role needs."""

    code = "keyring_invalid"


class NoKey(ChakongError):
    """No key signs what is to be sent."""

    code = "no_key"


class AgencyError(ChakongError):
    """An agency did not give a usable answer."""

    code = "agency"


class AgencyUnavailable(AgencyError):
    """The agency did not answer; asking again may help."""

    code = "unavailable"

    def __init__(self, message: str = "", *, retry_after_s: float | None = None, code: str = "unavailable") -> None:
        """Keep how long the agency itself asked us to wait, if it did, and why: unavailable, office_closed or busy."""
        super().__init__(message)
        self.retry_after_s, self.why = retry_after_s, code


class AgencyRefused(AgencyError):
    """The agency understood and declined."""

    def __init__(self, refusal_code: str, detail: str = "") -> None:
        """Keep our word for the reason (a code of `contracts.outcome`) and the agency's own text."""
        super().__init__(detail or refusal_code)
        self.refusal_code, self.detail = refusal_code, detail


class AgencyUnsupported(AgencyError):
    """The agency does not do this."""

    code = "unsupported"


class AgencyProtocolError(AgencyError):
    """The agency's answer is outside its own document; nothing is concluded from it."""

    code = "protocol"

    def __init__(self, message: str = "", *, raw: bytes = b"", media_type: str = "") -> None:
        """Keep the beginning of an answer that was not read to its end, with its content type."""
        super().__init__(message)
        self.raw, self.media_type = raw, media_type


class StateError(ChakongError):
    """The object is not in a state that allows this."""

    code, status = "state", 409


class IllegalTransition(StateError):
    """The event does not fit the control's state."""

    code = "illegal_transition"


class NotFound(StateError):
    """There is no such object."""

    code, status = "not_found", 404


class ServiceUnavailable(ChakongError):
    """A part we need is away; try again."""

    code, status = "unavailable", 503
    retry_after_s: ClassVar[int] = 5


class Rejected(ChakongError):
    """A caller's request cannot be taken."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        errors: Sequence[FieldError] = (),
        rule: Rule | None = None,
        *,
        detail: str = "",
    ) -> None:
        """Keep the parts of the RFC 9457 problem document this becomes."""
        super().__init__(title)
        self.problem_status, self.problem_code, self.title = status, code, title
        self.errors, self.rule, self.detail = tuple(errors), rule, detail
