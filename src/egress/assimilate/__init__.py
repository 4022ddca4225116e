"""Learning from counts: what is known at an origin, how members are moved to agree with it, what follows."""
