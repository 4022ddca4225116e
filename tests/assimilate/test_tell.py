"""What a forecast tells: a queue that no report speaks of."""

from __future__ import annotations

import numpy as np
import pandas as pd

from egress.assimilate.forecasting import forecast, origin_of
from egress.assimilate.tell import unseen_queue
from egress.observations import COLUMNS, Observations
from egress.scenario.load import load


def queue(at: str) -> Observations:
    """Return a report of a queue at a moment."""
    row = {"series": "bridge_queue", "place": "", "crossing": "bridge", "what": "queue_persons", "kind": "snapshot"}
    told = {"start": at, "end": at, "value": 9000.0, "unit": "persons", "published_at": at, "source": "office"}
    empty = dict.fromkeys(("low", "high", "first_shown"), np.nan) | {"evidence": "", "note": ""}
    return Observations(pd.DataFrame([empty | row | told], columns=list(COLUMNS)))


def test_a_queue_longer_than_a_day_that_nobody_reported_is_told() -> None:
    late, seen = "2030-03-09", []
    found = forecast("one-border", late, days=1, members=12, rounds=1)
    origin = origin_of(load("one-border"), late)
    for reports in (Observations.none(), queue("2030-03-01T12:00+00:00"), queue("2030-03-08T12:00+00:00")):
        seen.append(unseen_queue(found.trajectory, reports, origin))
    (said,) = seen[0]
    assert "people wait at the crossings" in said
    assert "no report of a queue" in said
    assert seen[1] == seen[0]
    assert seen[2] == []
    assert said in found.about["warnings"]


def test_where_nobody_waits_nothing_is_said() -> None:
    found = forecast("one-border", "2030-03-02", days=1, members=12, rounds=1)
    assert not any("no report of a queue" in said for said in found.about["warnings"])
