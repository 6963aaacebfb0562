"""A document named by its id must have been uploaded by the same court."""

from collections.abc import Sequence

from contracts.documents import DocumentRef
from contracts.failures import FieldError, Rejected
from gateway.api.calls import Call
from gateway.store.documents import known_documents


async def check_documents(call: Call, documents: Sequence[DocumentRef]) -> None:
    """Refuse documents whose content this court never uploaded.

    Raises: Rejected 422 invalid_request with unknown_document at each; StoreUnavailable
    """
    named = list({one.document_id for one in documents if one.document_id is not None})
    remembered = call.deps.known_documents
    unseen = remembered.unseen(call.court_code, named)
    if not unseen:
        return
    async with call.deps.database.transaction() as connection:
        known = await known_documents(connection, call.court_code, unseen)
    remembered.saw(call.court_code, sorted(known))
    unknown = set(unseen) - known
    if unknown:
        raise Rejected(422, "invalid_request", "请求内容有误 / The request body is not valid",
                       [_unknown(index) for index, one in enumerate(documents) if one.document_id in unknown])


def _unknown(index: int) -> FieldError:
    return FieldError(pointer=f"/documents/{index}/document_id", code="unknown_document", zh="本院未上传过该文书",
                      en="this court has uploaded no such document", expected="document_id of POST /v1/documents")
