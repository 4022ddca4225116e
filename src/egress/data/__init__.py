"""Dated snapshots of facts, each with its source."""
