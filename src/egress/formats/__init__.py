"""Translators at the edge: files of other programs as ours, and back; no opinions."""
