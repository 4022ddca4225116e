"""What happens: the world as arrays, the state, the processes of a step, conservation."""
