"""The legal table: rules of law as rows with parameters, source and time of validity. Code reads it; nobody edits code for it."""
