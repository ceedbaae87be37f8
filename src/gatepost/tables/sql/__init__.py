"""Rules on a table as SQL: what each comes down to on an engine, and one statement of it all."""
