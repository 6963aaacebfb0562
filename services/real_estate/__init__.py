"""Real estate: the natural-resources registries, and the housing bureau for homes sold before they are registered.

Agencies: rows of `deploy/agencies.yaml` with asset type `real_estate`. Dialect `standard` is the registry: SOAP 1.1,
every attribute Base64 of GBK text, dates yyyyMMdd, money in 万元 (`agency_api.py`, `envelope.py`, `registry.py`).
Dialect `presale` is the housing bureau: small JSON about contracts of sale, worked by hand (`presale_api.py`).
Documents: the network query-control words for real estate (domain.md §4.1, §4.5, §5); the bureau's are its own.
Peculiar: the registry decides by itself between seal, pre-seal and waiting (CFLX); a home on sale is known to both
agencies by one unit code; an encumbrance is a row beside the right, joined by unit code.
"""
