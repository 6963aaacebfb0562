"""Securities depositories (中国证券登记结算): requests and answers travel as files.

No document of theirs is public. The file names, prefixes and the check value follow the file mode of the network
query-control interface (domain.md §3 [G1]); what a line says follows the depository's guides for judicial assistance
(domain.md §6.1 [P16][P17][P30]). Peculiar: one ZIP takes up to two hundred queries; a control counts shares, not yuan;
one holding carries several freezes, of which the later ones wait (轮候), and pledged shares may carry a mark instead.
"""
