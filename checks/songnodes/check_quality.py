"""Whether the rows of `songs` can be relied on."""

from __future__ import annotations

from gatepost import Database, Table, at_least, below, check, references, share


def is_valid(row):
    """A title, a source and its id, and a duration between half a minute and four hours."""
    filled = (row.title != "") & (row.source != "") & (row.source_id != "")
    return filled & row.duration_seconds.between(30, 4 * 3600)


@check(
    share(at_least(98, alert=95, unit="%"), valid=is_valid, name="valid", keys="id"),
    share(
        below(3, alert=below(5, unit="%"), unit="%"),
        duplicates=["source", "source_id"],
        name="duplicates",
        keys="id",
    ),
    references("artists", {"artist_id": "id"}, tolerate=at_least(99.9, alert=99, unit="%")),
    severity="medium",
    owner="data",
    runbook="song-quality",
)
def check_songs(songnodes_db: Database) -> Table:
    """Rows that are valid, rows that are there twice, and rows whose artist is missing.

    The system states no figures; all limits are chosen.
    """
    return songnodes_db.table("songs", time="created_at")
