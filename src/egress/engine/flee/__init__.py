"""Flee's rules as a process list of counts: the same distributions as its agents at a cost that people do not change."""
