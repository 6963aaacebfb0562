"""Pages that court people read: templates and the functions that fill them."""
