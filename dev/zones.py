"""Writes Sources/Domain/Workflows/Cron/ZoneTable.swift from the tzdata of this host."""

import textwrap
import zoneinfo
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "Sources/Domain/Workflows/Cron/ZoneTable.swift"
# Names of a host's own, and none.
LEFT_OUT = ("localtime", "Factory")


def zones_by_rule() -> "dict[str, list[str]]":
    """The last line of a zone's file is the rule that holds from now on."""
    found: dict[str, list[str]] = {}
    for name in sorted(zoneinfo.available_timezones()):
        if name in LEFT_OUT or name.startswith(("posix", "right")):
            continue
        data = (Path("/usr/share/zoneinfo") / name).read_bytes()
        found.setdefault(data.rstrip(b"\n").split(b"\n")[-1].decode(), []).append(name)
    return found


def lines() -> "list[str]":
    found: list[str] = []
    for rule, names in sorted(zones_by_rule().items()):
        found += textwrap.wrap(f"={rule} {' '.join(names)}", 110, break_long_words=False, break_on_hyphens=False)
    return found


def main() -> None:
    """Replaces the text between the quotes; the rest of the file is written by hand."""
    before, _, rest = TARGET.read_text().partition('private static let text = """\n')
    _, _, after = rest.partition('        """\n')
    text = "".join(f"        {line}\n" for line in lines())
    TARGET.write_text(f'{before}private static let text = """\n{text}        """\n{after}')


if __name__ == "__main__":
    main()
