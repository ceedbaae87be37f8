"""`gatepost suggest`: profiles a live table and writes a check module whose rules hold now."""
