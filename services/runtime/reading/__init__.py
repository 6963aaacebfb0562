"""How an agency's answer is read: item by item and field by field, so that one odd field hides nothing. Pure. interface.md §5."""
