"""engine/processes."""
