"""Vehicles: the traffic police's vehicle offices (车辆管理所), asked in JSON with their own abbreviations.

Agencies: rows of `deploy/agencies.yaml` with asset type `vehicles`. No document of theirs is public; the fields and the
status letters are those of the motor-vehicle register (domain.md §5 ZT, §6.1), plate, vehicle and colour codes those of
GA/T 16; the codes of measures and refusals are constructed. Peculiar: the status is a string of letters, each with a
meaning of its own (GK: unsettled violation and sealed); a watch-list entry holds nothing and has no rank; a day is
written with or without a time.
"""
