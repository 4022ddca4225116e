"""The wait that people hear of: as old as the news, from the state alone."""

from __future__ import annotations

import numpy as np
import pytest

from egress.engine.loop import published_wait
from egress.engine.processes import news
from egress.testing import lane, started, town


@pytest.mark.parametrize("step", [1.0, 6.0, 24.0])
@pytest.mark.parametrize("delay", [0.0, 0.3, 5.0, 40.0])
def test_people_hear_what_was_so_long_ago(delay: float, step: float) -> None:
    # the wait at the end of each step is that hour; in between it runs straight
    chunk = started(town(step=step, days=8, numbers={"published_delay": delay}), 2)
    state = chunk.state
    for _ in range(round(8 * 24 / step)):
        now = news.step(chunk.members, state)
        heard = max(min(now.middle - delay, now.begin), 0.0)
        np.testing.assert_allclose(published_wait(chunk.members, state, now), heard, atol=1e-5)
        state.waits[:, :, state.step % state.waits.shape[2]] = now.begin + step
        state.step += 1


def test_lanes_that_are_shut_do_not_count() -> None:
    lanes = [lane(share=0.5), lane(kind="foot", share=0.25), lane(kind="bus", share=0.25)]
    chunk = started(town(lanes=lanes, numbers={"published_delay": 3}))
    chunk.state.step = 4
    chunk.state.waits[:] = np.array([2.0, 8.0, np.nan])[None, :, None]
    now = news.step(chunk.members, chunk.state)
    assert published_wait(chunk.members, chunk.state, now)[0, 0] == pytest.approx(4.0)
