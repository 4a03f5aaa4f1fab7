"""The one failure of a stack."""


class StackError(Exception):
    """What happened and which file to read."""
