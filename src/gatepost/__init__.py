"""Gatepost turns pytest into a checker of live systems."""
