"""A real power in plain arithmetic: a loop over it runs in the processor's vectors, as one over `**` does not.

    x = 2^e f with √½ < f ≤ √2,  log₂ f = 2/ln 2 (t + t³/3 + t⁵/5 + …), t = (f − 1)/(f + 1)
    x^y = 2^r exp(ln 2 (z − r)),  z = y log₂ x, r the whole number nearest to z

Both series are cut where their rest is below 1e-8 of the result.
"""

import math

from egress.engine.compiled import float64, inlined, int32, int64

_MANTISSA = int64(0x000FFFFFFFFFFFFF)
_ONE = int64(0x3FF0000000000000)
_LOG2_E = 1.4426950408889634
_LN_2 = 0.6931471805599453
_SQRT_2 = 1.4142135623730951


@inlined
def power(x: float, y: float) -> float:
    """Return x**y to 1e-8 for 0 <= x and 0 < y <= 1 (0 where x is)."""
    bits = float64(x).view(int64)
    exponent = float64(int32(bits >> 52)) - 1023.0  # by 32 bits: more processors convert them in vectors
    f = int64((bits & _MANTISSA) | _ONE).view(float64)
    large = f > _SQRT_2
    f = 0.5 * f if large else f
    exponent = exponent + 1.0 if large else exponent
    t = (f - 1.0) / (f + 1.0)
    q = t * t
    series = t * (1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0)))))
    z = y * (exponent + 2.0 * _LOG2_E * series)
    r = float64(math.floor(z + 0.5))
    d = (z - r) * _LN_2
    tail = 1.0 / 6.0 + d * (1.0 / 24.0 + d * (1.0 / 120.0 + d * (1.0 / 720.0 + d * (1.0 / 5040.0))))
    scale = int64((int64(int32(r)) + 1023) << 52).view(float64)
    return float((1.0 + d * (1.0 + d * (0.5 + d * tail))) * scale) if x > 0.0 else 0.0
