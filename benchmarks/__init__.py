"""Speed and behaviour of egress, measured: `python -m benchmarks` lists what there is."""
