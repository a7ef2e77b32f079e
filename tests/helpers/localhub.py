"""A Hub of one model or dataset on this computer, with the addresses and headers of the real one."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class LocalHub:
    """Serves the files of a folder as ``owner/name``; lies about a file's hash if asked to.

    Attributes:
        asked: the paths that were asked for.
        lie_about: name of the file whose hash is told wrong.
        gated: whether it says that its terms have to be accepted first.
        breaks_at: a file is cut off after that many bytes; 0 for never.
        breaks_once: whether only the first answer is cut off.
        closed: whether the files (not the listing) want a token, as a gated model's do.
        stall: set while files stop after breaks_at bytes and the connection stays open.
        token: the one that opens what is gated.
        ranges: the Range headers that were asked for.
        tokens: the tokens that came with requests.
        searches: the queries of searches.
    """

    def __init__(self, folder: Path, repo: str, kind: str) -> None:
        self.folder = folder
        self.repo = repo
        self.kind = kind
        self.lie_about = ""
        self.gated = False
        self.breaks_at = 0
        self.breaks_once = False
        self.closed = False
        self.stall = threading.Event()
        self.token = ""
        self.ranges: list[str] = []
        self.tokens: list[str] = []
        self.searches: list[dict[str, list[str]]] = []
        self.found: list[dict[str, object]] = []
        self.card: dict[str, object] = {}
        self.asked: list[str] = []

    def files(self) -> list[Path]:
        return sorted(p for p in self.folder.rglob("*") if p.is_file())

    def listing(self) -> bytes:
        siblings = []
        for path in self.files():
            content, name = path.read_bytes(), path.relative_to(self.folder).as_posix()
            entry = {"rfilename": name, "size": len(content)}
            entry["blobId"] = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            if path.suffix == ".safetensors":
                sha256 = hashlib.sha256(content).hexdigest()
                entry["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 134}
            if name == self.lie_about:
                entry["blobId"] = "0" * 40
                entry["lfs"] = {"sha256": "0" * 64, "size": len(content), "pointerSize": 134}
            siblings.append(entry)
        body = {"id": self.repo, "sha": COMMIT, "siblings": siblings, "tags": []}
        body |= {"cardData": self.card} if self.card else {}
        return json.dumps(body | {"private": False, "downloads": 0, "likes": 0}).encode()

    def tree(self, under: str) -> list[dict[str, object]]:
        """Files and folders under a folder, or the file of that name, as the Hub lists them."""
        found: list[dict[str, object]] = []
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if under and name != under and not name.startswith(under + "/"):
                continue
            oid = hashlib.sha1(name.encode()).hexdigest()
            entry = {"type": "directory", "path": name, "oid": oid, "size": 0}
            if path.is_file():
                entry |= {"type": "file", "size": path.stat().st_size}
            found.append(entry)
        return found

    def answer(self, path: str, body: bytes) -> tuple[bytes, int]:
        """Return what the Hub says to a request, and its status."""
        api = f"/api/{self.kind}s/{self.repo}"
        prefix = f"/{'' if self.kind == 'model' else self.kind + 's/'}{self.repo}/resolve/{COMMIT}/"
        if self.gated and (path.startswith((api, prefix))):
            return b"{}", 403
        if self.closed and path.startswith(prefix):
            return b"{}", 401
        if path == "/api/models":
            return json.dumps(self.found).encode(), 200
        if path in (f"{api}/revision/main", f"{api}/revision/{COMMIT}", api):
            return self.listing(), 200
        if path.startswith(prefix) and (self.folder / path.removeprefix(prefix)).is_file():
            return (self.folder / path.removeprefix(prefix)).read_bytes(), 200
        if found := re.fullmatch(rf"{api}/tree/(?:main|{COMMIT})/?(.*)", path):
            listed = self.tree(found[1])
            return (json.dumps(listed).encode(), 200) if listed else (b"{}", 404)
        if found := re.fullmatch(rf"{api}/paths-info/(?:main|{COMMIT})", path):
            asked = _asked_paths(body)
            rows = [e for e in self.tree("") if e["path"] in asked]
            return json.dumps(rows).encode(), 200
        return b"{}", 404


def _asked_paths(body: bytes) -> list[str]:
    try:
        return list(json.loads(body)["paths"])
    except ValueError:
        return parse_qs(body.decode()).get("paths", [])


@contextmanager
def local_hub(folder: Path, repo: str, kind: str = "model") -> Iterator[tuple[LocalHub, str]]:
    """Yield the hub of a model or a dataset, and its address."""
    hub = LocalHub(folder, repo, kind)

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.answer(send=False)

        def do_GET(self):
            self.answer(send=True)

        def do_POST(self):
            self.answer(send=True)

        def answer(self, *, send: bool):
            path, _, query = self.path.partition("?")
            hub.asked.append(path)
            if path == "/api/models":
                hub.searches.append(parse_qs(query))
            given = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            if given:
                hub.tokens.append(given)
            if hub.token and given == hub.token:
                hub.gated = hub.closed = False
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            content, status = hub.answer(path, body)
            part = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
            whole = len(content)
            if part and "/resolve/" in path:
                hub.ranges.append(part[0])
            if part and status == 200:
                start, stop = int(part[1]), int(part[2] or whole - 1) + 1
                content, status = content[start:stop], 206
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if status == 206:
                self.send_header("Content-Range", f"bytes {part[1]}-{stop - 1}/{whole}")
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            if status == 404:
                known = path.startswith(f"/api/{hub.kind}s/{repo}") or f"{repo}/resolve" in path
                self.send_header("X-Error-Code", "EntryNotFound" if known else "RepoNotFound")
            if status in (401, 403):
                self.send_header("X-Error-Code", "GatedRepo")
            self.end_headers()
            if send and hub.breaks_at and "/resolve/" in path:
                self.wfile.write(content[: hub.breaks_at])
                self.wfile.flush()
                while hub.stall.is_set() and len(content) > hub.breaks_at:
                    time.sleep(0.02)
                if hub.breaks_once:
                    hub.breaks_at = 0
                self.close_connection = True
            elif send:
                self.wfile.write(content)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, name="local-hub")
    thread.start()
    try:
        yield hub, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        hub.stall.clear()
        server.shutdown()
        thread.join()
        server.server_close()
