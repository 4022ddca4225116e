"""Scenarios that tests, docs and users share: one folder each."""
