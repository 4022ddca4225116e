"""Translators at the edge: other people's layouts, no opinions of our own."""
