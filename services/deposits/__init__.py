"""Bank deposits: every bank on the network query-control interface (网络执行查控).

Agencies: rows of `deploy/agencies.yaml` with asset type `deposits`. Document: the words of the interface between the court and
the banks (domain.md §4.1-4.4, §5), carried here as JSON. Dialect `standard` (standard.openapi.yaml) has the wire codes and integer fen;
dialect `yuan` (yuan.openapi.yaml) says the same in its own names and in yuan with two decimals. What we write and what a bank says to a
control is declared in `agency_api.py` and `yuan_api.py`; what it says to a query is read account by account (`reading.py`).
Peculiar: an account number can be a statement about the whole subject (查无开户信息, 查询异常, 业务审核未通过), each with a meaning of its
own; 52000.00 where fen are agreed, or 52000 where yuan are, may mean two amounts, and makes its account unreadable;
a freeze may secure less than it asks for (SKJE, CESKJE); some accounts may not be frozen at all.
Left out: sub-accounts (GLXX) and wealth products (JRXX, KZLX 2) are no deposits; transactions (WLXX) come by another channel.
"""
