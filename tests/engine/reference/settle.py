"""Step 9: what is left of arrivals after hazards."""

from __future__ import annotations

import numpy as np


def survival(early: float, late: float, age: float, young: float = 240.0) -> float:
    """Chance of being there `age` hours after arrival: one hazard in the first ten days, another after."""
    return float(np.exp(-early * min(age, young) - late * max(age - young, 0.0)))
