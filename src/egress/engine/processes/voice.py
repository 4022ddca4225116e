"""Voice: protests and detentions by city and day.

    protesters[o] ~ NegBin(mean = at home[o] / 10⁶ × turnout × weight[o] × F[o], size = scatter)
    detained ~ Binomial(protesters, detained share), drawn from those at home; released at a rate;
    a share of the exposed among those released is listed.

The turnout is per million people at home, at full strength of the signals.
"""

from __future__ import annotations

import numpy as np

from egress.engine.compiled import compiled
from egress.engine.draws import binomial, key, multivariate_hypergeometric, negative_binomial, purpose
from egress.engine.members import Members
from egress.engine.processes.news import Now
from egress.engine.state import State
from egress.engine.world import Bools, Floats, Ints
from egress.scenario.time import hours

PROTEST = purpose("protest")
RELEASE = purpose("release")


@compiled
def protest(
    seed: int,
    members: Ints,
    call: int,
    turnout: Floats,
    scatter: Floats,
    arrest: Floats,
    immune: Ints,
    susceptible: Ints,
    detained: Ints,
    record: Ints,
) -> None:
    """Draw the protest of one call; turnout [M, O] per person at home; `record` [M, O] new detentions."""
    classes = immune.shape[2]
    counts = np.zeros(2 * classes, dtype=np.int64)
    taken = np.zeros(2 * classes, dtype=np.int64)
    for m in range(immune.shape[0]):
        for o in range(immune.shape[1]):
            people = 0
            for c in range(classes):
                counts[c], counts[classes + c] = immune[m, o, c], susceptible[m, o, c]
                people += counts[c] + counts[classes + c]
            mean = people * turnout[m, o]
            if mean <= 0.0:
                continue
            state = key(seed, members[m], call, o, PROTEST)
            crowd, state = negative_binomial(mean, scatter[m], state)
            held, state = binomial(min(crowd, people), arrest[m], state)
            taken[:] = 0
            state = multivariate_hypergeometric(counts, held, taken, state)
            for c in range(classes):
                immune[m, o, c] -= taken[c]
                susceptible[m, o, c] -= taken[classes + c]
                detained[m, o, c] += taken[c] + taken[classes + c]
            record[m, o] += held


@compiled
def release(
    seed: int,
    members: Ints,
    step: int,
    chance: Floats,
    listing: Floats,
    exposed: Bools,
    twin: Ints,
    detained: Ints,
    immune: Ints,
    susceptible: Ints,
    ready: Ints,
    listed: Ints,
) -> None:
    """Release detained people with chance [M]; a share `listing` [M] of the exposed is listed then."""
    classes = detained.shape[2]
    for m in range(detained.shape[0]):
        for o in range(detained.shape[1]):
            for c in range(classes):
                if detained[m, o, c] == 0:
                    continue
                state = key(seed, members[m], step, o * classes + c, RELEASE)
                free, state = binomial(detained[m, o, c], chance[m], state)
                detained[m, o, c] -= free
                if exposed[c] and twin[c] != c:
                    marked, state = binomial(free, listing[m], state)
                    ready[m, o, twin[c]] += marked
                    listed[m, o] += marked
                    free -= marked
                willing = susceptible[m, o, c]
                rest = immune[m, o, c]
                back = 0
                if willing + rest > 0:
                    back, state = binomial(free, willing / (willing + rest), state)
                susceptible[m, o, c] += back
                immune[m, o, c] += free - back


def step(members: Members, state: State, now: Now, record: Ints) -> None:
    """Hold the protests called for in this step and release detained people; `record` [M, O] is added to."""
    voice = members.world.scenario.voice
    if voice is None:
        return
    world = members.world
    for number, call in enumerate(voice.calls):
        if now.begin <= hours(world.scenario, call.at) < now.begin + now.delta:
            strength = now.pressure.max(axis=2) * members.origin("protest_weight")
            turnout = members.drawn(call.turnout, f"voice/{number}/turnout") / 1e6
            protest(
                members.seed,
                members.numbers,
                number,
                strength * turnout[:, None],
                members.drawn(voice.scatter, "voice/scatter"),
                members.drawn(voice.detained, "voice/detained"),
                state.immune,
                state.susceptible,
                state.detained,
                record,
            )
    if state.detained.any():
        release(
            members.seed,
            members.numbers,
            now.step,
            -np.expm1(-members.drawn(voice.released, "voice/released") * now.delta),
            members.drawn(voice.listed, "voice/listed"),
            world.exposed,
            world.listed_twin,
            state.detained,
            state.immune,
            state.susceptible,
            state.ready,
            state.listed,
        )
