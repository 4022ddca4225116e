"""Power: against NumPy's over the whole range of weights."""

import numba
import numpy as np
import pytest

from egress.engine.processes.power import power


@numba.njit
def powers(x: np.ndarray, y: float) -> np.ndarray:
    out = np.empty(len(x))
    for i in range(len(x)):
        out[i] = power(x[i], y)
    return out


@pytest.mark.parametrize("y", [0.01, 0.25, 0.4337, 0.5, 1.0])
def test_power_is_exact_to_eight_digits(y: float) -> None:
    x = np.exp(np.random.default_rng(1).uniform(-700, 700, 100_000))
    x[:4] = [0.5, 1.0, np.sqrt(2.0), np.nextafter(2.0, 0.0)]
    np.testing.assert_allclose(powers(x, y), x**y, rtol=1e-8)


def test_nothing_to_any_power_is_nothing() -> None:
    assert (powers(np.zeros(9), 0.3) == 0.0).all()
