"""Marketplace's tables, as its code declares them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    Uuid,
)

_metadata = MetaData()
_MOMENT = DateTime(timezone=True)

users = Table(
    "users",
    _metadata,
    Column("id", Uuid, primary_key=True),
    Column("username", String(50), nullable=False, unique=True),
    Column("email", String(100), nullable=False, unique=True),
    Column("password_hash", String(255), nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("last_login_at", _MOMENT),
)

api_keys = Table(
    "api_keys",
    _metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("created_at", _MOMENT, nullable=False),
    Column("last_used_at", _MOMENT),
)

listings = Table(
    "listings",
    _metadata,
    Column("id", BigInteger, primary_key=True),
    Column("seller_id", Uuid, nullable=False),
    Column("source", String(20), nullable=False),
    Column("title", Text),
    Column("price", Numeric(12, 2)),
    Column("url", Text),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("first_seen_at", _MOMENT, nullable=False),
    Column("last_seen_at", _MOMENT, nullable=False),
    Index(None, "first_seen_at"),
    Index(None, "seller_id"),
)

alerts = Table(
    "alerts",
    _metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id"), nullable=False),
    Column("search", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Index(None, "user_id"),
)

DECLARED = {table.name: table for table in (users, api_keys, listings, alerts)}
