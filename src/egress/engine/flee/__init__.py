"""Flee's rules as a process list of counts: the distributions of its agents, at a cost that people do not change."""
