"""HTTP over a Unix socket, for requests."""

from __future__ import annotations

import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

_REASONS = {
    FileNotFoundError: "there is no such socket",
    PermissionError: "this user may not use the socket",
    ConnectionRefusedError: "nothing listens on the socket",
}


class UnixAdapter(HTTPAdapter):
    """Sends every request of a session to one socket, whatever host its URL names."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._pool = _Pool("localhost", path=path)

    def get_connection_with_tls_context(self, *_: Any, **__: Any) -> HTTPConnectionPool:
        """The pool of connections to the socket."""
        return self._pool

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()
        super().close()


class _Connection(HTTPConnection):
    def __init__(self, *args: Any, path: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self._path = path

    def _new_conn(self) -> socket.socket:
        # The method that urllib3's own connections through SOCKS replace.
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.settimeout(self.timeout)
        try:
            made.connect(self._path)
        except TimeoutError as error:
            made.close()
            raise ConnectTimeoutError(self, "connecting to the socket took too long") from error
        except OSError as error:
            made.close()
            reason = _REASONS.get(type(error), str(error))
            raise NewConnectionError(self, reason) from OSError(reason)
        return made


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection
