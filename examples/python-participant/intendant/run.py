"""One handler at work, and what it is given."""

import hashlib
import json
import sys
import threading
import time
import traceback
import urllib.parse

from . import mutual_tls
from .outcomes import Aborted, Failure, Stop, error_of_thrown, failed, outcome_of
from .saga import play


FRAMES_MAX = 8


class Run(threading.Thread):
    """What a plain handler gets: the call, content, state, and its abort. `call` is the newest it works for."""

    def __init__(self, call, handler, settled):
        super().__init__(daemon=True)
        self.call, self._handler, self._settled = call, handler, settled
        self.outcome, self._cancelled = None, threading.Event()
        self.until = time.monotonic() + call["timeoutMs"] / 1_000

    @property
    def left_ms(self):
        return round((self.until - time.monotonic()) * 1_000)

    @property
    def aborted(self):
        return self._cancelled.is_set() or self.left_ms <= 0

    def cancel(self):
        self._cancelled.set()

    def wait_until_aborted(self):
        self._cancelled.wait(max(0, self.until - time.monotonic()))
        raise Aborted

    def read(self, reference):
        """The bytes of a reference that the decision allowed: content itself, or an artifact's first rendering."""
        for one in self.call["references"]:
            if one["reference"] == reference:
                sha256 = (one["content"] or one["artifact"]["renderings"][0]["content"])["sha256"]
                data = self.ask("GET", f"/content/{sha256}")
                if hashlib.sha256(data).hexdigest() == sha256:
                    return data
                raise Failure("content_corrupt", f"the bytes read are not {sha256}")
        raise Failure("reference_not_allowed", f"the decision does not allow {reference}")

    def write(self, data):
        return json.loads(self.ask("POST", "/content", data))

    def state(self, scope, key):
        try:
            return json.loads(self.ask("GET", f"/state/{scope}/{urllib.parse.quote(key, safe='')}"))["value"]
        except Failure as failure:
            if failure.code == "not_found":
                return None
            raise

    def ask(self, method, path, body=None):
        """The data plane's answer, under the grant of the newest call."""
        plane = self.call["dataPlane"]
        if not plane["url"].startswith("https:"):
            raise Failure("data_plane_refused", "the data plane must be HTTPS")
        headers = {"authorization": f"Bearer {plane['grant']}", "content-type": "application/octet-stream"}
        try:
            status, data = mutual_tls.request("runtime", method, plane["url"] + path, body, headers)
        except OSError as error:
            raise Failure("data_plane_unreachable", str(error), retryable=True) from error
        if status < 300 or (status == 409 and path == "/journal"):
            return data
        problem = json.loads(data or b"{}")
        detail = problem.get("detail") or f"the data plane answered {status}"
        raise Failure(problem.get("code", "data_plane_failed"), detail, retryable=status >= 500 or status in (401, 429))

    def run(self):
        outcome = self._ended()
        self._settled(self, outcome)

    def _ended(self):
        try:
            if self.call["journal"] is not None:
                return play(self, self._handler)
            return outcome_of(self._handler(self))
        except Stop as stop:
            return stop.outcome
        except Exception as error:
            return self.outcome_of_thrown(error)

    def outcome_of_thrown(self, thrown):
        if not isinstance(thrown, Failure):
            if self._cancelled.is_set():
                return failed("cancelled", "the call was cancelled", True)
            if self.left_ms <= 0:
                return failed("step_timeout", "the call ran out of time", True)
            log_place_of(thrown)
        return {"status": "failed", "error": error_of_thrown(thrown)}


def log_place_of(thrown):
    """Where it was thrown, and nothing of its text."""
    frames = traceback.extract_tb(thrown.__traceback__)[-FRAMES_MAX:]
    places = " < ".join(f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in reversed(frames))
    print(f"the handler threw {type(thrown).__name__}: {places}", file=sys.stderr, flush=True)
