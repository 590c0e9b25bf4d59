"""JSON as the log takes it (I-JSON, RFC 7493)."""

import json
import math

DEPTH_MAX = 64
SAFE_INTEGER_MAX = 2**53 - 1
FORBIDDEN_KEYS = {"__proto__", "constructor", "prototype"}


def to_json(value):
    """As it is measured and sent: characters stand for themselves, an escape would take six times the room."""
    return json.dumps(value, allow_nan=False, ensure_ascii=False)


def json_fault(value, depth=0):
    """Why a value cannot be told in JSON that means the same to every reader; None when it can."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        return None if is_well_formed(value) else "holds half of a surrogate pair"
    if isinstance(value, (int, float)):
        return number_fault(value)
    if depth == DEPTH_MAX:
        return f"is nested deeper than {DEPTH_MAX} levels"
    if isinstance(value, (list, tuple)):
        faults = (json_fault(one, depth + 1) for one in value)
    elif isinstance(value, dict):
        faults = (key_fault(key) or json_fault(one, depth + 1) for key, one in value.items())
    else:
        return f"{type(value).__name__} is not JSON"
    return next((fault for fault in faults if fault is not None), None)


def number_fault(value):
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value} is not JSON"
    if value == math.floor(value) and abs(value) > SAFE_INTEGER_MAX:
        return f"{value} is beyond ±(2^53 − 1); make it a string"
    return None


def key_fault(key):
    if isinstance(key, str) and key not in FORBIDDEN_KEYS and is_well_formed(key):
        return None
    return f"key {key!a} is not allowed"


def is_well_formed(text):
    try:
        text.encode()
        return True
    except UnicodeEncodeError:
        return False


def units(text):
    """Its length as the Runtime counts it: in UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text, units_max):
    """Its beginning, without half characters."""
    return text.encode("utf-16-le", "surrogatepass")[: 2 * units_max].decode("utf-16-le", "replace")
