"""What a simulated run ends with when something is wrong."""


class UnsafeError(AssertionError):
    """Something has happened that must never happen."""


class StuckError(AssertionError):
    """The faults are over and somebody has not got on."""
