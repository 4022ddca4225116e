"""The benchmark of sudden exits: every task of evaluation.md in one command (`egress score --benchmark`)."""
