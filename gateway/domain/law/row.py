"""What one rule of law is, and the table of them. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from contracts.failures import Rule
from contracts.words import Text

#: A statute or judicial interpretation, which nobody changes but its maker; or practice, which a court may set for itself.
Basis = Literal["statute", "practice"]


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class LawRow:
    """One rule: what it says in both languages, its parameters, where it stands, on which days it holds, what we do with it.

    Shape:  `parameters` hold JSON values; `does` is what the system does; `read_by` names the files that read the row, none
            for a rule that is here to be read by people; `refusal` is the code of the refusal that names it; `choices` are,
            for a parameter that is a list of words, the words that a court may choose among; `set_in` is the file in which an
            installation sets a practice that is no court's alone
    """

    id: str
    family: str
    zh: str
    en: str
    does: Text
    source: str
    effective_from: date
    effective_to: date | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    basis: Basis = "statute"
    read_by: tuple[str, ...] = ()
    refusal: str | None = None
    set_in: str = ""
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: whose practice it is; empty: everybody's
    court_code: str = ""

    def holds_on(self, day: date) -> bool:
        """Tell whether the rule is in force on a day."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)

    @property
    def rule(self) -> Rule:
        """Return what a problem document names."""
        return Rule(id=self.id, source=self.source)


#: Rules in the order they are read; of two that hold on one day under one id the later one stands.
Table = tuple[LawRow, ...]
