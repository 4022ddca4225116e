"""One file per process of the model, each with its equation."""
