"""Housing provident fund centres of a city (住房公积金管理中心): JSON over HTTP, names in pinyin.

No document of theirs is public; the fields follow the data items of the provident fund (domain.md §6.1 [G11], §5 GRZHZT).
Peculiar: persons only, one call asks about many, amounts are text in yuan, and the centre pays money out to a court only
where the account holder could withdraw it (住房公积金管理条例 art. 24), so that a deduction may be declined. That there is no
account is a code of its own and never an empty list; a balance without decimals may be of fen as well, and is not read.
"""
