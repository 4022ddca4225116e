"""Numbers of people as they leave egress: rounded, so that nobody reads more into them than they hold.

>>> rounded([4, 996, 1249, float("nan")]).tolist()
[0.0, 1000.0, 1200.0, nan]
>>> people(1249), people(3), people(float("nan"))
('1,200', 'under 10', 'unknown')
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def rounded(values: Any) -> Floats:
    """Return numbers of people to 10 under 1,000 and to 100 above (halves away from 0); NaN stays."""
    values = np.asarray(values, dtype=np.float64)
    unit = np.where(np.abs(values) < 1000, 10.0, 100.0)
    units = np.round(np.abs(values) / unit, 9)  # a half that was added up may come as 0.4999…
    return np.asarray(np.sign(values) * np.floor(units + 0.5) * unit + 0.0)


def people(value: float, exact: bool = False) -> str:
    """Return a number of people in words fit for a table; `exact` lifts the rounding."""
    if np.isnan(value):
        return "unknown"
    shown = float(np.sign(value) * np.floor(abs(value) + 0.5)) + 0.0 if exact else float(rounded(value))
    return "under 10" if shown == 0 < value and not exact else f"{shown:,.0f}".replace("-", "−")


def span(low: float, middle: float, high: float, exact: bool = False) -> str:
    """Return a middle value with its range: `1,200 (800–1,900)`, or alone where rounding leaves no range."""
    below, said, above = (people(value, exact) for value in (low, middle, high))
    if below == said == above:
        return said
    return f"{said} ({below} to {above})" if low < 0 else f"{said} ({below}–{above})"
