"""The five simple rules beside every claim: forecasts that anybody can make from the published counts.

Each is a distribution: what the rule says is the median of a log-normal,

    count = known + (rule - known) · exp(s Z),     s = max(0.10 · √h, RMS of the rule's own h-step log errors)

where `known` is the part that is counted already: of a cumulative count, the last one before the origin; of a
week, its days before. So a cumulative count is scored by the flow since the last one (CRPS does not change when
both sides are moved). The errors are those of the rule when it is replayed on the counts known at the origin,
each time standing as far behind the count to be forecast as it stands now; h is `horizon_days`.

    persistence   the last count, per day, goes on
    weekday       same weekday last week
    drift         the line through the first and the last daily
    decay         least squares on the logs of the last 7 days, not rising
    excess        ordinary level of the weekday + mean excess of the last 3 dailies over it

Daily: a count of one day (20 to 28 hours), the difference of two cumulative counts a day apart, or the last level
read in a local day. Persistence needs one count, the others three dailies; below that they are undefined: NaN,
printed n/a. Where the count of a weekday is missing, `weekday` goes back another week, and where there is none says
the last daily; a daily that is known within a window is used as it is by every rule; no rule says less than 1.
"""

from egress.baselines.known import BINS, horizon_bin, horizon_days
from egress.baselines.lognormal import crps, crps_log1p, quantiles
from egress.baselines.ordinary import ordinary, weeks
from egress.baselines.rules import COLUMNS, DAILIES, FLOOR, NAMES, baselines, last

__all__ = [
    "BINS", "COLUMNS", "DAILIES", "FLOOR", "NAMES",
    "baselines", "crps", "crps_log1p", "horizon_bin", "horizon_days", "last", "ordinary",
    "quantiles", "weeks",
]  # fmt: skip
