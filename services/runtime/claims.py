"""The content of documents that commands name (claim check): fetched, compared with its digest, kept for a while."""

from collections import OrderedDict
from hashlib import sha256
from http import HTTPStatus
from typing import Protocol

from contracts.documents import CommandDocument
from contracts.failures import AgencyProtocolError, ChakongError
from services.runtime.port import AgencyResponse


class ContentMissing(ChakongError):
    """A document's content is not to be had."""

    code = "content_missing"


class Fetches(Protocol):
    """What fetches an address: gateway_client.ContentClient."""

    async def fetch(self, url: str) -> AgencyResponse:
        """Return what is there."""
        ...


class Claims:
    """Documents by their id, the last used ones in memory."""

    def __init__(self, client: Fetches, *, most_bytes: int) -> None:
        """Take what fetches, and how many bytes are kept."""
        self._client, self._most_bytes = client, most_bytes
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    async def content(self, document: CommandDocument) -> bytes | None:
        """Return a document's content, or None for a document without any.

        Raises: ContentMissing if it is not there or not what its id says; AgencyUnavailable if asking again may help
        """
        if document.document_id is None or document.content_url is None:
            return None
        kept = self._kept.get(document.document_id)
        if kept is None:
            kept = await self._fetch(document.document_id, document.content_url)
            self._keep(document.document_id, kept)
        self._kept.move_to_end(document.document_id)
        return kept

    async def _fetch(self, document_id: str, url: str) -> bytes:
        try:
            response = await self._client.fetch(url)
        except AgencyProtocolError as error:
            raise ContentMissing(str(error)) from error
        if response.status != HTTPStatus.OK:
            raise ContentMissing(f"content of {document_id}: status {response.status}")
        if f"sha256:{sha256(response.body).hexdigest()}" != document_id:
            raise ContentMissing(f"content of {document_id} is not what its id says")
        return response.body

    def _keep(self, document_id: str, content: bytes) -> None:
        self._bytes += len(content) - len(self._kept.get(document_id, b""))
        self._kept[document_id] = content
        while self._bytes > self._most_bytes and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= len(dropped)
