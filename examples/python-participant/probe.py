"""The participant of the contract suite: does what the payload says (libs/participant/src/testing/behaviour.ts)."""

import collections
import json
import sys
import time

from intendant import Failure, serve
from intendant.saga import Saga

RUNS = collections.Counter()


def handle(run):
    payload = run.call["intent"]["payload"]
    RUNS[payload["script"]] += 1
    number = RUNS[payload["script"]]
    told = {"run": number}
    for act in payload["runs"][min(number, len(payload["runs"])) - 1]:
        if act["do"] == "return":
            return act["value"]
        if act["do"] == "return_nan":
            return result_of({"n": float("nan")})
        perform(act, run, told)
    return result_of(told)


def handle_saga(saga: Saga):
    told = {}
    yield from perform_all(saga.call["intent"]["payload"]["runs"][0], saga, told)
    return result_of(told)


def result_of(told):
    return {"artifacts": [], "events": [{"eventType": "content.probed", "data": told}], "stateChanges": []}


def perform(act, run, told):
    match act["do"]:
        case "gate":
            run.write(act["gate"])
        case "until_aborted":
            run.wait_until_aborted()
        case "busy":
            time.sleep(act["ms"] / 1_000)
        case "fail":
            raise Failure(act["code"], act["message"], act.get("retryable", False), {"run": told.get("run", 0)})
        case "throw":
            raise ValueError(act["text"])
        case "tell":
            told.update({name: fact(name, run) for name in act["what"]})
        case "read":
            told["read"] = run.read(act["reference"]).decode()
        case "write":
            told["written"] = run.write(act["text"])
        case "state":
            told[f"{act['scope']}/{act['key']}"] = run.state(act["scope"], act["key"])


def fact(name, run):
    if name == "roles":
        return ",".join(run.call["intent"]["roles"])
    special = {"leftMs": run.left_ms, "aborted": run.aborted}
    return special[name] if name in special else run.call.get(name, run.call["intent"].get(name))


def perform_all(acts, saga, told):
    for act in acts:
        match act["do"]:
            case "step":
                yield from perform_step(act, saga, told)
            case "fact":
                told[act["id"]] = yield from saga.fact(act["id"], value_of(act, None))
            case "state_set":
                yield from saga.set(act["id"], act["value"])
            case "sleep":
                yield from saga.sleep(act["id"], act["durationMs"])
            case "await_signal":
                told[act["id"]] = yield from saga.signal(act["id"], timeout_ms=act.get("timeoutMs"))
            case "approval":
                told[act["id"]] = yield from saga.approval(act["id"], act["prompt"], act["timeoutMs"])
            case "child":
                undo = act.get("compensate")
                told[act["id"]] = yield from saga.intent(act["id"], act["intentType"], act["payload"], undo)
            case "now":
                told[act["id"]] = yield from saga.now()
            case "random":
                told[act["id"]] = yield from saga.random()
            case "state_get":
                told[act["id"]] = saga.get(act["id"])
            case "spoil":
                told[act["id"]]["spoilt"] = True
            case "note":
                told["notes"] = [*told.get("notes", []), act["word"]]
            case "all":
                yield from saga.all([lambda branch, acts=acts: perform_all(acts, branch, told) for acts in act["branches"]])
            case _:
                perform(act, saga.run, told)


def value_of(act, otherwise):
    return act["character"] * act["times"] if "times" in act else act.get("value", otherwise)


def perform_step(act, saga, told):
    def action(key, _attempt):
        for inner in act.get("acts", []):
            perform(inner, saga.run, told)
        return {"a set"} if act.get("unsayable") else value_of(act, key)

    options = {"compensate": act["compensate"]} if "compensate" in act else {}
    try:
        told[act["id"]] = yield from saga.step(act["id"], action, **options)
    except Failure as failure:
        if not act.get("caught"):
            raise
        told[act["id"]] = failure.code


if __name__ == "__main__":
    capabilities = json.loads(sys.argv[1])
    serve("content", capabilities, {"content.probe": handle, "content.probe_saga": handle_saga})
