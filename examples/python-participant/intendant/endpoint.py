"""The receiving end of the protocol: one handler per key, the order of calls, and outcomes that are kept."""

import threading
import time

from .outcomes import SUPERSEDED, failed
from .run import Run

UNDONE = failed("step_undone", "the step has been undone")
ABANDON_AFTER_S = 30  # how long a handler that ignores its abort keeps its key
GRACE_S = 0.1  # for a handler that ends at its abort
KEYS_MAX = 10_000


class Entry:
    def __init__(self):
        self.token, self.attempt, self.run, self.outcome = (-1, -1), 1, None, None

    def reopen(self, attempt):
        """A final failure answers its own attempt, not one that was asked for since; what was undone stays so."""
        if attempt > self.attempt:
            self.attempt = attempt
            if self.outcome is not None and self.outcome["status"] == "failed" and self.outcome is not UNDONE:
                self.outcome = None


class Endpoint:
    """`handlers`: `name@version` → function of a Run, or of those in `durable` generator function of a Saga."""

    def __init__(self, handlers, durable):
        self._handlers, self._durable = handlers, durable
        self._entries, self._changed = {}, threading.Condition()

    def call(self, call):
        served = f"{call['capability']['name']}@{call['capability']['version']}"
        if served not in self._handlers:
            return failed("capability_unavailable", f"this instance does not serve {served}", True)
        if served in self._durable and call["journal"] is None:
            return failed("contract_violation", f"{served} is a saga as code, and was called without a journal")
        token = (call["callToken"]["epoch"], call["callToken"]["n"])
        until = time.monotonic() + call["timeoutMs"] / 1_000
        with self._changed:
            if call["undoes"] is not None:
                self._forbid(call["undoes"]["idempotencyKey"])
            entry = self._entry(call["idempotencyKey"])
            if token < entry.token:
                return SUPERSEDED
            entry.token = token
            self._changed.notify_all()
            entry.reopen(call["logicalAttempt"])
            if entry.outcome is not None:
                return entry.outcome
            run = self._run_of(entry, call, self._handlers[served])
            self._changed.wait_for(lambda: run.outcome or entry.token > token, until - time.monotonic())
            if run.aborted:
                self._changed.wait_for(lambda: run.outcome, GRACE_S)
            if entry.token > token:
                return SUPERSEDED
            return run.outcome or failed("step_timeout", "the call ran out of time", True)

    def cancel(self, cancel):
        with self._changed:
            entry = self._entries.get(cancel["idempotencyKey"])
            token = (cancel["callToken"]["epoch"], cancel["callToken"]["n"])
            if entry is not None and entry.run is not None and token >= entry.token:
                entry.run.cancel()
        return {}

    def probe(self, probe):
        with self._changed:
            entry = self._entries.get(probe["idempotencyKey"])
            if entry is None or (entry.outcome is None and entry.run is None):
                return {"status": "unknown"}
            return {"status": "settled", "outcome": entry.outcome} if entry.outcome else {"status": "running"}

    def _entry(self, key):
        """In order of use; what was unused for longest and is not at work is forgotten."""
        entry = self._entries[key] = self._entries.pop(key, None) or Entry()
        for old in [one for one, known in self._entries.items() if known.run is None][: len(self._entries) - KEYS_MAX]:
            del self._entries[old]
        return entry

    def _run_of(self, entry, call, handler):
        if entry.run is None or time.monotonic() > entry.run.until + ABANDON_AFTER_S:
            entry.run = Run(call, handler, lambda run, outcome: self._settle(entry, run, outcome))
            entry.run.start()
        else:
            entry.run.call = call
        return entry.run

    def _settle(self, entry, run, outcome):
        with self._changed:
            run.outcome = outcome
            if entry.run is run:
                entry.run = None
                final = outcome["status"] == "succeeded" or (
                    outcome["status"] == "failed" and not outcome["error"]["retryable"]
                )
                entry.outcome = entry.outcome or (outcome if final else None)
            self._changed.notify_all()

    def _forbid(self, key):
        entry = self._entry(key)
        entry.outcome = UNDONE
        if entry.run is not None:
            entry.run.cancel()
