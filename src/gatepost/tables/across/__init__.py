"""What a table has to do with another one, or with what the code declares of it."""
