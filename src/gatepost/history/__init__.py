"""The store of what was measured: one row per run, one per check and run.

Importing this package is cheap: SQLAlchemy comes in with the first read or write.
"""

from gatepost.history.identity import fingerprint, manifest_hash
from gatepost.history.slots import slot_of
from gatepost.history.store import History, Recorded

__all__ = ["History", "Recorded", "fingerprint", "manifest_hash", "slot_of"]
