"""Figures for planners: tables, summary, charts, map, page."""
