"""Sagas as code: a generator that is played against its journal (docs/adr/0006-sagas-as-code.md)."""

import hashlib
import json
import random
import time

from . import operations
from .json_values import to_json
from .reports import in_reports
from .outcomes import SUPERSEDED, Aborted, Failure, Stop, failed, outcome_of

OUTSIDE = ("sleep", "signal", "child")  # ended by the Runtime
AT_ONCE = ("state", "now", "random")  # no branch waits for these
OVER = object()


def play(run, handler):
    """The outcome of one run of the handler, or its suspension."""
    journal = Journal(run)
    result = {}

    def main():
        result["returned"] = yield from handler(Saga(journal))

    try:
        # what a saga yields is the end it is to learn of next; None when it waits for one that has not come
        if any(waited is None for waited in main()):
            return {"status": "suspended", "seen": run.call["journal"]["version"], "commands": journal.take_rest()}
    except Exception as thrown:  # what the handler did before counts
        return {**run.outcome_of_thrown(thrown), "commands": journal.take_rest()}
    journal.require_all_met()
    return {**outcome_of(result["returned"]), "commands": journal.take_rest()}


class Journal:
    """What is recorded, and what is to be reported next."""

    def __init__(self, run):
        self.run, self.pending, self._met, self._waited_for, self._ended = run, [], set(), set(), 0
        self.entries = run.call["journal"]["entries"]
        self.draining = run.call["journal"]["mode"] == "drain"
        self.state = {}  # as JSON: as the handler has set it so far in this run, which sets everything again

    def meet(self, kind, place, intent_type=None):
        """What is recorded of an operation, None when it is new. Ends the call when another one stands there."""
        at = (place["branch"], place["ordinal"])
        for entry in self.entries:
            same = (entry["kind"], entry["id"]) == (kind, place["id"])
            if (entry["branch"], entry["ordinal"]) == at:
                self._met.add(at)
                if not same:
                    differs(f"{entry['kind']} {entry['id']}", f"{kind} {place['id']}")
                asked = entry.get("asked", {}).get("intentType", intent_type)
                if asked != intent_type:  # an id does not say whose result it is
                    differs(f"child {place['id']} with intentType {asked}", f"child {place['id']} with intentType {intent_type}")
                return entry
            if same and kind != "state":
                differs(f"{kind} {place['id']} as operation {entry['ordinal']}", f"operation {place['ordinal']}")
        return None

    def wait_id(self, name, branch, ordinal):
        """Of a wait that was given none: the signal's name, or with its place too when another wait has that."""
        placed = f"{name}.{ordinal}{branch.replace('/', '-')}"
        at = (branch, ordinal)
        recorded = next((one["id"] for one in self.entries if (one["branch"], one["ordinal"]) == at), None)
        taken = name in self._waited_for or any((one["kind"], one["id"]) == ("signal", name) for one in self.entries)
        wait_id = name if recorded == name or (recorded != placed and not taken) else placed
        self._waited_for.add(wait_id)
        return wait_id

    def require_all_met(self):
        for entry in self.entries:
            if not self.draining and (entry["branch"], entry["ordinal"]) not in self._met:
                differs(f"{entry['kind']} {entry['id']}", "the end of the handler")

    def turn(self, entry):
        """When an end is to be learnt of: in the recorded order, as this run reported them, then the others, then those to come."""
        if entry is None:
            return (3, 0)
        if "reported" in entry:
            return (1, entry["reported"])
        return (2, self.entries.index(entry)) if entry["order"] is None else (0, entry["order"])

    def ended(self):
        """To be yielded for an end that was reported: other branches first learn of what stands before it in the log."""
        self._ended += 1
        return {"reported": self._ended}

    def report(self, command, place):
        """Everything since the last report; durable when this returns. What became of the operation at this place."""
        *before, last = in_reports([*self.pending, command])
        self.pending = []
        for commands in before:
            self._send(commands)
        try:
            said = self._send(last)
        except Failure:  # what was refused is the newest; what came before it still counts
            self.pending = last[:-1]
            raise
        at = (place["branch"], place["ordinal"])  # its id is its own within its kind only
        entry = next((one for one in said["entries"] if (one["branch"], one["ordinal"]) == at), {"status": "open"})
        return {"status": "held"} if command["id"] in said["held"] else entry

    def take_rest(self):
        """What has not been reported, for the outcome: as much as one may carry, the rest goes before it."""
        *before, last = in_reports(self.pending)
        for commands in before:
            self._send(commands)
        return last

    def _send(self, commands):
        body = to_json({"callToken": self.run.call["callToken"], "commands": commands}).encode()
        try:
            said = json.loads(self.run.ask("POST", "/journal", body))
        except Failure as failure:
            if failure.retryable:
                raise Stop(failed("journal_unavailable", "the journal could not be written", True)) from failure
            # the Runtime has read it and will not have it: saying it again would change nothing
            doing = f"{commands[-1]['op']} {commands[-1]['id']}"
            raise Failure("contract_violation", f"{doing}: {failure}") from failure
        if "entries" in said:
            return said
        if said["kind"] == "violation":
            differs(said["expected"], said["actual"])
        raise Stop(SUPERSEDED)


class Saga:
    """One branch. Its operations are generators: `value = yield from saga.step('id', action)`."""

    def __init__(self, journal, branch=""):
        self.journal, self.branch, self._ordinal, self._forks = journal, branch, 0, 0
        self.run, self.call = journal.run, journal.run.call

    def step(self, step_id, action, **options):
        """`action(key, attempt)` runs until it has an outcome; raises Failure when it failed for good.

        `compensate` is what undoes it, `retry` how often it is tried. An action cannot be stopped: it has no time of its own.
        """
        operations.require_step(step_id, options)
        place, entry = yield from self._meet("step", step_id)
        status = entry["status"] if entry else "new"
        if status in ("succeeded", "failed"):
            return value_of(entry)
        if status == "waiting":
            yield
        attempt = 1 if entry is None else entry["attempt"] + (status == "due")
        if status != "open":
            begun = yield from self._begin({"op": "step_start", **place, "attempt": attempt, **options})
            if begun["status"] == "failed":  # the Runtime does not let it begin: what is to undo it cannot
                yield self.journal.ended()
                return value_of(begun)
        key = json.dumps([self.call["intent"]["tenantId"], self.call["executionId"], step_id, "forward"], separators=(",", ":"))
        end = {"id": step_id, "attempt": attempt}
        try:
            value = action(hashlib.sha256(key.encode()).hexdigest(), attempt)
            text = operations.require_value("step", step_id, "its value", value)
        except Exception as thrown:
            if self.run.aborted:  # the call is over: what became of the action, the next run finds out
                raise Aborted from thrown
            error = self.run.outcome_of_thrown(thrown)["error"]
            entry = self.journal.report({"op": "step_fail", **end, "error": error, "outcome": "definite"}, place)
            yield self.journal.ended() if entry["status"] == "failed" else None
            return value_of(entry)
        self.journal.pending.append({"op": "step_succeed", **end, "value": json.loads(text)})
        yield self.journal.ended()
        return json.loads(text)

    def sleep(self, sleep_id, duration_ms):
        whole_ms = operations.duration("sleep", sleep_id, duration_ms)
        return self._await("sleep", {"op": "sleep", "durationMs": whole_ms}, sleep_id)

    def signal(self, name, wait_id=None, timeout_ms=None):
        """The payload of the next signal of this name; None when the time is over first."""
        wait_id = wait_id or self.journal.wait_id(name, self.branch, self._ordinal + 1)
        bound = None if timeout_ms is None else operations.duration("signal", wait_id, timeout_ms, "timeoutMs")
        more = {"name": name, "approval": False, "prompt": None, "timeoutMs": bound}
        return (yield from self._await("signal", {"op": "await_signal", **more}, wait_id))

    def approval(self, approval_id, prompt=None, timeout_ms=None):
        """Asks a person: `{"approved", "note"}`; None when the time is over first."""
        bound = None if timeout_ms is None else operations.duration("approval", approval_id, timeout_ms, "timeoutMs")
        more = {"name": f"approval:{approval_id}", "approval": True, "prompt": prompt, "timeoutMs": bound}
        return self._await("signal", {"op": "await_signal", **more}, approval_id)

    def intent(self, child_id, intent_type, payload, compensate=None):
        text = operations.require_value("intent", child_id, "payload", payload)
        undo = {} if compensate is None else operations.require_undo("intent", child_id, compensate)
        return self._await("child", {"op": "child", "intentType": intent_type, "payload": json.loads(text), **undo}, child_id)

    def now(self):
        """Milliseconds since the epoch, the same in every run."""
        return self._sample("now", lambda: time.time_ns() // 1_000_000)

    def random(self):
        """At least 0 and below 1, the same in every run."""
        return self._sample("random", random.random)

    def fact(self, key, value):
        operations.require_id("fact", key)
        return self._note("fact", {"op": "fact", "kind": "fact"}, key, value)

    def set(self, key, value):
        operations.require_key("state", key)
        self.journal.state[key] = operations.require_value("state", key, "its value", value)
        return self._note("state", {"op": "state_set"}, key, value)

    def get(self, key):
        """State as this run has set it so far; None when it has not."""
        return json.loads(self.journal.state.get(key, "null"))

    def all(self, branches):
        """Runs generator functions of a Saga side by side; their ends are learnt in the recorded order."""
        self._forks += 1
        names = [f"{self.branch}/{self._forks}.{index}" for index in range(len(branches))]
        running = {name: branch(Saga(self.journal, name)) for name, branch in zip(names, branches)}
        parked = {name: next(branch, OVER) for name, branch in running.items()}
        while parked := {name: waited for name, waited in parked.items() if waited is not OVER}:
            first = min(parked, key=lambda name: self.journal.turn(parked[name]))
            yield parked[first]
            parked[first] = next(running[first], OVER)

    def _meet(self, kind, operation_id, intent_type=None):
        self._ordinal += 1
        place = {"branch": self.branch, "ordinal": self._ordinal, "id": operation_id}
        entry = self.journal.meet(kind, place, intent_type)
        if entry is not None and kind not in AT_ONCE and entry["status"] in ("succeeded", "failed"):
            yield entry
            if entry["order"] is None and kind in OUTSIDE:
                self.journal.pending.append({"op": "observe", "kind": kind, "id": operation_id})
        return place, entry

    def _begin(self, command):
        if self.journal.draining:
            yield
        entry = self.journal.report(command, command)
        if entry["status"] == "held":
            yield
        return entry

    def _await(self, kind, command, operation_id):
        operations.require_id(kind, operation_id)
        place, entry = yield from self._meet(kind, operation_id, command.get("intentType"))
        if entry is None:
            entry = yield from self._begin({**command, **place})
            if entry["status"] == "succeeded":  # it was there before it was waited for
                self.journal.pending.append({"op": "observe", "kind": kind, "id": operation_id})
                yield self.journal.ended()
        if entry["status"] not in ("succeeded", "failed"):
            yield
        return value_of(entry)

    def _sample(self, kind, take):
        key = f"{kind}.{self._ordinal + 1}{self.branch.replace('/', '-')}"  # two are never taken for one another
        return self._note(kind, {"op": "fact", "kind": kind}, key, take)

    def _note(self, kind, command, key, value):
        place, entry = yield from self._meet(kind, key)
        if entry is not None:
            return entry["value"]
        if self.journal.draining and kind == "fact":
            yield
        taken = value() if callable(value) else value
        text = operations.require_value(kind, key, "its value", taken)
        self.journal.pending.append({**command, **place, "value": json.loads(text)})
        if kind == "fact":
            yield self.journal.ended()
        return json.loads(text)


def value_of(entry):
    if entry["status"] == "succeeded":
        return entry["value"]
    error = entry["error"]
    raise Failure(error["code"], error["message"], details=error["details"])


def differs(expected, actual):
    details = {"actual": actual, "expected": expected}
    raise Stop(failed("determinism_violation", f"expected {expected}, got {actual}", details=details))
