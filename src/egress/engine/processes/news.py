"""News: what is in force, what people fear, how strongly the signals press.

    F_g(t) = Σ_e a_{e,g} K_e(t) · exp(β z(t)),   K = 1 while it holds, then exp(−(t − t_e − hold)/τ)
    b_g(t) = 1 − Π_j (1 − w_j q_j(t)),           q_j = share of j's remaining window within the next 72 h
    ds_{x,g}/dt = (s*_{x,g} − s_{x,g}) / τ_s,    s* = 1 − Π_j (1 − perceived_j) over the policies known

K and every share in force are averaged over the step, so that results do not depend on its length. What depends on
time alone is worked out once, for all steps, before the first one; `policies.py` has what policies do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np

from egress.engine.members import Members
from egress.engine.processes import policies
from egress.engine.state import State
from egress.engine.world import Bools, Floats, Ints, World
from egress.scenario.time import ResolvedPolicy, hours

FADES_AFTER = 24.0  # h; a rumour whose date has passed is forgotten within a day (model.md, step 1)


@dataclass
class Now:
    """What holds during one step, for every member."""

    step: int
    begin: float
    """Hours since the start of the period."""
    delta: float
    pressure: Floats
    """F [M, O, G]"""
    course: Floats
    """F [1 or parts, M, O, G] in each part of the step; one part where nothing begins within it."""
    acted_by: Floats
    """[M, C, parts] share of those who act in this step who have acted by the end of each part of it."""
    all_by: Floats
    """[M, parts] the same share of everybody who acts."""
    last_minute: Ints
    """[M, S] seats of today that were sold in this step."""
    fear: Floats
    """b [M, G]"""
    intention: Floats
    """exp(η) [M]"""
    pull: Floats
    """[M, A] noise of the pull."""
    closed: Floats
    """[M, A] share of the step during which an entry is shut."""
    shut: Bools
    """[M, A] whether it is shut when the step ends."""
    refused: Floats
    """[M, A, C] chance of being refused at exit control."""
    summoned: Floats
    """[M, A, C] share of those refused who are served a summons."""
    admitted: Floats
    """[M, A, C] chance of being admitted by the other side, for those who arrive now."""
    appeal: Floats
    """[M, A, C] share who can still be admitted, as those who choose know it."""
    ordinary_admitted: Floats
    """[M, A]"""
    lane_open: Floats
    """[M, L] share of the step during which a lane serves."""
    lane_day: Floats
    """[M, L] share of a whole day during which it would serve."""
    lane_factor: Floats
    """[M, L] service multiplier: policies and noise."""
    block: Floats
    """[M, X] share of those who come to a road block who turn back (0: no block); see `travel.py` for whom."""
    block_hours: Floats
    """[M, X] hours between the block and the door."""
    block_local: Bools
    """[X, O, M] origins whose plates pass."""
    seats_added: Floats | None
    """[M, S, H] per day, by days of departure from today; none where no policy adds any."""

    @property
    def middle(self) -> float:
        """Hours since the start at mid-step."""
        return self.begin + self.delta / 2

    @property
    def hour(self) -> float:
        """Local hour at which the step begins."""
        return self.begin % 24

    @property
    def day(self) -> int:
        """Day of the period."""
        return int(self.begin // 24)


def step(members: Members, state: State) -> Now:
    """Return what holds during the next step, and let perceptions follow the news."""
    world = members.world
    now = _quiet(members, state.step)
    perceived = policies.apply(members, now)
    serving = 1.0 - now.closed[:, world.lane_door]  # a shut door has no open lane, whatever else was decided
    now.lane_open *= serving
    now.lane_day *= serving
    follow = -np.expm1(-world.delta / members["perception_time"])
    perceived -= state.stopped
    perceived *= follow[:, None, None]
    state.stopped += perceived
    return now


def _quiet(members: Members, step: int) -> Now:
    """Return a step in which no policy is in force."""
    w = members.world
    m, a, x, c = len(members), w.entries, w.doors, w.classes
    begin = step * w.delta
    middle = begin + w.delta / 2
    signals = members.kept("signals", Signals.of)
    course = np.stack([signals.pressure(window) for window in signals.windows[step]])
    acted_by = np.arange(1, w.parts + 1) / w.parts
    middles = np.asarray(w.delta * np.arange(w.steps) + w.delta / 2, dtype=float)
    return Now(
        step=step,
        begin=begin,
        delta=w.delta,
        pressure=course.mean(axis=0),
        course=course,
        acted_by=np.tile(acted_by, (m, c, 1)),
        all_by=np.tile(acted_by, (m, 1)),
        last_minute=np.zeros((m, w.services), dtype=np.int64),
        fear=members.kept("fear", partial(fear, middles=middles))[step],
        intention=np.exp(_at(members.intention_noise, members, middle)[:, 0]),
        pull=_at(members.pull_noise, members, middle),
        closed=np.zeros((m, a)),
        shut=np.zeros((m, a), dtype=bool),
        refused=np.zeros((m, a, c)),
        summoned=np.zeros((m, a, c)),
        admitted=np.ones((m, a, c)),
        appeal=np.ones((m, a, c)),
        ordinary_admitted=np.ones((m, a)),
        lane_open=np.tile(w.lane_opened * w.open_share(begin % 24, w.delta), (m, 1)),
        lane_day=np.tile(w.lane_opened * w.open_share(0.0, 24.0), (m, 1)),
        lane_factor=np.exp(_at(members.service_noise, members, middle)),
        block=np.zeros((m, x)),
        block_hours=np.zeros((m, x)),
        block_local=np.zeros((x, w.origins, m), dtype=bool),
        seats_added=None,
    )


@dataclass(frozen=True)
class Signals:
    """What presses, worked out for all windows in which F is averaged: a step, or a part of one."""

    windows: list[range]
    """The windows of each step: more than one where a signal begins within it."""
    begun: Bools
    """[W, signals] whether a signal has been given by the end of a window."""
    kernel: Floats
    """K [W, signals, M]"""
    strength: Floats
    """a [signals, M, G]"""
    where: Floats
    """[signals, M, O] relative strength in each origin."""
    lift: Floats
    """exp(β z) [W, series, M]"""

    @classmethod
    def of(cls, members: Members) -> Signals:
        """Work out the signals of a scenario."""
        w = members.world
        at = np.array([hours(w.scenario, signal.at) for signal in w.scenario.signals])
        parts = [_parts(w, step * w.delta, at) for step in range(w.steps)]
        ends = np.cumsum([0, *(len(own) for own in parts)]).tolist()
        begin, length = np.array([window for own in parts for window in own]).T
        begun = at < (begin + length)[:, None]
        kernel = np.zeros((len(begin), len(at), len(members)))
        strength = np.zeros((len(at), len(members), w.groups))
        where = np.ones((len(at), len(members), w.origins))
        for n, signal in enumerate(w.scenario.signals):
            if not begun[-1, n]:
                continue
            hold = members.drawn(signal.hold, f"signal/{n}/hold")
            fades = members.drawn(signal.fades, f"signal/{n}/fades")
            age = (begin - at[n])[:, None]
            kernel[:, n] = held_then_fading(age, (begin + length - at[n])[:, None], hold, fades)
            if signal.by_intensity:
                where[n] = members.origin("intensity")
            for g, group in enumerate(w.scenario.groups):
                keys = (group.id, "exposed" if group.exposed else "others", "all")
                key = next((key for key in keys if key in signal.strength), None)
                if key is not None:
                    strength[n, :, g] = members.drawn(signal.strength[key], f"signal/{n}/strength/{key}")
        windows = [range(first, last) for first, last in pairwise(ends)]
        return cls(windows, begun, kernel, strength, where, _lift(members, begin + length / 2))

    def pressure(self, window: int) -> Floats:
        """F [M, O, G] averaged over one window."""
        out = np.zeros((*self.where.shape[1:], self.strength.shape[2]))
        for n in np.flatnonzero(self.begun[window]):
            out += self.where[n][:, :, None] * (self.strength[n] * self.kernel[window, n][:, None])[:, None, :]
        for lift in self.lift[window]:
            out *= lift[:, None, None]
        return np.maximum(out, 0.0)


def _parts(world: World, begin: float, at: Floats) -> list[tuple[float, float]]:
    """Return (begin, length) of the windows of a step, hours: several where a signal begins within it."""
    within = (begin < at) & (at < begin + world.delta)
    number = world.parts if within.any() else 1
    length = world.delta / number
    return [(begin + part * length, length) for part in range(number)]


def _lift(members: Members, middles: Floats) -> Floats:
    """Return exp(β z) [W, series, M] at the middles of windows."""
    out = np.ones((len(middles), len(members.world.scenario.series), len(members)))
    for n, series in enumerate(members.world.scenario.series):
        points = [(hours(members.world.scenario, at), value) for at, value in series.points]
        z = np.interp(middles, [p[0] for p in points], [p[1] for p in points])
        out[:, n] = np.exp(members.drawn(series.weight, f"series/{series.what}") * z[:, None])
    return out


def held_then_fading(first: Floats, last: Floats, hold: Floats, fades: Floats) -> Floats:
    """Return the mean over ages [first, last] (h) of 1 up to `hold`, then exp(−(age − hold)/fades); 0 before 0."""
    fades = np.maximum(fades, 1e-12)  # 0: gone at once
    held = np.clip(np.minimum(last, hold) - np.maximum(first, 0.0), 0.0, None)
    fading = fades * (np.exp(-np.maximum(first - hold, 0.0) / fades) - np.exp(-np.maximum(last - hold, 0.0) / fades))
    return np.asarray((held + fading) / (last - first))


def fear(members: Members, middles: Floats) -> Floats:
    """b [T, M, G] belief at moments [T] that the way out shuts within the horizon (72 h)."""
    w = members.world
    open_chance = np.ones((len(middles), len(members), w.groups))
    for j, resolved in enumerate(w.policies):
        groups = w.class_mask(resolved.policy.applies_to.groups)[: w.groups]
        begins = np.array([since for since, _, _ in resolved.feared])
        standing = np.searchsorted(begins, middles, side="right")
        for n in range(1, len(begins) + 1):
            then = np.flatnonzero(standing == n)
            _, _, window = resolved.feared[n - 1]
            if window is not None and len(then):
                share = _weight(members, resolved, n) * _near(members, window, middles[then][:, None])
                share = np.where(members.policy_start[:, j] > middles[then][:, None], share, 0.0)
                open_chance[np.ix_(then, np.arange(len(members)), groups)] *= (1.0 - share)[:, :, None]
    return 1.0 - open_chance


def _weight(members: Members, resolved: ResolvedPolicy, n: int) -> Floats:
    """Return w [M] that people give to a policy after the n-th of its statuses.

    One luck for all statuses, each with a weight of its own: `drawn` would keep the first one's.
    """
    name = f"policy/{resolved.policy.id}/feared"
    return np.asarray(resolved.feared[n - 1][1].quantile(members.uniform(name)))


def _near(members: Members, window: tuple[float, float], middle: Floats) -> Floats:
    """Return q [T, M] share of what is left of a window that lies within the horizon, at moments [T, 1]."""
    low, high = window
    near = middle + members["fear_horizon"]
    left = high - np.maximum(low, middle)
    reach = np.minimum(high, near) - np.maximum(low, middle)
    within = np.where(left > 0, np.maximum(reach, 0.0) / np.where(left > 0, left, 1.0), high <= near)
    return np.where(middle < high, within, np.maximum(0.0, 1.0 - (middle - high) / FADES_AFTER))


def _at(knots: Floats, members: Members, moment: float) -> Floats:
    """Return [M, cells] the noise at a moment: straight lines between 00:00 UTC knots."""
    position = (moment + members.world.knot_shift) / 24
    day = min(int(position), knots.shape[-1] - 2)
    weight = position - day
    return np.asarray(knots[:, :, day] * (1 - weight) + knots[:, :, day + 1] * weight)
