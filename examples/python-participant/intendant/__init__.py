"""The participant protocol of Intendant with nothing but Python's standard library (docs/participants.md)."""

from .endpoint import Endpoint
from .outcomes import Failure
from .host import serve

__all__ = ["Endpoint", "Failure", "serve"]
