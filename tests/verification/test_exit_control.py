"""Who is stopped at the exit, who at the entry, and who is not."""

from __future__ import annotations

import pytest

from egress.engine.loop import Chunk, advance
from egress.testing import assert_conserved, got_out, group, lane, origin, policy, put_on_road, started, town

PEOPLE = [group(share=0.5), group("others", share=0.5)]
EXPOSED, OTHERS = 0, 1
BAN = {"kind": "refuse_exit", "share": 1}


def feed(chunk: Chunk, steps: int) -> Chunk:
    """Bring 100 exposed people and 100 others to the door in each step."""
    for _ in range(steps):
        put_on_road(chunk, 100, cls=EXPOSED)
        put_on_road(chunk, 100, cls=OTHERS)
        advance(chunk)
    return chunk


def banned(**changes: object) -> Chunk:
    policies = [policy(BAN, at="2030-03-02T00:00+00:00", applies_to={"groups": ["exposed"]})]
    parts = {"groups": PEOPLE, "population": 4000, "policies": policies, "per_day": 4000} | changes
    return started(town(numbers={"cooling_time": 1e9}, **parts), 3)  # type: ignore[arg-type]


def test_exit_ban_stops_the_exposed_and_no_other():
    # 1,000 pass in 6 h, so all 200 of a step do. Before the ban 4 · 100 of each get out; then 4 · 100 others
    # only.
    chunk = feed(banned(), 8)
    assert (got_out(chunk.state)[:, [EXPOSED, OTHERS]] == [400, 800]).all()
    assert (chunk.state.cooling.sum(axis=1)[:, [EXPOSED, OTHERS]] == [400, 0]).all()
    assert (chunk.record["refused"][:, :8, 0] == [0, 0, 0, 0, 100, 100, 100, 100]).all()
    assert (chunk.record["surge"][:, :8, 0] == [200, 200, 200, 200, 100, 100, 100, 100]).all()
    assert_conserved(chunk)


def test_exit_ban_at_one_door_leaves_the_other_open():
    doors = [{**d} for d in ({"id": "bridge"}, {"id": "gate"})]
    from egress.testing import crossing

    policies = [policy(BAN, applies_to={"groups": ["exposed"], "crossings": ["gate"]})]
    scenario = town(
        groups=PEOPLE, population=4000, policies=policies, crossings=[crossing(d["id"]) for d in doors],
        lanes=[lane(per_day=4000), lane("gate", per_day=4000)], numbers={"cooling_time": 1e9},
    )  # fmt: skip
    chunk = started(scenario)
    for door in (0, 1):
        put_on_road(chunk, 100, door=door, cls=EXPOSED)
        put_on_road(chunk, 100, door=door, cls=OTHERS)
    advance(chunk)
    assert chunk.record["surge"][0, 0].tolist() == [200, 100]


def test_summonses_at_the_exit_are_counted_as_listed():
    # Everybody exposed is refused and served a summons; nobody complies without a call-up: 100 listed a step.
    effect = BAN | {"summons": 1}
    chunk = feed(banned(policies=[policy(effect, applies_to={"groups": ["exposed"]})]), 2)
    assert (chunk.state.listed == 200).all()
    assert (chunk.state.cooling.sum(axis=(1, 2)) == 200).all()
    assert (got_out(chunk.state)[:, OTHERS] == 200).all()


def test_summonses_of_one_policy_are_not_served_under_another():
    # A certain ban without summonses; a hinted one with them, which does not happen in most members. Where it
    # does not, nobody is listed, whatever happens to the other members of the chunk.
    hinted = policy(
        BAN | {"summons": 1}, at=None, id="hinted", probability=0.3, window=["2030-03-01", "2030-03-01"],
        history=[{"at": "2030-03-01T00:00+00:00", "status": "hinted"}], applies_to={"groups": ["exposed"]},
    )  # fmt: skip
    certain = policy(BAN, applies_to={"groups": ["exposed"]})
    scenario = town(groups=PEOPLE, population=8000, policies=[certain, hinted], per_day=4000)
    chunk = feed(started(scenario, 20), 8)
    happens = chunk.members.policy_start[:, 1] < 1e9
    assert 0 < happens.sum() < 20
    assert (chunk.state.listed[~happens] == 0).all()
    assert (chunk.state.listed[happens] > 0).all()


@pytest.mark.parametrize("exempt", [0, 0.25])
def test_entry_ban_turns_away_all_but_the_exempt(exempt: float):
    # The other side admits the exempt share of those who did not know of the ban: in its first hours
    # everybody.
    effect = {"kind": "refuse_entry", "exempt": exempt}
    policies = [policy(effect)]
    scenario = town(
        policies=policies,
        population=20_000,
        per_day=80_000,
        numbers={"cooling_time": 1e9, "notice_time": 1e9},
    )
    chunk = started(scenario, 20)
    put_on_road(chunk, 10_000)
    advance(chunk)
    admitted = got_out(chunk.state).sum(axis=1)
    spread = 4 * (10_000 * exempt * (1 - exempt) / 20) ** 0.5
    assert admitted.mean() == pytest.approx(10_000 * exempt, abs=spread + 1e-6)
    assert (chunk.record["refused"][:, 0, 0] == 10_000 - admitted).all()


def test_documents_decide_which_doors_are_open():
    # Without a passport there is no way out: nobody leaves, everybody is stranded.
    from egress.testing import AT_ONCE, signal
    from egress.trajectory import OUTCOMES

    scenario = town(groups=[group(documents="internal")], signals=[signal()], numbers=AT_ONCE, origins=[origin()])
    chunk = started(scenario)
    for _ in range(4):
        advance(chunk)
    assert chunk.record["outcomes"][0, 0, 0, OUTCOMES.index("stranded")] == 1000
    assert chunk.state.abroad.sum() == 0
