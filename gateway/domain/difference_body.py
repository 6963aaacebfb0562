"""The bodies of what a person does about a difference with an agency."""

from typing import Literal

from contracts.case import Officer, ShortText
from contracts.words import Model
from gateway.domain.control_body import Documents


class SettlementBody(Model):
    """POST /v1/reconciliation/{id}/settlements.

    Shape: `explained`: it is right as it is, and not raised again while it stays so · `mended`: it was put right outside the mesh ·
           `took_theirs`: the control takes what the agency says (amount, term, missing_there)
    """

    officer: Officer
    reason: Literal["explained", "mended", "took_theirs"]
    note: ShortText


class AdoptionBody(Model):
    """POST /v1/reconciliation/{id}/adoptions: let a control stand for a measure that no control stands for."""

    officer: Officer
    note: ShortText


class DifferenceReleaseBody(Model):
    """POST /v1/reconciliation/{id}/releases: release a measure that no control stands for, as a whole."""

    officer: Officer
    documents: Documents
    reason: ShortText
