"""Makes the repository's packages importable, and the stand-ins' fixtures known to the tests."""

pytest_plugins = ["fixtures.pytest_fixtures"]
