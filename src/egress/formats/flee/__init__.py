"""Flee's conflict folders: read unchanged, with every fault at its place; and as egress scenarios.

>>> from egress.formats import flee
>>> case, rules = flee.read("mali2012")  # doctest: +SKIP
"""

from egress.formats.flee.convert import convert
from egress.formats.flee.folder import FleeFolder, find, is_converted, is_flee
from egress.formats.flee.read import Instance, read, read_instance

__all__ = ["FleeFolder", "Instance", "convert", "find", "is_converted", "is_flee", "read", "read_instance"]
