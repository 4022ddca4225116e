"""The pen: drawings by a process of its own are those made here, also when it is gone."""

from __future__ import annotations

import vl_convert

from egress.report.pen import Pen

SPEC = {
    "data": {"values": [{"a": 1, "b": "ä"}, {"a": 3, "b": "b"}]},
    "mark": "bar",
    "encoding": {"x": {"field": "b", "type": "nominal"}, "y": {"field": "a", "type": "quantitative"}},
}


def test_drawings_come_in_order_and_are_those_made_here() -> None:
    point = SPEC | {"mark": "point"}
    pen = Pen()
    drawn = [pen.draw(spec) for spec in (SPEC, point)]
    assert pen._process is not None
    assert [future.result(60) for future in drawn] == [vl_convert.vegalite_to_svg(spec) for spec in (SPEC, point)]
    assert pen._process is not None, "the other process drew nothing"


def test_a_process_that_ended_costs_no_drawing() -> None:
    pen = Pen()
    assert pen._process is not None
    pen._process.kill()
    pen._process.wait()
    assert pen.draw(SPEC).result(60) == vl_convert.vegalite_to_svg(SPEC)
