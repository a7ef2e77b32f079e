"""A Hub of one repository on this computer, with the addresses and headers of the real one."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class LocalHub:
    """Serves the files of a folder as ``owner/name``; lies about a file's hash if asked to."""

    def __init__(self, folder: Path, repo: str) -> None:
        self.folder = folder
        self.repo = repo
        self.lie_about = ""
        self.asked: list[str] = []

    def listing(self) -> bytes:
        siblings = []
        for path in sorted(p for p in self.folder.rglob("*") if p.is_file()):
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
        return json.dumps(body | {"private": False, "downloads": 0, "likes": 0}).encode()


@contextmanager
def local_hub(folder: Path, repo: str) -> Iterator[tuple[LocalHub, str]]:
    """Yield the hub and its address."""
    hub = LocalHub(folder, repo)

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.answer(body=False)

        def do_GET(self):
            self.answer(body=True)

        def answer(self, *, body: bool):
            path = self.path.split("?")[0]
            hub.asked.append(path)
            prefix = f"/{repo}/resolve/{COMMIT}/"
            if path == f"/api/models/{repo}/revision/main":
                content, status = hub.listing(), 200
            elif path.startswith(prefix) and (folder / path.removeprefix(prefix)).is_file():
                content, status = (folder / path.removeprefix(prefix)).read_bytes(), 200
            else:
                content, status = b"{}", 404
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            if status == 404:
                self.send_header("X-Error-Code", "RepoNotFound")
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, name="local-hub")
    thread.start()
    try:
        yield hub, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
