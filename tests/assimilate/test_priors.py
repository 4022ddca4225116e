"""Learning priors for one crisis from others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from egress.assimilate import priors
from egress.assimilate.counts import Evidence
from egress.assimilate.priors import Calibrated, assembled, with_counts, without
from egress.assimilate.smoother import Learnt
from egress.cli import command_line
from egress.errors import EgressError
from egress.observations import Observations
from egress.scenario.load import load
from egress.scenario.numbers import numbers
from egress.scenario.priors import Prior, Priors, cold_scenario, plain, registry, with_priors

EARLY = "2022-03-06"  # the first counts of Ukraine were published on 5 March
Z = np.linspace(-1.5, 1.5, 41) * 0.5  # what counts left of a standard normal


def pretended(after: dict[str, np.ndarray], sd: float = 1.0) -> Calibrated:
    """Return Ukraine as if counts had taught these standard normals."""
    scenario = load("ukraine-2022")
    before = np.linspace(-1.5, 1.5, 41)
    uncertain = {number.name: number.value for number in numbers(scenario) if number.name in after}
    none = Evidence(Observations.none().data, np.zeros(1), np.full(1, sd), ("",))
    said = np.zeros((41, 1))
    return Calibrated(scenario, Learnt(after, none, said, said, dict.fromkeys(after, before), uncertain), "")


def row(found: Priors, pattern: str) -> Prior:
    return next(each for each in found.priors if each.pattern == pattern)


def test_what_was_learnt_is_widened_and_stays_in_the_middle():
    found = assembled("russia-2022", [pretended({"parameter/intention_rate": 0.8 + Z * 0.5})], "a test")
    new = row(found, "parameter/intention_rate").distribution()
    old = next(n.value for n in numbers(load("ukraine-2022")) if n.name == "parameter/intention_rate")
    spread = np.log(old.high / old.value) / 1.645  # log sd of the prior
    assert new.value == pytest.approx(old.value * np.exp(0.8 * spread), rel=0.01)
    learnt = np.std(Z * 0.5) * spread
    assert np.log(new.high / new.value) / 1.645 == pytest.approx(2.0 * learnt, rel=0.01)


def test_a_widened_range_is_never_wider_than_the_wide_one():
    found = assembled("russia-2022", [pretended({"parameter/intention_rate": Z * 1.5}, sd=0.01)], "a test")
    new = row(found, "parameter/intention_rate")
    assert new.high / new.low <= 1.0 / 0.005 * 1.01


def test_a_multiple_of_guessed_traffic_teaches_nothing():
    found = assembled("russia-2022", [pretended({"lane/medyka/foot/throughput": Z * 0.1})], "a test")
    assert row(found, "lane/*/throughput").source != "calibrated on ukraine-2022"


def test_groups_of_a_class_are_pooled():
    names = ("group/families-internal/willing", "group/families-travel/willing")
    found = assembled("russia-2022", [pretended({names[0]: Z * 0.2 + 0.5, names[1]: Z * 0.2 - 0.5})], "a test")
    new = row(found, "group/threatened-easy/willing")
    assert new.source == "calibrated on ukraine-2022"
    assert all(name in new.basis for name in names)
    assert new.low < 100 * 0.2 < new.high
    cold = with_priors(load("russia-2022"), found)
    assert next(g for g in cold.groups if g.id == "exposed-visa").willing.high == pytest.approx(new.high / 100)


def test_one_of_a_class_does_not_speak_for_it():
    found = assembled("russia-2022", [pretended({"group/families-internal/willing": Z * 0.2 + 0.5})], "a test")
    wide = next(each for each in registry() if each.pattern == "group/threatened-easy/willing")
    assert row(found, "group/threatened-easy/willing") == plain(wide, "russia-2022", "russia-2022")


@pytest.mark.parametrize("after", [Z * 1.9, Z * 0.5 + 2.6])
def test_what_was_hardly_learnt_or_pulled_out_of_its_range_is_left_out(after: np.ndarray):
    found = assembled("russia-2022", [pretended({"parameter/intention_rate": after})], "a test")
    wide = next(each for each in registry() if each.pattern == "parameter/intention_rate")
    assert row(found, "parameter/intention_rate") == plain(wide, "russia-2022", "russia-2022")


def test_what_crises_do_not_share_is_not_taken_over():
    found = assembled("russia-2022", [pretended({"parameter/intention_noise": Z * 0.1})], "a test")
    assert not any(each.source.startswith("calibrated") for each in found.priors)


def test_priors_without_a_crisis_never_read_it(monkeypatch: pytest.MonkeyPatch):
    read = []

    def loaded(name: str):
        read.append(name)
        return load(name)

    def counted(name: str):
        read.append(name)
        return counts(name)

    counts = Observations.of
    monkeypatch.setattr(priors, "load", loaded)
    monkeypatch.setattr(priors.Observations, "of", staticmethod(counted))
    without("russia-2022", others=("ukraine-2022",), members=4, until=EARLY)
    assert set(read) == {"ukraine-2022"}


@pytest.mark.slow
def test_the_command_writes_what_python_returns(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "priors.yaml"
    command = ["calibrate", "ukraine-2022", "--without", "russia-2022", "--members", "6", "--until", EARLY]
    assert command_line([*command, "--threads", "1", "--out", str(out)]) == 0
    assert "priors without russia-2022" in capsys.readouterr().out
    again = without("russia-2022", others=("ukraine-2022",), members=6, until=EARLY, threads=2)
    assert Priors.read(out).priors == again.priors
    assert Priors.read(out).learnt_from == again.learnt_from


def test_the_command_writes_a_posterior(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    from egress.assimilate.posterior import Posterior

    out = tmp_path / "u.nc"
    command = ["calibrate", "ukraine-2022", "--until", EARLY, "--members", "6"]
    assert command_line([*command, "--out", str(out)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "ukraine-2022: " in said
    assert "Only 6 members learnt" in said
    assert len(Posterior.open(out)) == 6


def test_what_does_not_go_together_is_said(capsys: pytest.CaptureFixture[str]):
    assert command_line(["calibrate"]) == 2
    assert "--without" in capsys.readouterr().err
    assert command_line(["calibrate", "--without", "russia-2022", "--observations", "x.csv"]) == 2
    assert command_line(["calibrate", "one-border"]) == 2
    assert "no counts of one-border" in capsys.readouterr().err


def test_unknown_crises_and_the_crisis_itself_are_refused():
    assert with_counts() == ["russia-2022", "ukraine-2022"]
    with pytest.raises(EgressError, match="did you mean 'russia-2022'"):
        without("russia-2020")
    with pytest.raises(EgressError, match="cannot be learnt from"):
        without("russia-2022", others=("russia-2022",))


def test_a_cold_scenario_is_checked_like_any_other():
    cold = cold_scenario("ukraine-2022")
    assert cold.name == "ukraine-2022"
    assert cold.period == load("ukraine-2022").period
