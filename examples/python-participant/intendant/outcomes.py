"""How calls end."""

import re

from .json_values import cut, json_fault

MEMBERS = {"artifacts", "events", "stateChanges"}
SUPERSEDED = {"status": "attempt_superseded"}
MESSAGE_UNITS_MAX = 2_000


def failed(code, message, retryable=False, details=None):
    error = {"code": code, "message": cut(message, MESSAGE_UNITS_MAX), "retryable": retryable, "details": None}
    if isinstance(details, dict) and json_fault(details) is None:
        error["details"] = details
    return {"status": "failed", "error": error}


class Failure(Exception):
    """A failure that a handler can name. Final unless `retryable`."""

    def __init__(self, code, message, retryable=False, details=None):
        super().__init__(message)
        self.code, self.retryable, self.details = code, retryable, details

    def outcome(self):
        if re.fullmatch(r"[a-z][a-z0-9_]{0,63}", self.code):
            return failed(self.code, str(self), self.retryable, self.details)
        return failed("handler_failed", f"{self.code}: {self}", self.retryable, self.details)


class Aborted(Exception):
    """The call is over for its handler: cancelled, or out of time."""


class Stop(BaseException):
    """Ends the call with this outcome, whatever the handler would like to do about it."""

    def __init__(self, outcome):
        super().__init__()
        self.outcome = outcome


def error_of_thrown(thrown):
    """A failure that the handler named; of anything else only the name, for its text was not written to be read by others."""
    if isinstance(thrown, Failure):
        return thrown.outcome()["error"]
    return failed("handler_failed", f"the handler threw {type(thrown).__name__}", True)["error"]


def outcome_of(result):
    fault = json_fault(result)
    if fault is not None:
        return failed("contract_violation", f"the result: {fault}")
    if isinstance(result, dict) and set(result) == MEMBERS and all(isinstance(result[name], list) for name in MEMBERS):
        return {"status": "succeeded", "result": result}
    return failed("contract_violation", "the result is not {artifacts, events, stateChanges}")
