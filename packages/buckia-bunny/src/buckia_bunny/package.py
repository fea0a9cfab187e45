"""Files carried by the package `bunnycdnpython`, for those who ask for it.

Its words for what happened are not used: it takes an error of the service for a success where it
deletes, and fails by itself where there is no answer. What counts is the answer as it came, which
is read here with the same eyes as that of the direct way. Folders are listed directly, because
the package leaves out sizes and digests.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from types import FunctionType
from typing import Any

from buckia.body import CHUNK
from buckia.errors import AccessDenied, ConfigError, StorageError, Unavailable
from buckia.protocols import Body
from buckia.web import distrusted
from buckia_bunny.entrance import Entrance, Way
from buckia_bunny.entries import Row
from buckia_bunny.faults import answered, insecure
from buckia_bunny.lanes import Lanes
from buckia_bunny.service import PART, Direct, Flow, asking_for, flow, insist_created, telling

_LONGEST_MESSAGE = 1 << 16
_CONNECTIONS = 100
_OK, _ELSEWHERE = 200, 300


class ThroughPackage:
    """A `Service`. Safe to use from many threads."""

    def __init__(
        self,
        direct: Direct,
        entrance: Entrance,
        lanes: Lanes,
        *,
        timeout: float,
        trust: Path | None = None,
    ) -> None:
        self.zone = direct.zone
        self._direct = direct
        self._entrance = entrance
        self._lanes = lanes
        self._timeout = timeout
        self._trust = trust
        self._lock = Lock()
        self._made: _Library | None = None

    def rows(self, folder: str) -> Sequence[Row]:
        return self._direct.rows(folder)

    def row(self, path: str, key: str) -> Row:
        return self._direct.row(path, key)

    @contextmanager
    def open(self, path: str, key: str, part: range | None = None) -> Iterator[Flow]:
        with tempfile.TemporaryDirectory(prefix="buckia-") as name:
            place = Path(name)
            status = self._asked(
                key, asking_for(part), lambda storage: storage.DownloadFile(path, str(place))
            )
            [file] = place.iterdir()
            yield Flow(_chunks(file), status == PART)

    def put(self, path: str, key: str, body: Body, digest: str) -> None:
        with tempfile.TemporaryDirectory(prefix="buckia-") as name:
            # The package reads a file as it is at that moment, and checks nothing of it.
            draft = Path(name, "body")
            with draft.open("wb") as target:
                target.writelines(flow(body))
            status = self._asked(
                key, telling(body, digest), lambda storage: storage.PutFile("body", path, name)
            )
        insist_created(status, key)

    def delete(self, path: str, key: str) -> None:
        with self._lanes.of("delete"):
            self._asked(key, {}, lambda storage: storage.DeleteFile(path))

    def close(self) -> None:
        with self._lock:
            made, self._made = self._made, None
        if made is not None:
            made.close()
        self._direct.close()

    def _asked(self, key: str, headers: Mapping[str, str], request: Callable[[Any], object]) -> int:
        """Let the package make a request, and return the status of an answer that said yes."""
        way = self._entrance.way()
        try:
            return self._tried(way, key, headers, request)
        except AccessDenied:
            other = self._entrance.another(way)
            if other is None:
                raise
        return self._tried(other, key, headers, request)

    def _tried(
        self, way: Way, key: str, headers: Mapping[str, str], request: Callable[[Any], object]
    ) -> int:
        library = self._library
        failed: Exception | None = None
        with closing(library.asking()) as asking:
            try:
                request(library.storage(way, self.zone, headers, asking))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is judged below
                # The package catches some failures, lets others through, stumbles over the rest.
                failed = error
            if asking.status is None:
                reason = asking.error or failed or "no answer"
                if why := distrusted(asking.error):
                    raise insecure(way.endpoint, why, key) from failed
                raise Unavailable(f"{way.endpoint}: {reason}", key=key) from failed
            if not _OK <= asking.status < _ELSEWHERE:
                said = asking.said().replace(way.password.reveal().encode(), b"***")
                raise answered(asking.status, asking.headers(), said, key, self.zone)
            if failed is not None:
                kind = Unavailable if library.is_about_the_way(failed) else StorageError
                raise kind(f"{key}: {failed}", key=key) from failed
            return asking.status

    @property
    def _library(self) -> _Library:
        with self._lock:
            if self._made is None:
                self._made = _Library(self._timeout, self._trust)
            return self._made


class _Library:
    """The package, asking by ways of ours: with an end to its patience, and kept connections."""

    def __init__(self, timeout: float, trust: Path | None) -> None:
        try:
            import BunnyCDN.Storage
            import requests
        except ImportError as error:
            raise ConfigError(
                "client: bunnycdnpython needs the package of that name",
                hint="pip install 'buckia-bunny[bunnycdnpython]', or remove `client`",
            ) from error
        self._module = BunnyCDN.Storage
        self._failures = requests.RequestException
        self._session = requests.Session()
        self._session.mount("http", requests.adapters.HTTPAdapter(pool_maxsize=_CONNECTIONS))
        # A user and a password that some file keeps for the host are not sent beside the key.
        self._session.auth = _unchanged
        self._timeout = timeout
        self._verify = True if trust is None else str(trust)

    def asking(self) -> _Asking:
        """For one request, and for who wants to see the answer to it."""
        return _Asking(self._session, self._timeout, self._verify)

    def storage(self, way: Way, zone: str, headers: Mapping[str, str], asking: _Asking) -> Any:
        """The package's storage for one request."""
        storage: Any = self._kind(asking)(way.password.reveal(), zone)
        storage.base_url = f"{way.endpoint}/{zone}/"
        storage.headers = {**storage.headers, **headers, "AccessKey": way.password.reveal()}
        return storage

    def is_about_the_way(self, error: Exception) -> bool:
        """Whether the answer broke off, and not something on this machine failed."""
        return isinstance(error, self._failures)

    def close(self) -> None:
        self._session.close()

    def _kind(self, asking: _Asking) -> type:
        """Its class, whose methods find `requests` in what we hand them."""
        names = {**vars(self._module), "requests": asking}
        methods = {
            name: FunctionType(one.__code__, names, name, one.__defaults__)
            for name, one in vars(self._module.Storage).items()
            if isinstance(one, FunctionType)
        }
        return type("Storage", (), methods)


class _Asking:
    """In the place of the module `requests`: no request without an end, none led elsewhere."""

    def __init__(self, session: Any, timeout: float, verify: bool | str) -> None:
        self._session = session
        self._timeout = timeout
        self._verify = verify
        self._answer: Any = None
        self.error: Exception | None = None

    @property
    def status(self) -> int | None:
        return None if self._answer is None else self._answer.status_code

    def headers(self) -> Mapping[str, str]:
        return {name.lower(): value for name, value in self._answer.headers.items()}

    def said(self) -> bytes:
        """The beginning of the answer, as far as it came."""
        try:
            return next(self._answer.iter_content(_LONGEST_MESSAGE), b"")
        except OSError:
            # All errors of that library are of this kind; the status says enough.
            return b""

    def get(self, url: str, **more: Any) -> Any:
        return self._ask("GET", url, **more)

    def put(self, url: str, **more: Any) -> Any:
        return self._ask("PUT", url, **more)

    def delete(self, url: str, **more: Any) -> Any:
        return self._ask("DELETE", url, **more)

    def close(self) -> None:
        """Give the connection back, whatever was read of the answer."""
        if self._answer is not None:
            self._answer.close()

    def _ask(self, method: str, url: str, **more: Any) -> Any:
        try:
            # The key is for this service, not for whoever it points to.
            self._answer = self._session.request(
                method,
                url,
                timeout=self._timeout,
                verify=self._verify,
                allow_redirects=False,
                **more,
            )
        except Exception as error:  # of any kind: it is told when the package has stumbled over it
            self.error = error
            raise
        return self._answer


def _unchanged(request: Any) -> Any:
    """The request as it is: its key stands in a header of its own."""
    return request


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while chunk := source.read(CHUNK):
            yield chunk
