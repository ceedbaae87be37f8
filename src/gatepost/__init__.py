"""Gatepost turns pytest into a checker of live systems.

What authors of checks need is here by name and loaded when first used, so
that an unused plugin costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gatepost.authoring import check as check
    from gatepost.errors import Absent as Absent
    from gatepost.errors import ConfigurationError as ConfigurationError
    from gatepost.errors import DeclarationError as DeclarationError
    from gatepost.errors import MeasurementError as MeasurementError
    from gatepost.errors import Unavailable as Unavailable
    from gatepost.expectations.answers import answers as answers
    from gatepost.expectations.declaration import matches_declaration as matches_declaration
    from gatepost.expectations.distinct import distinct as distinct
    from gatepost.expectations.falls import falls_at_most as falls_at_most
    from gatepost.expectations.fresh import fresh as fresh
    from gatepost.expectations.freshness import fresh_within as fresh_within
    from gatepost.expectations.growth import no_steady_growth as no_steady_growth
    from gatepost.expectations.health import all_healthy as all_healthy
    from gatepost.expectations.healthy import healthy as healthy
    from gatepost.expectations.lasts import lasts as lasts
    from gatepost.expectations.limits import above as above
    from gatepost.expectations.limits import at_least as at_least
    from gatepost.expectations.limits import at_most as at_most
    from gatepost.expectations.limits import below as below
    from gatepost.expectations.limits import between as between
    from gatepost.expectations.limits import exactly as exactly
    from gatepost.expectations.limits import recorded as recorded
    from gatepost.expectations.mean import share_of_mean as share_of_mean
    from gatepost.expectations.numeric import numeric as numeric
    from gatepost.expectations.quality_score import quality_score as quality_score
    from gatepost.expectations.reconciliation import reconciles_with as reconciles_with
    from gatepost.expectations.references import references as references
    from gatepost.expectations.responses import responds as responds
    from gatepost.expectations.rises import rises_at_least as rises_at_least
    from gatepost.expectations.row_count import row_count as row_count
    from gatepost.expectations.share import share as share
    from gatepost.expectations.tables import conforms_to as conforms_to
    from gatepost.model import Verdict as Verdict
    from gatepost.tables.expressions import sql_check as sql_check
    from gatepost.tables.expressions import sql_rule as sql_rule
    from gatepost.tables.table import Table as Table
    from gatepost.targets.alertmanager import Alertmanager as Alertmanager
    from gatepost.targets.backups import Backups as Backups
    from gatepost.targets.database import Database as Database
    from gatepost.targets.directory import Directory as Directory
    from gatepost.targets.docker import Docker as Docker
    from gatepost.targets.elasticsearch import Elasticsearch as Elasticsearch
    from gatepost.targets.endpoint import Endpoint as Endpoint
    from gatepost.targets.files import Files as Files
    from gatepost.targets.grafana import Grafana as Grafana
    from gatepost.targets.health import HealthPages as HealthPages
    from gatepost.targets.health_body import health_schema as health_schema
    from gatepost.targets.host import Host as Host
    from gatepost.targets.interval import Interval as Interval
    from gatepost.targets.kafka import Kafka as Kafka
    from gatepost.targets.kafka_offsets import Flow as Flow
    from gatepost.targets.log import Log as Log
    from gatepost.targets.metrics import Metrics as Metrics
    from gatepost.targets.migrations import Migrations as Migrations
    from gatepost.targets.neo4j import Neo4j as Neo4j
    from gatepost.targets.page import Page as Page
    from gatepost.targets.probe import Probe as Probe
    from gatepost.targets.prometheus import Prometheus as Prometheus
    from gatepost.targets.promql import Matrix as Matrix
    from gatepost.targets.redis import Redis as Redis
    from gatepost.targets.response import Response as Response
    from gatepost.targets.smtp import MailServer as MailServer
    from gatepost.targets.spark import Spark as Spark
    from gatepost.targets.transitions import Transition as Transition
    from gatepost.targets.vector import Vector as Vector

_HOMES = {
    "authoring": ("check",),
    "errors": (
        "Absent",
        "ConfigurationError",
        "DeclarationError",
        "MeasurementError",
        "Unavailable",
    ),
    "expectations.answers": ("answers",),
    "expectations.declaration": ("matches_declaration",),
    "expectations.distinct": ("distinct",),
    "expectations.falls": ("falls_at_most",),
    "expectations.fresh": ("fresh",),
    "expectations.freshness": ("fresh_within",),
    "expectations.growth": ("no_steady_growth",),
    "expectations.health": ("all_healthy",),
    "expectations.healthy": ("healthy",),
    "expectations.lasts": ("lasts",),
    "expectations.limits": (
        "above",
        "at_least",
        "at_most",
        "below",
        "between",
        "exactly",
        "recorded",
    ),
    "expectations.mean": ("share_of_mean",),
    "expectations.numeric": ("numeric",),
    "expectations.quality_score": ("quality_score",),
    "expectations.reconciliation": ("reconciles_with",),
    "expectations.references": ("references",),
    "expectations.responses": ("responds",),
    "expectations.rises": ("rises_at_least",),
    "expectations.row_count": ("row_count",),
    "expectations.share": ("share",),
    "expectations.tables": ("conforms_to",),
    "model": ("Verdict",),
    "tables.expressions": ("sql_check", "sql_rule"),
    "tables.table": ("Table",),
    "targets.backups": ("Backups",),
    "targets.alertmanager": ("Alertmanager",),
    "targets.database": ("Database",),
    "targets.directory": ("Directory",),
    "targets.docker": ("Docker",),
    "targets.elasticsearch": ("Elasticsearch",),
    "targets.endpoint": ("Endpoint",),
    "targets.files": ("Files",),
    "targets.health": ("HealthPages",),
    "targets.health_body": ("health_schema",),
    "targets.grafana": ("Grafana",),
    "targets.host": ("Host",),
    "targets.interval": ("Interval",),
    "targets.kafka": ("Kafka",),
    "targets.kafka_offsets": ("Flow",),
    "targets.log": ("Log",),
    "targets.migrations": ("Migrations",),
    "targets.metrics": ("Metrics",),
    "targets.neo4j": ("Neo4j",),
    "targets.page": ("Page",),
    "targets.probe": ("Probe",),
    "targets.prometheus": ("Prometheus",),
    "targets.promql": ("Matrix",),
    "targets.redis": ("Redis",),
    "targets.response": ("Response",),
    "targets.smtp": ("MailServer",),
    "targets.spark": ("Spark",),
    "targets.transitions": ("Transition",),
    "targets.vector": ("Vector",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module 'gatepost' has no attribute {name!r}")
    value = getattr(import_module(f"gatepost.{home}"), name)
    globals()[name] = value
    return value
