"""How right a forecast was: rules that score one forecast, and tables over many."""
