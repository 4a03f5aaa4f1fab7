"""A private Millrace: PostgreSQL, fcgiwrap, nginx and N instances below one directory, on 127.0.0.1.

Used by `make run` (dev/run.py), by the tests (Tests/Clients), by the benches (bench/) and by hand (dev/stack.py).

PostgreSQL refuses root and nothing here needs it, so under root everything runs as the user `millrace` (made when it is
missing; MILLRACE_STACK_USER names another), and nginx as `millrace-web`, another user of the same group, as it is on a
real host: what one of the two writes and the other must read would otherwise never be seen to be unreadable. Only
processes started here are ever signalled: a pid file holds the pid and the process's start time, so a number used again
by somebody else is not taken for ours.
"""

from .errors import StackError
from .fastcgi import fastcgi_ask, fastcgi_get
from .host import ROOT, free_port, place, reachable_by_others, why_taken
from .postgres import postgres_programs
from .stack import Stack

__all__ = [
    "ROOT",
    "Stack",
    "StackError",
    "fastcgi_ask",
    "fastcgi_get",
    "free_port",
    "place",
    "postgres_programs",
    "reachable_by_others",
    "why_taken",
]
