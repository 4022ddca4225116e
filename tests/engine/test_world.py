"""The world: index arrays that other arrays are read by."""

from __future__ import annotations

import numpy as np
import pytest

import egress
from egress.engine.world import World


@pytest.fixture(scope="module")
def world() -> World:
    return World.of(egress.load("russia-2022"))


def test_every_way_with_a_seat_has_a_ticket_and_no_other(world: World) -> None:
    assert np.array_equal(world.way_ticket >= 0, world.way_product >= 0)
    assert np.array_equal(world.way_ticket[world.ticket_way], np.arange(len(world.ticket_way)))


def test_tickets_are_in_the_order_of_products_one_in_each_origin(world: World) -> None:
    for product in range(world.products):
        own = slice(*world.ticket_span[product : product + 2])
        assert (world.ticket_product[own] == product).all()
        assert (world.ticket_service[own] == world.product_service[product]).all()
        assert len(set(world.ticket_origin[own])) == len(world.ticket_origin[own]) > 0
    assert world.ticket_span[-1] == len(world.ticket_way)


def test_a_ticket_has_the_origin_of_its_way(world: World) -> None:
    assert np.array_equal(world.ticket_origin, world.way_origin[world.ticket_way])


def test_opening_hours_may_pass_midnight() -> None:
    scenario = egress.load("one-border")
    lane = scenario.lanes[0].model_copy(update={"hours": "22:00-06:00"})
    world = World.of(scenario.model_copy(update={"lanes": (lane,)}))
    shares = [float(world.open_share(hour, 6.0)[0]) for hour in (0.0, 6.0, 12.0, 18.0)]
    assert shares == pytest.approx([1.0, 0.0, 0.0, 2.0 / 6.0])


def test_the_knots_of_noise_lie_at_midnight_utc_for_any_offset() -> None:
    scenario = egress.load("one-border")
    india = scenario.model_copy(update={"period": scenario.period.model_copy(update={"utc_offset": "+05:30"})})
    assert World.of(india).knot_shift == 18.5
