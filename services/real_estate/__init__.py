"""Real estate: the natural-resources registries, and the housing bureau for homes sold before they are registered.

Agencies: rows of `deploy/agencies.yaml` with asset type `real_estate`. Dialect `standard` is the registry: SOAP 1.1,
every attribute Base64 of GB18030 text, dates yyyyMMdd, money in 万元 (`agency_api.py`, `envelope.py`, `registry.py`, `reading.py`).
Dialect `presale` is the housing bureau: small JSON about contracts of sale, worked by hand (`presale_api.py`, `presale_reading.py`).
Documents: `registry.wsdl` with `registry.xsd` (of the decoded text), after the network query-control words for real estate
(domain.md §4.1, §4.5, §5); the bureau's own are in `housing_bureau.openapi.yaml`. Adapters and mocks are judged by them.
Peculiar: the registry decides by itself between seal, pre-seal and waiting (CFLX); a home on sale is known to both
agencies by one unit code; what was registered before there were unit codes is known, and controlled, by its certificate; an encumbrance
is a row beside the right, joined by unit code or certificate; one unit may stand in several rows (`places.py`).
"""
