"""A domain service in Python: counts words, and compares two texts at leisure. Standard library only."""

import re

from intendant import Failure, serve


def count(run):
    """words.count: the words of one text."""
    text = run.call["intent"]["payload"]["text"]
    return result_of(run.call, "word_count", {"words": words_in(run, text)}, [text])


def compare(saga):
    """words.compare, a saga as code: each text is a step; it sleeps in between, and remembers over restarts."""
    payload = saga.call["intent"]["payload"]
    first, second = payload["texts"]
    before = yield from saga.step("first", lambda key, attempt: words_in(saga.run, first))
    yield from saga.sleep("pause", payload["pauseMs"])
    after = yield from saga.step("second", lambda key, attempt: words_in(saga.run, second))
    meaning = {"words": [before, after], "difference": after - before}
    return result_of(saga.call, "word_comparison", meaning, [first, second])


def words_in(run, reference):
    words = len(re.findall(rb"\S+", run.read(reference)))
    if words == 0:
        raise Failure("no_words", f"{reference} holds no words", details={"text": reference})
    return words


def result_of(call, result_type, meaning, parents):
    # made of the key, so that the same work gives the same id
    artifact = {"artifactId": f"words_{call['idempotencyKey'][:32]}", "resultType": result_type}
    artifact |= {"semanticPayload": meaning, "renderings": [], "parents": parents}
    return {"artifacts": [artifact], "events": [{"eventType": "words.counted", "data": meaning}], "stateChanges": []}


TEXT = {"type": "string", "pattern": "^content://[0-9a-f]{64}$"}


def capability(name, properties, references, **more):
    payload = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    one = {"type": "array", "minItems": 1, "maxItems": 1}
    result = {"type": "object", "properties": {"artifacts": one}, "required": ["artifacts"]}
    contracts = {"inputContract": payload, "outputContract": result, "dataReferences": references}
    nature = {"determinism": "deterministic", "sideEffects": "none", "version": "1.0.0", "realm": "words"}
    return {"name": name, "intents": [name], **contracts, **nature, **more}


TWO = {"texts": {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2}, "pauseMs": {"type": "integer", "minimum": 0}}
COUNT = capability("words.count", {"text": TEXT}, ["/text"])
COMPARE = capability("words.compare", TWO, ["/texts/*"], durable=True)

if __name__ == "__main__":
    serve("words", [COUNT, COMPARE], {"words.count": count, "words.compare": compare})
