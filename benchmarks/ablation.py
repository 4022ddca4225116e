"""What each process, group attribute and policy does: switched off in turn, with the same luck.

Differences are paired by member (common random numbers): mean ± standard error over members.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

import egress
from benchmarks.changes import fixed, scaled, with_parameters, with_rows, without_policy
from benchmarks.registry import benchmark
from egress.scenario.schema import Policy, Scenario
from egress.scenario.time import hours
from egress.trajectory import Trajectory

Values = npt.NDArray[np.float64]
Output = Callable[[Trajectory], Values]
ENOUGH = 4.0  # standard errors


def surge(*names: str) -> Output:
    """Return people of the surge who entered, at crossings or countries (all if none is named)."""

    def output(run: Trajectory) -> Values:
        data = run.data
        chosen = np.isin(data.door, names) | np.isin(data.country, names) | np.isin(data.place, names)
        return data.surge.values[:, :, chosen if names else slice(None)].sum(axis=(1, 2)).astype(float)

    return output


def outcome(name: str) -> Output:
    """Return an outcome at the end, summed over regions."""
    return lambda run: run.data.outcomes.sel(outcome=name).values[:, -1].sum(axis=1).astype(float)


def total(name: str) -> Output:
    """Return a variable summed over everything but members."""
    return lambda run: np.nansum(run.data[name].values.reshape(run.data.sizes["member"], -1), axis=1).astype(float)


def lane_total(name: str, *crossings: str) -> Output:
    """Return a variable of lanes summed over some crossings and all steps."""
    return lambda run: (
        run.data[name].values[:, :, np.isin(run.data.lane_crossing, crossings)].sum(axis=(1, 2)).astype(float)
    )


def first_week(run: Trajectory) -> Values:
    """Return people of the surge in the days up to 25 September."""
    return run.data.surge.values[:, :12].sum(axis=(1, 2)).astype(float)


def apart(values: Output, changed: Scenario) -> Output:
    """Return how far each member is from the same member without the thing: for what moves no mean."""
    kept: dict[int, Values] = {}

    def output(run: Trajectory) -> Values:
        members = run.data.sizes["member"]
        if members not in kept:
            kept[members] = values(egress.run(changed, members=members))
        return np.asarray(np.abs(values(run) - kept[members]).reshape(members, -1).sum(axis=1))

    return output


def crossed(*names: str) -> Output:
    """Return everybody who entered at some crossings, ordinary travellers too."""
    return lambda run: run.data.entries.values[:, :, np.isin(run.data.door, names)].sum(axis=(1, 2)).astype(float)


def mean_fare(run: Trajectory) -> Values:
    """Return the mean fare over services and days."""
    return run.data.fare.values.mean(axis=(1, 2)).astype(float)


def processes(scenario: Scenario) -> Iterator[tuple[str, Scenario, str, Output]]:
    """Yield (process, scenario without it, name of an output, output)."""
    deaf = with_parameters(scenario, fear_response=0.0, weight_stopped=0.0)
    yield "news: fear and perception", deaf, "surge entries", surge()
    yield (
        "call-up",
        scenario.model_copy(update={"call_up": None}),
        "called up at the end",
        outcome("called_up"),
    )
    still = with_parameters(scenario, intention_noise=0.0)
    yield "intend: noise", still, "surge up to 25 Sept, distance by member", apart(first_week, still)
    quick = with_rows(scenario, "groups", ready_at_once=fixed(1.0, "share"))
    yield "prepare", quick, "surge up to 25 Sept", first_week
    yield (
        "voice",
        scenario.model_copy(update={"voice": None}),
        "detained at protests",
        total("protest_detained"),
    )
    blind = with_parameters(
        scenario, weight_hours=0.0, weight_wait=0.0, weight_days=0.0, weight_fare=0.0, weight_stopped=0.0
    )
    yield "choose: weights", blind, "surge by Lars", surge("lars")
    plenty = with_rows(scenario, "services", load=fixed(0.0, "share"))
    yield "book: ordinary sales", plenty, "seats sold to the surge", total("seats_sold")
    yield "book: fares", with_parameters(scenario, fare_cap=1.0), "mean fare", mean_fare
    at_once = with_parameters(scenario, road_speed=5000.0, rail_speed=5000.0, airport_time=0.0)
    yield "travel: time on the road", at_once, "surge up to 25 Sept", first_week
    wide = scenario.model_copy(
        update={"lanes": tuple(x.model_copy(update={"throughput": fixed(1e5, "flow")}) for x in scenario.lanes)}
    )
    yield "cross: queues", wide, "waiting (person-steps)", total("queue")
    patient = with_parameters(scenario, balk_rate=0.0, give_up_rate=0.0)
    yield "cross: balking, giving up", patient, "gave up", total("gave_up")
    stay = with_parameters(scenario, early_leaving=0.0, late_leaving=0.0, transit_share=0.0)
    yield (
        "settle",
        stay,
        "staying at the end",
        lambda run: run.data.arrivals.sel(measure="staying").values[:, -1].sum(axis=1).astype(float),
    )
    nobody = with_parameters(scenario, ordinary_level=0.0)
    yield (
        "ordinary traffic",
        nobody,
        "entries by land",
        lambda run: run.data.entries.values[:, :, np.asarray(run.data["mode"] != "air")].sum(axis=(1, 2)).astype(float),
    )


def attributes(scenario: Scenario) -> Iterator[tuple[str, Scenario, str, Output]]:
    """Yield what happens without each attribute of groups and origins."""
    yield "group: exposed", with_rows(scenario, "groups", exposed=False), "surge entries", surge()
    yield (
        "group: documents",
        with_rows(scenario, "groups", documents="internal"),
        "surge by Finland",
        surge("FIN"),
    )
    even = with_rows(scenario, "groups", willing=fixed(0.01, "share"))
    yield "group: willing", even, "surge by Finland", surge("FIN")
    slow = with_rows(scenario, "groups", ready_at_once=fixed(0.0, "share"))
    yield "group: ready_at_once", slow, "surge up to 25 Sept", first_week
    packed = with_rows(scenario, "groups", preparation=fixed(0.1, "duration"))
    yield "group: preparation", packed, "surge up to 25 Sept", first_week
    alike = tuple(
        g.model_copy(update={"share": {"all": scaled(g.share.get("other", g.share.get("all")), 1.0)}})
        for g in scenario.groups
    )
    yield (
        "group: share by kind of origin",
        scenario.model_copy(update={"groups": alike}),
        "surge by Finland",
        surge("FIN"),
    )
    yield "origin: willing", with_rows(scenario, "origins", willing=fixed(0.6)), "surge entries", surge()
    level = with_rows(scenario, "origins", call_up_weight=fixed(1.0))
    by_region: Output = lambda run: run.data.outcomes.sel(outcome="called_up").values[:, -1].astype(float)  # noqa: E731
    yield "origin: call_up_weight", level, "called up by region, distance by member", apart(by_region, level)
    yield (
        "origin: protest_weight",
        with_rows(scenario, "origins", protest_weight=fixed(1.0)),
        "detained at protests",
        total("protest_detained"),
    )
    deserted = scenario.model_copy(update={"signals": ()})
    yield "signals", deserted, "surge entries", surge()


def in_lane(policy: Policy, scenario: Scenario) -> tuple[str, Output]:
    """Return people served in the lane that a policy opens, until another policy opens more of it."""
    kind = next(e for e in policy.effects if e.kind == "open_lane").lane
    where = policy.applies_to.crossings
    starts = sorted(
        hours(scenario, other.outcome.starts)
        for other in scenario.policies
        if other.outcome is not None and other.outcome.starts is not None
        if other.applies_to.crossings == where
        if any(e.kind == "open_lane" and e.lane == kind for e in other.effects)
    )
    own = hours(scenario, policy.outcome.starts)  # type: ignore[union-attr, arg-type]
    later = [start for start in starts if start > own]
    first, last = (int(at // scenario.period.step) for at in (own, later[0] if later else np.float64(1e6)))
    lanes = [f"{crossing}/{kind}" for crossing in where]
    return (
        f"served in {', '.join(lanes)}{' until more of it opens' if later else ''}",
        lambda run: run.data.served.sel(lane=lanes).values[:, first:last].sum(axis=(1, 2)).astype(float),
    )


def output_of(policy: Policy, scenario: Scenario) -> tuple[str, Output]:
    """Return the output on which a policy is judged: entries where it binds, or what it stops."""
    where = policy.applies_to.crossings
    kinds = {effect.kind for effect in policy.effects}
    if "open_lane" in kinds:
        return in_lane(policy, scenario)
    if "seats" in kinds:
        service = next(e for e in policy.effects if e.kind == "seats").services[0]
        return (
            f"seats sold, {service}",
            lambda run: run.data.seats_sold.sel(service=service).values.sum(axis=1).astype(float),
        )
    if "close" in kinds and where != "all":
        return f"entries at {', '.join(where)}", crossed(*where)
    if policy.outcome is not None and not policy.outcome.happened:
        return (
            "surge up to 5 Oct (only feared)",
            lambda run: run.data.surge.values[:, :22].sum(axis=(1, 2)).astype(float),
        )
    if where == "all":
        return "surge up to 25 Sept", first_week
    names = ", ".join(where[:3]) + (" …" if len(where) > 3 else "")
    return f"surge by {names}", surge(*where)


@benchmark("ablation", "every process, attribute and policy of russia-2022 switched off in turn")
def ablation(quick: bool) -> None:
    members = 6 if quick else 200
    scenario = egress.load("russia-2022")
    base = egress.run(scenario, members=members)
    rows = [*processes(scenario), *attributes(scenario)]
    for policy in scenario.policies:
        name, output = output_of(policy, scenario)
        rows.append((f"policy: {policy.id}", without_policy(scenario, policy.id), name, output))
    print("| switched off | output | with | without | difference | in SE | |\n|---|---|---:|---:|---:|---:|---|")
    silent = 0
    for what, changed, name, output in rows:
        with_it, without = output(base), output(egress.run(changed, members=members))
        difference = without - with_it
        error = difference.std(ddof=1) / np.sqrt(members)
        size = abs(difference.mean()) / error if error > 0 else (np.inf if difference.any() else 0.0)
        silent += size <= ENOUGH
        mark = "" if size > ENOUGH else "moves nothing"
        print(
            f"| {what} | {name} | {with_it.mean():,.0f} | {without.mean():,.0f} | {difference.mean():+,.0f} "
            f"| {size:.1f} | {mark} |",
            flush=True,
        )
    print(
        f"\n{len(rows) - silent} of {len(rows)} move their output by more than {ENOUGH:g} standard errors "
        f"({members} members)."
    )
