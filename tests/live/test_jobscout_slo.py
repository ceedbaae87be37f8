"""Job Scout's error budget: exact, by counts, with the values that SLO arithmetic is known by."""

from __future__ import annotations

from fractions import Fraction

import pytest

from checks.jobscout.slo import Events, budget_left, burn_rate, tier_burn

PERIOD_HOURS = 30 * 24


def spent(share: str, hours: str, objective: str) -> Fraction:
    """How much of a budget of 30 days an error share spends in that time, at steady traffic."""
    bad = Fraction(share) * Fraction(hours)
    return 100 - budget_left(Events(bad, Fraction(PERIOD_HOURS)), objective)


@pytest.mark.parametrize(
    ("share", "hours", "objective", "percent"),
    [
        ("0.001", "1/6", "99.9", "0.0231"),
        ("1", "1", "99.9", "138.9"),
        ("1", "1/12", "99.9", "11.57"),
        ("1", "1/4", "99.9", "34.7"),
        ("1", "1", "90", "1.39"),
    ],
)
def test_an_outage_spends_its_share_of_the_budget(
    share: str, hours: str, objective: str, percent: str
) -> None:
    """Ten minutes of 0.1 %, an hour of total outage, five minutes of it once and three times."""
    decimals = len(percent.partition(".")[2])
    assert f"{float(spent(share, hours, objective)):.{decimals}f}" == percent


def test_one_failure_at_low_traffic() -> None:
    """Of 7,200 requests in 30 days 7.2 may fail; one costs 13.89 %, and burns so in each window."""
    assert float(100 - budget_left(Events(Fraction(1), Fraction(7200)), "99.9")) == pytest.approx(
        13.89, abs=0.005
    )
    windows = {1: 100, 6: 16.667, 72: 1.389, 720: 0.139}
    for hours, burn in windows.items():
        events = Events(Fraction(1), Fraction(10 * hours))
        assert float(burn_rate(events, "99.9")) == pytest.approx(burn, abs=5e-4)


def test_arithmetic_is_exact() -> None:
    """As many failures as are allowed leave exactly nothing, which no floating point tells."""
    assert budget_left(Events(Fraction(2), Fraction(2000)), "99.9") == 0
    assert burn_rate(Events(Fraction(144), Fraction(10_000)), "99.9") == Fraction("14.4")
    assert budget_left(Events(Fraction(4), Fraction(2000)), "99.9") == -100


def test_windows_are_summed_up_before_they_are_divided() -> None:
    """Busy hours with errors and quiet ones without make 1.980 %, not the mean of 2 % and 0 %."""
    busy, quiet = 144 * 1000, 144 * 10
    events = Events(Fraction(busy, 50), Fraction(busy + quiet))
    assert float(burn_rate(events, "99")) == pytest.approx(1.980, abs=5e-4)


def test_a_tier_burns_as_both_of_its_windows_do() -> None:
    """The lower rate counts: an hour that is over, or a minute that just began, is no alert."""
    over = Events(Fraction(30), Fraction(1000)), Events(Fraction(0), Fraction(80))
    begun = Events(Fraction(8), Fraction(1000)), Events(Fraction(8), Fraction(80))
    both = Events(Fraction(30), Fraction(1000)), Events(Fraction(8), Fraction(80))
    assert [tier_burn(*each, "99.9") for each in (over, begun, both)] == [0, 8, 30]
    assert tier_burn(over[0], None, "99.9") is None


@pytest.mark.parametrize("total", [None, 0.0, float("nan"), float("inf")])
def test_nothing_of_nothing_is_no_data(total: float | None) -> None:
    """Without requests there is no share: neither 0 nor NaN."""
    assert Events.counted(0.0, total) is None


def test_counts_that_prometheus_extrapolates_stay_within_bounds() -> None:
    """No series of failures is none, and slightly more bad than all are all, below none none."""
    assert Events.counted(None, 10.0) == Events(Fraction(0), Fraction(10))
    assert Events.counted(10.2, 10.0) == Events(Fraction(10), Fraction(10))
    assert Events.counted(-0.1, 10.0) == Events(Fraction(0), Fraction(10))
