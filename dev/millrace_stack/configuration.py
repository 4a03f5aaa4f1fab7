"""millrace.yaml of a private stack."""

import os
from collections.abc import Mapping

from .layout import Layout

# section → key → value
Settings = Mapping[str, Mapping[str, object]]


def configuration(layout: Layout, url: str, dsn: str, poll_hold: str, settings: Settings) -> str:
    """The file's text; `settings` are laid over what it says otherwise."""
    sections: dict[str, dict[str, object]] = {
        "server": {"public_url": url, "socket_dir": layout.sockets, "work_threads": 16},
        "database": {
            "dsn": dsn,
            "pool": 8,
            "migrations_dir": f"{layout.dir}/migrations",
            "checks_dir": f"{layout.dir}/checks",
        },
        "storage": {"dir": layout.storage},
        "secrets": {"master_key_file": layout.master_key},
        "git": {"repositories_dir": layout.repositories},
        "tasks": {"poll_hold": poll_hold},
    }
    for section, keys in settings.items():
        sections[section] = {**sections.get(section, {}), **keys}
    lines = ["# Written by dev/millrace_stack at every start."]
    for section, keys in sections.items():
        lines += [f"{section}:", *(f"  {key}: {value}" for key, value in keys.items())]
    return "\n".join(lines) + "\n"


def write_configuration(layout: Layout, text: str) -> bool:
    """True when it is not as it was."""
    if layout.config.exists() and layout.config.read_text() == text:
        return False
    layout.config.write_text(text)
    os.chmod(layout.config, 0o644)
    return True
