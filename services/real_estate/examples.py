"""Golden pairs: command and call, answer and meaning, of both dialects. Used by tests and docs."""

from services.real_estate import presale_examples, registry_examples
from services.real_estate.example import Example

EXAMPLES: tuple[Example, ...] = (*registry_examples.REGISTRY, *presale_examples.PRESALE)
