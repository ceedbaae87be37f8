"""Live tables and the rules on them: what a check says of a table without fetching it."""
