"""Whether the graph's data can be relied on: complete, fresh, covered, and adding up.

Meant to run every five minutes. Each row is one statement that only reads; what
it cannot measure is an error of its own and stops no other.
"""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from gatepost import Neo4j, at_least, check, fresh_within, share

from .universe import COVERED

pytestmark = check(owner="data")

FILINGS_WITHIN = "P15M"
"""Chosen: an annual report is due 60 to 90 days after its year has ended."""
ANNUAL_REPORTS, QUARTERLY_REPORTS = 1, 3
ROUNDING = 0.01
"""By how much the parts of a statement may miss its whole, as a share."""

FILINGS = """
    UNWIND $covered AS ticker
    OPTIONAL MATCH (:Company {ticker: ticker})-[:FILED]->(f:Filing)
    WHERE f.filed_at >= $slot - duration($within)
    WITH ticker,
         sum(CASE WHEN f.form = '10-K' THEN 1 ELSE 0 END) AS annual,
         sum(CASE WHEN f.form = '10-Q' THEN 1 ELSE 0 END) AS quarterly
    RETURN ticker,
           CASE WHEN annual >= $annual AND quarterly >= $quarterly THEN 'complete' END AS filings
    ORDER BY ticker
"""

# An index on `Price.at` answers this by its last entry, however many prices there are.
NEWEST_PRICE = """
    MATCH (p:Price)
    WHERE p.at IS NOT NULL
    RETURN p.at AS newest
    ORDER BY p.at DESC
    LIMIT 1
"""

ESTIMATES = """
    MATCH (c:Company)
    RETURN c.ticker AS ticker,
           CASE
             WHEN EXISTS { MATCH (c)<-[:COVERS]-(:AnalystEstimate) } THEN 'covered'
           END AS estimates
    ORDER BY ticker
"""

# What is not known, such as a balance sheet without its equity, does not add up.
CONSISTENCY = """
    MATCH (s:Statement)
    WHERE s.kind IN ['balance sheet', 'valuation']
    WITH CASE s.kind
           WHEN 'balance sheet'
             THEN abs(s.assets - s.liabilities - s.equity) <= $rounding * abs(s.assets)
           ELSE abs(s.market_cap - s.price * s.shares) <= $rounding * abs(s.market_cap)
         END AS adds_up
    RETURN count(*) AS statements,
           sum(CASE WHEN coalesce(adds_up, false) THEN 1 ELSE 0 END) AS consistent
"""


@check(
    share(at_least(alert=95, unit="%"), complete="filings", keys="ticker"),
    severity="high",
    runbook="data-quality",
)
def check_filing_completeness(finance_graph: Neo4j) -> pd.DataFrame:
    """Share of the covered companies that have the filings they should have.

    Chosen: one annual and three quarterly reports within 15 months.
    """
    return finance_graph.frame(
        FILINGS,
        covered=list(COVERED),
        within=FILINGS_WITHIN,
        annual=ANNUAL_REPORTS,
        quarterly=QUARTERLY_REPORTS,
    )


@check(fresh_within(alert="24 h"), severity="high", runbook="data-quality")
def check_price_freshness(finance_graph: Neo4j) -> datetime | None:
    """Time since the newest price of the whole store; that there is none is an alert."""
    return finance_graph.scalar(NEWEST_PRICE)


@check(
    share(at_least(alert=80, unit="%"), complete="estimates", keys="ticker"),
    severity="medium",
    runbook="data-quality",
)
def check_analyst_coverage(finance_graph: Neo4j) -> pd.DataFrame:
    """Share of all companies that at least one analyst has estimates of."""
    return finance_graph.frame(ESTIMATES)


@check(at_least(alert=95, unit="%"), severity="medium", runbook="data-quality")
def check_consistency(finance_graph: Neo4j) -> float | None:
    """Share of the statements in which the parts add up to the whole, within 1 %.

    Assets are liabilities and equity, a market capitalisation is price times shares.
    """
    (found,) = finance_graph.rows(CONSISTENCY, rounding=ROUNDING)
    return 100 * found["consistent"] / found["statements"] if found["statements"] else None
