"""What is to be checked of My Finance, by name: change these lists with the service.

What the service reports and nobody watches is told by `finance.api.unwatched`.
"""

from __future__ import annotations

ENDPOINTS = (
    "/api/v1/companies/{ticker}",
    "/api/v1/dcf/{ticker}",
    "/api/v1/estimates/{ticker}",
    "/api/v1/filings/{ticker}",
    "/api/v1/prices/{ticker}",
)
"""The endpoints whose time and errors are judged, each by itself."""

COMPONENTS = ("neo4j", "llm_service", "data_pipeline")
"""The parts of the service that its health page tells of."""

COVERED = (
    *("AAPL", "ABBV", "AMZN", "AVGO", "BAC", "COST", "CVX", "GOOGL", "HD", "JNJ", "JPM", "KO"),
    *("LLY", "MA", "META", "MRK", "MSFT", "NVDA", "PEP", "PG", "TSLA", "UNH", "V", "XOM"),
)
"""The companies that are valued."""
