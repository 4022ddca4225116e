"""The samplers against the exact distributions of SciPy, and the keys against published vectors."""

import zlib
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from egress.engine import draws

Counts = npt.NDArray[np.int64]

SEED = 20240229
SAMPLES = 100_000
LIMIT = 1e-4


def chi_square(observed: npt.NDArray[Any], expected: npt.NDArray[Any]) -> float:
    """Return the p-value of the observed counts, neighbouring bins joined until 10 or more are expected."""
    bins: list[list[float]] = [[0.0, 0.0]]
    for seen, due in zip(observed, expected, strict=True):
        if bins[-1][1] >= 10.0:
            bins.append([0.0, 0.0])
        bins[-1][0] += float(seen)
        bins[-1][1] += float(due)
    if len(bins) > 1 and bins[-1][1] < 10.0:
        seen, due = bins.pop()
        bins[-1][0] += seen
        bins[-1][1] += due
    assert len(bins) > 1, "one bin tests nothing"
    table = np.array(bins)
    return float(stats.chisquare(table[:, 0], table[:, 1] * table[:, 0].sum() / table[:, 1].sum()).pvalue)


def fits(sample: Counts, distribution: Any) -> float:
    """Return the p-value of a sample of counts against a frozen SciPy distribution (cut at 1e-12 tails)."""
    low, high = int(distribution.ppf(1e-12)), int(distribution.ppf(1.0 - 1e-12))
    assert sample.min() >= low
    assert sample.max() <= high
    observed = np.bincount(sample - low, minlength=high - low + 1)
    return chi_square(observed, distribution.pmf(np.arange(low, high + 1)) * len(sample))


def streams(sampler: Callable[..., Any]) -> Callable[..., Counts]:
    """Return a compiled function (parameters, samples): one draw for each of that many keys."""

    @numba.njit
    def run(parameters: Any, samples: int, purpose: int) -> Counts:
        out = np.empty(samples, np.int64)
        for i in range(samples):
            out[i], _ = sampler(*parameters, draws.key(SEED, i, 3, 7, purpose))
        return out

    return lambda parameters, samples=SAMPLES: run(parameters, samples, zlib.crc32(repr(parameters).encode()))


def state_of(seed: int, member: int, step: int, cell: int, purpose: int) -> Any:
    """Return the state of a key as an unsigned number (Numba takes a plain int from Python for an int64)."""
    start: Any = np.uint64(seed)
    return np.uint64(draws.key(start, member, step, cell, purpose))


@pytest.fixture(scope="module")
def binomials() -> Callable[..., Counts]:
    return streams(draws.binomial)


@pytest.fixture(scope="module")
def poissons() -> Callable[..., Counts]:
    return streams(draws.poisson)


@pytest.fixture(scope="module")
def negative_binomials() -> Callable[..., Counts]:
    return streams(draws.negative_binomial)


@pytest.fixture(scope="module")
def hypergeometrics() -> Callable[..., Counts]:
    return streams(draws.hypergeometric)


@numba.njit
def many_multinomial(n: int, probabilities: Any, samples: int) -> Counts:
    out = np.zeros((samples, len(probabilities)), np.int64)
    for i in range(samples):
        draws.multinomial(n, probabilities, out[i], draws.key(SEED, i, 1, 1, 1))
    return out


@numba.njit
def many_multinomial_cdf(n: int, cdf: Any, samples: int) -> Counts:
    out = np.zeros((samples, len(cdf)), np.int64)
    for i in range(samples):
        draws.multinomial_cdf(n, cdf, out[i], draws.key(SEED, i, 1, 1, 2))
    return out


@numba.njit
def many_spread(n: int, reached: Any, samples: int) -> Counts:
    out = np.zeros((samples, len(reached)), np.int64)
    scratch = np.zeros(100)
    for i in range(samples):
        draws.spread(n, reached, out[i], scratch, draws.key(SEED, i, 1, 1, 4))
    return out


@numba.njit
def many_multivariate(counts: Any, taken: int, samples: int) -> Counts:
    out = np.zeros((samples, len(counts)), np.int64)
    for i in range(samples):
        draws.multivariate_hypergeometric(counts, taken, out[i], draws.key(SEED, i, 1, 1, 3))
    return out


# Keys


def test_philox_gives_the_published_vectors() -> None:
    ones = 0xFFFFFFFF
    assert draws.philox(0, 0, 0, 0, 0, 0) == (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)
    assert draws.philox(ones, ones, ones, ones, ones, ones) == (
        0x408F276D,
        0x41C83B0E,
        0xA20BC7C6,
        0x6D5451FD,
    )
    assert draws.philox(0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0) == (
        0xD16CFE09,
        0x94FDCCEB,
        0x5001E420,
        0x24126EA1,
    )


def test_a_key_depends_on_each_of_its_parts() -> None:
    base = (1, 2, 3, 4, 5)
    keys = {draws.key(*base)}
    for i in range(5):
        keys.add(draws.key(*(part + (j == i) for j, part in enumerate(base))))
    keys.add(draws.key(1 + 2**32, 2, 3, 4, 5))
    assert len(keys) == 7


def test_keys_are_the_keys_of_the_first_cells() -> None:
    out = np.zeros(37, dtype=np.uint64)
    draws.keys(np.uint64(2**63 + 5), 2, 3, 5, out)
    assert out.tolist() == [draws.key(np.uint64(2**63 + 5), 2, 3, cell, 5) for cell in range(37)]


def test_the_type_of_the_numbers_does_not_change_a_draw() -> None:
    kinds: list[Any] = [np.int32(9), np.int32(1), np.int16(1), np.uint64(1), 1]
    assert draws.key(*kinds) == draws.key(9, 1, 1, 1, 1)
    cases: list[tuple[Any, tuple[Any, ...]]] = [
        (draws.binomial, (100, 0.3)),
        (draws.binomial, (0, 0.3)),
        (draws.poisson, (4.0,)),
        (draws.negative_binomial, (4.0, 2.0)),
        (draws.hypergeometric, (100, 50, 30)),
    ]
    for small in (5, 2**62 + 12345):
        for sampler, parameters in cases:
            plain = sampler(*parameters, small)
            assert plain == sampler(*parameters, np.uint64(small))
            assert isinstance(plain[0], int)
            assert isinstance(plain[1], int)


def test_uniforms_are_the_compiled_uniforms_bit_for_bit() -> None:
    members = np.array([0, 1, 2, 77, 2**31, 2**32 - 1, 2**32 + 5])
    for seed in (0, 42, 2**40 + 3, 2**64 - 1):
        vector = draws.uniforms(seed, members, 12, 2**33 + 1, draws.purpose("leave"))
        single = [draws.uniform(state_of(seed, int(m), 12, 2**33 + 1, draws.purpose("leave")))[0] for m in members]
        assert vector.tolist() == single
    assert draws.uniforms(1, np.arange(6).reshape(2, 3), 0, 0, 0).shape == (2, 3)
    assert draws.uniforms(1, np.arange(0), 0, 0, 0).shape == (0,)


@pytest.mark.parametrize("axis", ["member", "step", "cell", "purpose", "seed"])
def test_first_uniforms_of_neighbouring_keys_are_uniform_and_independent(axis: str) -> None:
    base = {"seed": SEED, "member": 0, "step": 0, "cell": 0, "purpose": 0}
    u = np.array([draws.uniform(state_of(**{**base, axis: i}))[0] for i in range(40_000)])
    assert u.min() > 0.0
    assert u.max() < 1.0
    table = np.histogram2d(u[:-1], u[1:], bins=8, range=[[0, 1], [0, 1]])[0].ravel()
    assert chi_square(table, np.full(64, len(u) / 64)) > LIMIT


def test_purpose_is_stable() -> None:
    assert draws.purpose("leave") == zlib.crc32(b"leave") == 0x9BB080D0
    assert draws.purpose("") == 0


# Counts

BINOMIALS = [(n, p) for n in (1, 2, 16, 17, 40, 200, 5000) for p in (1e-3, 0.02, 0.1, 0.3, 0.5, 0.7, 0.97)]
BINOMIALS += [(20, 0.5), (21, 0.5), (100, 0.1), (10**6, 1e-5), (10**6, 0.9), (10**9, 3e-9), (10**9, 1e-7)]


def _distinct(n: int, p: float) -> bool:
    """Return whether the expected counts leave at least two bins."""
    return bool(min(stats.binom.sf(0, n, p), stats.binom.cdf(n - 1, n, p)) * SAMPLES > 30)


@pytest.mark.parametrize(("n", "p"), [case for case in BINOMIALS if _distinct(*case)])
def test_binomial_is_exact(binomials: Callable[..., Counts], n: int, p: float) -> None:
    assert fits(binomials((n, p)), stats.binom(n, p)) > LIMIT


def test_binomial_at_the_edges() -> None:
    state = state_of(1, 1, 1, 1, 1)
    for n, p, k in (
        (0, 0.5, 0),
        (7, 0.0, 0),
        (7, 1.0, 7),
        (2**40, 1.0 + 1e-12, 2**40),
        (2**40, -1e-12, 0),
        (50, 1e-300, 0),
        (2**40, 1e-300, 0),
    ):
        assert draws.binomial(n, p, state)[0] == k


@pytest.mark.parametrize("n", [10**9, 2**40])
@pytest.mark.parametrize("p", [1e-6, 0.2, 0.5, 0.999])
def test_binomial_has_the_right_moments_for_large_n(binomials: Callable[..., Counts], n: int, p: float) -> None:
    z = (binomials((n, p)) - n * p) / np.sqrt(n * p * (1 - p))
    assert abs(z.mean()) < 4 / np.sqrt(SAMPLES)
    assert abs(z.var() - 1) < 4 * np.sqrt(2 / SAMPLES)
    skew = (1 - 2 * p) / np.sqrt(n * p * (1 - p))
    assert abs(stats.skew(z) - skew) < 4 * np.sqrt(6 / SAMPLES)
    assert abs(stats.kurtosis(z)) < 4 * np.sqrt(24 / SAMPLES)


@pytest.mark.parametrize("mean", [1e-3, 0.3, 2.0, 9.99, 10.0, 13.25, 19.8, 50.0, 3000.0])
def test_poisson_is_exact(poissons: Callable[..., Counts], mean: float) -> None:
    assert fits(poissons((mean,)), stats.poisson(mean)) > LIMIT


def test_poisson_at_the_edges(poissons: Callable[..., Counts]) -> None:
    assert draws.poisson(0.0, 1)[0] == 0
    z = (poissons((1e12,)) - 1e12) / 1e6
    assert abs(z.mean()) < 4 / np.sqrt(SAMPLES)
    assert abs(z.var() - 1) < 4 * np.sqrt(2 / SAMPLES)


@pytest.mark.parametrize(("mean", "size"), [(0.5, 0.2), (5.0, 0.7), (5.0, 3.0), (40.0, 10.0), (40.0, 1e6)])
def test_negative_binomial_is_exact(negative_binomials: Callable[..., Counts], mean: float, size: float) -> None:
    sample = negative_binomials((mean, size))
    assert fits(sample, stats.nbinom(size, size / (size + mean))) > LIMIT


def test_negative_binomial_of_infinite_size_is_poisson() -> None:
    assert draws.negative_binomial(30.0, np.inf, 5) == draws.poisson(30.0, 5)
    assert draws.negative_binomial(0.0, 2.0, 5)[0] == 0


@pytest.mark.parametrize("shape", [0.3, 1.0, 7.5])
def test_gamma_and_normal_are_exact(shape: float) -> None:
    states = [state_of(SEED, i, 0, 0, 4) for i in range(20_000)]
    assert stats.kstest([draws.gamma(shape, s)[0] for s in states], stats.gamma(shape).cdf).pvalue > LIMIT
    assert stats.kstest([draws.normal(s)[0] for s in states], stats.norm.cdf).pvalue > LIMIT


@pytest.mark.parametrize(
    ("good", "bad", "taken"),
    [
        (5, 7, 3),
        (30, 4, 20),
        (4, 30, 31),
        (48, 60, 50),
        (60, 60, 60),
        (200, 300, 100),
        (300, 200, 400),
        (60, 10**4, 900),
        (10**4, 60, 900),
        (1000, 1000, 1500),
        (10**8, 10**8, 1),
        (10**8, 10**8, 70),
        (10**8, 300, 10**6),
        (10**8, 10**6, 5000),
        (10**5, 10**8, 5 * 10**7),
    ],
)
def test_hypergeometric_is_exact(hypergeometrics: Callable[..., Counts], good: int, bad: int, taken: int) -> None:
    sample = hypergeometrics((good, bad, taken))
    assert sample.min() >= max(0, taken - bad)
    assert sample.max() <= min(good, taken)
    low, high = int(sample.min()), int(sample.max())
    k = np.arange(low, high + 1)
    expected = stats.hypergeom(good + bad, good, taken).pmf(k)
    assert expected.sum() > 1 - 1e-3
    assert chi_square(np.bincount(sample - low), expected * len(sample)) > LIMIT


def test_hypergeometric_at_the_edges() -> None:
    for good, bad, taken, k in (
        (5, 6, 0, 0),
        (5, 6, 11, 5),
        (0, 6, 3, 0),
        (5, 0, 3, 3),
        (0, 0, 0, 0),
        (10**8, 10**8, 2 * 10**8, 10**8),
    ):
        assert draws.hypergeometric(good, bad, taken, 1)[0] == k


def test_hypergeometric_has_the_right_moments_for_large_populations(
    hypergeometrics: Callable[..., Counts],
) -> None:
    good, bad, taken = 6 * 10**8, 4 * 10**8, 7 * 10**8
    exact = stats.hypergeom(good + bad, good, taken)
    z = (hypergeometrics((good, bad, taken)) - exact.mean()) / exact.std()
    assert abs(z.mean()) < 4 / np.sqrt(SAMPLES)
    assert abs(z.var() - 1) < 4 * np.sqrt(2 / SAMPLES)


# Counts in several classes

SPREADS = [
    np.array([0.0, 0.5, 0.0, 0.2, 0.3, 0.0]),
    np.concatenate([[0.0], np.arange(1, 70) / np.arange(1, 70).sum(), [0.0]]),
]


@pytest.mark.parametrize("n", [1, 2, 8, 9, 17, 18, 72, 101, 500])
@pytest.mark.parametrize("spread", SPREADS, ids=["few classes", "many classes"])
@pytest.mark.parametrize("kind", ["chances", "cumulative", "weights"])
def test_multinomial_is_exact(n: int, spread: Any, kind: str) -> None:
    samples = 20_000
    if kind == "weights":
        sample = many_spread(n, np.cumsum(3.7 * spread), samples)
    elif kind == "cumulative":
        cdf = np.cumsum(spread)
        cdf[spread.nonzero()[0][-1] :] = 1.0
        sample = many_multinomial_cdf(n, cdf, samples)
    else:
        sample = many_multinomial(n, spread, samples)
    assert (sample.sum(axis=1) == n).all()
    assert (sample >= 0).all()
    assert (sample[:, spread == 0.0] == 0).all()
    assert chi_square(sample.sum(axis=0), spread * n * samples) > LIMIT
    assert fits(sample[:, 1], stats.binom(n, spread[1])) > LIMIT if n * spread[1] > 0.01 else True
    assert fits(sample[:, 3] + sample[:, 4], stats.binom(n, spread[3] + spread[4])) > LIMIT
    half = len(spread) * 2 // 3
    assert fits(sample[:, half:].sum(axis=1), stats.binom(n, spread[half:].sum())) > LIMIT


@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_multinomial_adds_and_conserves_people(kind: type) -> None:
    for n in (0, 1, 3, 40, 10**9):
        for spread in (*SPREADS, np.array([1.0]), np.array([0.1] * 10), np.array([1 / 3] * 3) * (1 + 1e-9)):
            for call in (0, 1):
                out: Any = np.full(len(spread), 7, kind)
                if call:
                    draws.multinomial_cdf(n, np.cumsum(spread), out, 5)
                else:
                    draws.multinomial(n, spread, out, 5)
                assert out.sum(dtype=np.int64) == n + 7 * len(spread)
                assert (out >= 7).all()
                assert (out[spread == 0.0] == 7).all()


@pytest.mark.parametrize("taken", [1, 2, 5, 12, 13, 60, 129])
def test_multivariate_hypergeometric_is_exact(taken: int) -> None:
    counts = np.array([0, 30, 1, 0, 50, 5, 9, 3, 2, 4, 26, 0])
    before = counts.copy()
    samples = 20_000
    sample = many_multivariate(counts, taken, samples)
    assert (counts == before).all()
    assert (sample.sum(axis=1) == taken).all()
    assert (sample <= counts).all()
    assert (sample >= 0).all()
    for part in ([1], [4, 5], [6, 7, 8, 9, 10], [10], [5]):
        if taken == 129 and part == [5]:
            continue
        exact = stats.hypergeom(130, counts[part].sum(), taken)
        found = np.bincount(sample[:, part].sum(axis=1), minlength=taken + 1)
        assert chi_square(found, exact.pmf(np.arange(taken + 1)) * samples) > LIMIT


@pytest.mark.parametrize("kind", [np.int32, np.int64])
def test_multivariate_hypergeometric_adds_and_conserves_people(kind: type) -> None:
    for counts in ([4], [0, 0, 6], [10**8, 0, 10**8, 3], [1] * 300):
        stock: Any = np.array(counts, kind)
        total = int(stock.sum(dtype=np.int64))
        for taken in {0, 1, 2, 3, total // 2, total - 1, total}:
            out: Any = np.full(len(counts), 2, kind)
            draws.multivariate_hypergeometric(stock, taken, out, state_of(1, 2, 3, 4, taken))
            assert out.sum(dtype=np.int64) == taken + 2 * len(counts)
            assert (out >= 2).all()
            assert (out - 2 <= stock).all()
