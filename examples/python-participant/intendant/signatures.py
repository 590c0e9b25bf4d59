"""Signed requests and answers: HTTP Message Signatures (RFC 9421) over Content-Digest (RFC 9530), hmac-sha256."""

import base64
import hashlib
import hmac
import re
import threading
import time

REQUEST = '"@method" "@authority" "@path" "content-type" "content-digest"'
ANSWER = '"@status" "content-type" "content-digest" "signature";req'
WINDOW_S, SKEW_S = 30, 5
INPUT = re.compile(
    rf"sig=\({REQUEST}\)"
    r'(;created=(\d{1,12});expires=(\d{1,12});nonce="([\w-]{16,64})";keyid="([\w-]{1,64})";alg="hmac-sha256")'
)


def digest(body):
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def sign(secret, lines):
    mac = hmac.digest(base64.b64decode(secret), "\n".join(lines).encode(), "sha256")
    return f"sig=:{base64.b64encode(mac).decode()}:"


class Signatures:
    """The keys of this process's leases, and the nonces that were used with them."""

    def __init__(self):
        self._keys, self._nonces, self._lock = {}, {}, threading.Lock()

    def learn(self, key):
        self._keys[key["keyId"]] = key["secret"]
        for old in list(self._keys)[:-3]:  # the Runtime may not have heard of the newest yet
            del self._keys[old]

    def key_of(self, method, path, headers, body):
        """The id of the key that signed the request; None when it is not to be believed. A request passes once."""
        said = INPUT.fullmatch(headers["signature-input"] or "")
        if said is None or said[5] not in self._keys or digest(body) != headers["content-digest"]:
            return None
        created, expires, now = int(said[2]), int(said[3]), time.time()
        values = [method, headers["host"].lower(), path, headers["content-type"], headers["content-digest"]]
        lines = [f"{name}: {value}" for name, value in zip(REQUEST.split(), values)]
        own = sign(self._keys[said[5]], [*lines, f'"@signature-params": ({REQUEST}){said[1]}'])
        timely = created - SKEW_S <= now <= expires <= created + WINDOW_S
        if not timely or not hmac.compare_digest(own, headers["signature"] or ""):
            return None
        return said[5] if self._is_new(said[5] + said[4], expires, now) else None

    def of_answer(self, key_id, request_signature, body):
        """The headers that bind an answer to the request it answers."""
        params = f';created={int(time.time())};keyid="{key_id}";alg="hmac-sha256"'
        values = [200, "application/json", digest(body), request_signature]
        lines = [f"{name}: {value}" for name, value in zip(ANSWER.split(), values)]
        signature = sign(self._keys[key_id], [*lines, f'"@signature-params": ({ANSWER}){params}'])
        return {"content-digest": values[2], "signature-input": f"sig=({ANSWER}){params}", "signature": signature}

    def _is_new(self, nonce, expires, now):
        with self._lock:
            for old in [one for one, end in self._nonces.items() if end < now]:
                del self._nonces[old]
            return self._nonces.setdefault(nonce, expires) is expires
