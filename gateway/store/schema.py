"""Every table there is: importing this module registers them all, for the migrations and for whoever lists them."""

from gateway.store import dead_letter_tables, difference_tables, event_tables, set_aside, state_tables, tables, turns

#: The modules that declare tables; a new one is added here.
MODULES = (tables, dead_letter_tables, difference_tables, event_tables, set_aside, state_tables, turns)
metadata = tables.metadata
