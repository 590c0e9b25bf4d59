"""What the operations of a saga take: checked when they are made, alike in every run."""

import json
import math
import re

from .json_values import json_fault, to_json, units
from .outcomes import Failure

YEARS_10_MS = 315_576_000_000
VALUE_UNITS_MAX = 1024 * 1024  # of one value as JSON
TAKEN = {"main", "toString", "toLocaleString", "valueOf", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "constructor"}
STEP_OPTIONS = {"compensate", "retry"}


def require(holds, operation, name, what):
    if not holds:
        shown = name if isinstance(name, str) and re.fullmatch(r"[\w.:/-]{1,128}", name, re.ASCII) else f"{name!r:.160}"
        raise Failure("contract_violation", f"{operation} {shown}: {what}")


def require_id(operation, operation_id):
    well_formed = isinstance(operation_id, str) and re.fullmatch(r"[a-z][A-Za-z0-9_.-]{0,127}", operation_id)
    rule = "id must be 1–128 letters, digits, _ . or -, beginning with a small letter"
    require(well_formed, operation, operation_id, rule)
    require(operation_id not in TAKEN, operation, operation_id, "id is a name that is taken")


def require_step(step_id, options):
    require_id("step", step_id)
    for name in options:
        require(name in STEP_OPTIONS, "step", step_id, f"{name} is no option of a step")


def require_undo(operation, name, undo):
    """Of a child; its undo travels with its beginning."""
    well_formed = isinstance(undo, dict) and {"intent", "input"} <= undo.keys() <= {"intent", "input", "retry", "timeoutMs"}
    require(well_formed, operation, name, "compensate must have intent and input, and may have retry and timeoutMs")
    return {"compensate": json.loads(require_value(operation, name, "compensate", undo))}


def require_key(operation, key):
    well_formed = isinstance(key, str) and re.fullmatch(r"[A-Za-z0-9._:/-]{1,128}", key)
    require(well_formed, operation, key, "its name must be 1–128 letters, digits or . _ : / -")


def require_value(operation, name, what, value):
    """The value as JSON text: who reads that has a value of its own, and the one that every later run gets."""
    fault = json_fault(value)
    require(fault is None, operation, name, f"{what}: {fault}")
    text = to_json(value)
    length = units(text)
    require(length <= VALUE_UNITS_MAX, operation, name, f"{what} has {length} characters as JSON, {VALUE_UNITS_MAX} are allowed")
    return text


def duration(operation, name, duration_ms, what="durationMs"):
    """In whole milliseconds."""
    number = isinstance(duration_ms, (int, float)) and not isinstance(duration_ms, bool) and math.isfinite(duration_ms)
    whole = math.floor(duration_ms + 0.5) if number else -1
    require(0 <= whole <= YEARS_10_MS, operation, name, f"{what} must be 0 to {YEARS_10_MS} ms (10 years)")
    return whole
