"""Securities depositories (中国证券登记结算): requests and answers travel as files.

No document of theirs is public. The file names, prefixes and the check value follow the file mode of the network
query-control interface (domain.md §3 [G1]); what a line says follows the depository's guides for judicial assistance
(domain.md §6.1 [P16][P17][P30]). depository.files.md is that document, depository.files.yaml the same for a validator.
Peculiar: one ZIP takes up to two hundred queries; a control counts shares, not yuan; one holding carries several
freezes, of which the later ones wait (轮候), and pledged shares may carry a mark instead; one security of one account
stands in several lines, by nature and custody unit, which are one asset with portions; a file whose check value does
not fit is failed as a whole, since it may have been altered; fields have places and no names, so that a line with
fewer than its document is unreadable as it stands.
"""
