"""Wealth products (理财) a bank sold: the banks' network query-control interface (网络执行查控), financial assets (KZLX 2).

Agencies: rows of `deploy/agencies-wealth.yaml` with asset type `wealth_products`. Document: the words of the interface between the court
and the banks (domain.md §4.1-4.4, §5), carried here as JSON, amounts in integer fen (standard.openapi.yaml). What we write and what a
bank says to a control is declared in `agency_api.py`, `codes.py`; what it says to a query is read product by product (`reading.py`).
Peculiar: one freeze takes hold of two things, the product and the account it pays back to (资金回款账户), and the bank answers
for each: it may take one and decline the other, also when it releases (`parts.py`). A product sold for another (代销) is
registered with its manager, so that only its return account can be frozen here. A product code can be a statement about the whole
subject (查无金融资产信息, 查询异常, 业务审核未通过).
Left out: deposits (KZLX 1 in an order) are another kind; no product is deducted or sold by this interface.
"""
