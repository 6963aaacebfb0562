"""Legal documents: their kinds, a reference to one, and what each action needs. interface.md, POST /v1/documents."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import StringConstraints

from contracts.case import ShortText
from contracts.words import Message, Model, Text

DocumentKind = Literal[
    "assist_query_notice", "assist_freeze_notice", "assist_execution_notice", "assist_publicity_notice",
    "assist_release_notice", "assist_deduct_notice", "ruling", "release_ruling", "deduct_ruling", "transfer_ruling",
    "application", "written_confirmation", "transfer_letter", "ownership_proof",
]
KIND_NAMES: Mapping[str, Text] = {
    "assist_query_notice": Text(zh="协助查询通知书", en="notice of assistance in query"),
    "assist_freeze_notice": Text(zh="协助冻结通知书", en="notice of assistance in freezing"),
    "assist_execution_notice": Text(zh="协助执行通知书", en="notice of assistance in enforcement"),
    "assist_publicity_notice": Text(zh="协助公示通知书", en="notice of assistance in publicity"),
    "assist_release_notice": Text(zh="协助解除通知书", en="notice of assistance in release"),
    "assist_deduct_notice": Text(zh="协助扣划通知书", en="notice of assistance in deduction"),
    "ruling": Text(zh="裁定书", en="ruling"),
    "release_ruling": Text(zh="解除裁定书", en="release ruling"),
    "deduct_ruling": Text(zh="扣划裁定书", en="deduction ruling"),
    "transfer_ruling": Text(zh="过户裁定书", en="transfer ruling"),
    "application": Text(zh="申请书", en="application"),
    "written_confirmation": Text(zh="第三人书面确认", en="third party's written confirmation"),
    "transfer_letter": Text(zh="移送执行函", en="transfer letter"),
    "ownership_proof": Text(zh="权属证明", en="proof of ownership"),
}

DocumentId = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
#: One requirement is a set of kinds of which any one will do; an action needs every requirement met (rule DOC-MATRIX).
Requirement = tuple[DocumentKind, ...]

MEDIA_TYPES = ("application/pdf", "application/ofd", "image/jpeg", "image/png")
MOST_DOCUMENT_BYTES = 5 * 1024 * 1024

QUERY: tuple[Requirement, ...] = (("assist_query_notice",),)
#: A preservation query needs the ruling and the applicant's written application too (rule PRESERVE-QUERY).
PRESERVATION_QUERY: tuple[Requirement, ...] = (*QUERY, ("ruling",), ("application",))
RELEASE: tuple[Requirement, ...] = (("release_ruling",), ("assist_release_notice", "assist_execution_notice"))
FREEZE: tuple[Requirement, ...] = (("ruling",), ("assist_freeze_notice",))
SEAL: tuple[Requirement, ...] = (("ruling",), ("assist_execution_notice",))
PUBLICITY_FREEZE: tuple[Requirement, ...] = (("ruling",), ("assist_publicity_notice", "assist_execution_notice"))
DEDUCT: tuple[Requirement, ...] = (("deduct_ruling",), ("assist_deduct_notice",))
TRANSFER: tuple[Requirement, ...] = (("transfer_ruling",), ("assist_execution_notice",))


class DocumentRef(Model):
    """A document named in a request; `document_id` is that of its uploaded content."""

    kind: DocumentKind
    document_no: ShortText
    issued_on: date | None = None
    document_id: DocumentId | None = None


class CommandDocument(Message):
    """A document as an adapter gets it; `content_url` is the claim check for its content and ends with the task."""

    kind: str
    document_no: str
    issued_on: date | None = None
    document_id: str | None = None
    content_url: str | None = None


def missing(needed: Sequence[Requirement], present: Collection[str]) -> list[Requirement]:
    """Return the requirements that no document present meets."""
    return [requirement for requirement in needed if not set(requirement) & set(present)]
