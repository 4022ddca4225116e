"""Every process of the engine once more, in plain NumPy and SciPy, written from its equation and not from its code."""
