"""Quantiles of a histogram, as Prometheus calculates them; pure."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from itertools import accumulate

from gatepost.errors import MeasurementError


def histogram_quantile(share: float, counts: Mapping[float, float]) -> float:
    """Estimate a quantile from upper bounds and the cumulative counts below them.

    Linear within the bucket that the rank falls into, whose lower end is 0
    for the first one; the highest finite bound where it falls into +Inf; NaN
    where nothing was observed or only +Inf exists. Counts that fall from one
    bound to the next, as of buckets that were not read in the same instant,
    are raised to the highest before. This is `bucketQuantile` of Prometheus,
    promql/quantile.go.

    Raises MeasurementError without a +Inf bucket, whose count is that of all
    observations, and ValueError for a share outside of 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"{share!r} is no share between 0 and 1, such as 0.95")
    bounds = sorted(bound for bound in counts if not math.isnan(bound))
    if not bounds or bounds[-1] != math.inf:
        raise MeasurementError(
            "the histogram has no +Inf bucket, so how many were observed is not known"
        )
    below = list(accumulate((counts[bound] for bound in bounds), max))
    if len(bounds) < 2 or not below[-1] > 0:
        return math.nan
    rank = share * below[-1]
    place = bisect_left(below, rank, hi=len(below) - 1)
    if place == len(bounds) - 1:
        return bounds[-2]
    if place == 0 and bounds[0] <= 0:
        return bounds[0]
    start, before = (bounds[place - 1], below[place - 1]) if place else (0.0, 0.0)
    return start + (bounds[place] - start) * (rank - before) / (below[place] - before)
