"""Every process of the engine once more, in NumPy and SciPy, written from its equation, not from its code."""
