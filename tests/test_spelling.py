from __future__ import annotations

import pytest

from egress.spelling import close, nearest


@pytest.mark.parametrize(
    ("word", "names", "expected"),
    [
        ("troughput", ["throughput", "relaxed"], ": did you mean 'throughput'?"),
        ("xbb", ["XAA", "XBB"], ": did you mean 'XBB'?"),
        ("Brigde", ["bridge", "Bridge"], ": did you mean 'Bridge'?"),
        ("zzz", ["b", "a"], ": expected 'a' or 'b'"),
        ("zzz", [], ": there are none"),
        ("zzz", map(str, range(13)), ": expected one of 13 names"),
    ],
)
def test_the_nearest_name_or_what_they_are(word: str, names: list[str], expected: str) -> None:
    assert nearest(word, names) == expected


def test_nothing_is_said_where_no_name_is_near() -> None:
    assert close("furlong", ["km", "m"]) == ""
