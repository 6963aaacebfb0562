"""Bank deposits: every bank on the network query-control interface (网络执行查控).

Agencies: rows of `deploy/agencies.yaml` with asset type `deposits`. Document: the words of the interface between the court and
the banks (domain.md §4.1-4.4, §5), carried here as JSON. Dialect `standard` has the wire codes and integer fen; dialect
`yuan` says the same in its own names and in yuan with two decimals. Both are declared in `agency_api.py`.
Peculiar: an account number can be a statement (查无开户信息, 查询异常, 业务审核未通过), each with a meaning of its own;
a freeze may secure less than it asks for (SKJE, CESKJE); some accounts may not be frozen at all.
Left out: sub-accounts (GLXX) and wealth products (JRXX, KZLX 2) are no deposits; transactions (WLXX) come by another channel.
"""
