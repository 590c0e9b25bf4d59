"""Sagas as code: a generator that is played against its journal (docs/adr/0006-sagas-as-code.md)."""

import hashlib
import json

from .outcomes import SUPERSEDED, Failure, Stop, failed, outcome_of

OUTSIDE = ("sleep", "signal", "child")  # ended by the Runtime
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
            return {"status": "suspended", "seen": run.call["journal"]["version"], "commands": journal.pending}
    except Failure as failure:
        return {**Failure(failure.code, str(failure), details=failure.details).outcome(), "commands": journal.pending}
    journal.require_all_met()
    return {**outcome_of(result["returned"]), "commands": journal.pending}


class Journal:
    """What is recorded, and what is to be reported next."""

    def __init__(self, run):
        self.run, self.pending, self._met = run, [], set()
        self.entries = run.call["journal"]["entries"]
        self.draining = run.call["journal"]["mode"] == "drain"

    def meet(self, kind, place):
        """What is recorded of an operation, None when it is new. Ends the call when another one stands there."""
        at = (place["branch"], place["ordinal"])
        for entry in self.entries:
            same = (entry["kind"], entry["id"]) == (kind, place["id"])
            if (entry["branch"], entry["ordinal"]) == at:
                self._met.add(at)
                return entry if same else differs(f"{entry['kind']} {entry['id']}", f"{kind} {place['id']}")
            if same and kind != "state":
                differs(f"{kind} {place['id']} as operation {entry['ordinal']}", f"operation {place['ordinal']}")
        return None

    def require_all_met(self):
        for entry in self.entries:
            if not self.draining and (entry["branch"], entry["ordinal"]) not in self._met:
                differs(f"{entry['kind']} {entry['id']}", "the end of the handler")

    def turn(self, entry):
        """When an end is to be learnt of: in the recorded order, then those that are new, then those to come."""
        if entry is None:
            return (2, 0)
        return (1, self.entries.index(entry)) if entry["order"] is None else (0, entry["order"])

    def report(self, command):
        """Everything since the last report; durable when this returns."""
        commands, self.pending = [*self.pending, command], []
        body = json.dumps({"callToken": self.run.call["callToken"], "commands": commands})
        try:
            said = json.loads(self.run.ask("POST", "/journal", body))
        except Failure as failure:
            raise Stop(failed("journal_unavailable", "the journal could not be written", True)) from failure
        if "entries" in said:
            entry = next((one for one in said["entries"] if one["id"] == command["id"]), {"status": "open"})
            return {"status": "held"} if command["id"] in said["held"] else entry
        if said["kind"] == "violation":
            differs(said["expected"], said["actual"])
        if said["kind"] == "superseded":
            raise Stop(SUPERSEDED)
        raise Stop(failed("capability_not_found", f"no capability answers {said['intent']}"))


class Saga:
    """One branch. Its operations are generators: `value = yield from saga.step('id', action)`."""

    def __init__(self, journal, branch=""):
        self.journal, self.branch, self._ordinal, self._forks = journal, branch, 0, 0
        self.run, self.call = journal.run, journal.run.call

    def step(self, step_id, action, **options):
        """`action(key, attempt)` runs until it has an outcome; raises Failure when it failed for good."""
        place, entry = yield from self._meet("step", step_id)
        status = entry["status"] if entry else "new"
        if status in ("succeeded", "failed"):
            return value_of(entry)
        if status == "waiting":
            yield
        attempt = 1 if entry is None else entry["attempt"] + (status == "due")
        if status != "open":
            yield from self._begin({"op": "step_start", **place, "attempt": attempt, **options})
        key = json.dumps([self.call["intent"]["tenantId"], self.call["executionId"], step_id, "forward"], separators=(",", ":"))
        end = {"id": step_id, "attempt": attempt}
        try:
            value = action(hashlib.sha256(key.encode()).hexdigest(), attempt)
        except Failure as failure:
            error = failure.outcome()["error"]
            entry = self.journal.report({"op": "step_fail", **end, "error": error, "outcome": "definite"})
            if entry["status"] != "failed":
                yield
            return value_of(entry)
        self.journal.pending.append({"op": "step_succeed", **end, "value": value})
        return value

    def sleep(self, sleep_id, duration_ms):
        return self._await("sleep", {"op": "sleep", "durationMs": duration_ms}, sleep_id)

    def signal(self, name):
        more = {"name": name, "approval": False, "prompt": None, "timeoutMs": None}
        return self._await("signal", {"op": "await_signal", **more}, name)

    def intent(self, child_id, intent_type, payload):
        return self._await("child", {"op": "child", "intentType": intent_type, "payload": payload}, child_id)

    def fact(self, key, value):
        return self._note("fact", {"op": "fact", "kind": "fact"}, key, value)

    def set(self, key, value):
        return self._note("state", {"op": "state_set"}, key, value)

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

    def _meet(self, kind, operation_id):
        self._ordinal += 1
        place = {"branch": self.branch, "ordinal": self._ordinal, "id": operation_id}
        entry = self.journal.meet(kind, place)
        if entry is not None and kind != "state" and entry["status"] in ("succeeded", "failed"):
            yield entry
            if entry["order"] is None and kind in OUTSIDE:
                self.journal.pending.append({"op": "observe", "kind": kind, "id": operation_id})
        return place, entry

    def _begin(self, command):
        if self.journal.draining:
            yield
        entry = self.journal.report(command)
        if entry["status"] == "held":
            yield
        return entry

    def _await(self, kind, command, operation_id):
        place, entry = yield from self._meet(kind, operation_id)
        if entry is None:
            entry = yield from self._begin({**command, **place})
            if entry["status"] == "succeeded":  # it was there before it was waited for
                self.journal.pending.append({"op": "observe", "kind": kind, "id": operation_id})
        if entry["status"] not in ("succeeded", "failed"):
            yield
        return value_of(entry)

    def _note(self, kind, command, key, value):
        place, entry = yield from self._meet(kind, key)
        if entry is not None:
            return entry["value"]
        if self.journal.draining and kind == "fact":
            yield
        self.journal.pending.append({**command, **place, "value": value() if callable(value) else value})
        return self.journal.pending[-1]["value"]


def value_of(entry):
    if entry["status"] == "succeeded":
        return entry["value"]
    error = entry["error"]
    raise Failure(error["code"], error["message"], details=error["details"])


def differs(expected, actual):
    details = {"actual": actual, "expected": expected}
    raise Stop(failed("determinism_violation", f"expected {expected}, got {actual}", details=details))
