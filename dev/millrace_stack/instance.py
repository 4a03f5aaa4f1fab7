"""Instances of Millrace and its command line."""

import os
import shutil
import subprocess
from pathlib import Path

from .errors import StackError
from .fastcgi import fastcgi_get
from .host import ROOT, reachable_by_others
from .processes import Processes


class Instances:
    """`millrace serve` by number, from copies of the binary and of sql/ that the stack's user can read."""

    def __init__(self, processes: Processes, source: Path):
        self.processes, self.source = processes, source

    def install(self) -> bool:
        """Copies the binary and sql/: the user may not reach the checkout, and a build must not disturb a run.

        True when the binary is another one."""
        processes = self.processes
        changed = not is_same(self.source, processes.binary)
        if changed:
            processes.copy(self.source, processes.binary, 0o755)
            for bundle in self.source.parent.glob("*.resources"):
                shutil.copytree(bundle, processes.binary.parent / bundle.name, dirs_exist_ok=True)
            self.copy_libraries()
        for kind in ("migrations", "checks"):
            folder = processes.dir / kind
            folder.mkdir(exist_ok=True)
            wanted = {p.name: p for p in (ROOT / "sql" / kind).glob("*.sql")}
            for old in folder.glob("*.sql"):
                if old.name not in wanted:
                    old.unlink()
            for name, path in wanted.items():
                processes.copy(path, folder / name, 0o644)
        return changed

    def copy_libraries(self) -> None:
        """Those of a toolchain below somebody's home: the binary also looks beside itself ($ORIGIN)."""
        listed = subprocess.run(["ldd", str(self.source)], capture_output=True, text=True).stdout
        for line in listed.splitlines():
            library = Path(line.split("=>")[1].split()[0]) if "=> /" in line else None
            if library and self.processes.user and not reachable_by_others(library.parent):
                self.processes.copy(library.resolve(), self.processes.binary.parent / library.name, 0o755)

    def start(self, number: str) -> None:
        processes, name = self.processes, f"millrace-{number}"
        command = [str(processes.binary), "serve", "--config", str(processes.config), "--instance", number]
        processes.spawn(name, command)
        processes.wait(lambda: self.ready(number), 30, f"instance {number} did not become ready", name)

    def ready(self, number: str) -> bool:
        processes, name = self.processes, f"millrace-{number}"
        if not processes.pid(name):
            log = processes.logs / f"{name}.log"
            raise StackError(f"instance {number} ended at its start; read {log}:\n{processes.tail(name)}")
        try:
            return fastcgi_get(str(processes.sockets / f"work-{number}.sock"), "/readyz") == 200
        except OSError:
            return False

    def millrace(self, *arguments: str, input: str | None = None) -> str:
        """Runs `millrace ARGUMENTS --config …` to its end; its standard output."""
        command = [str(self.processes.binary), *arguments, "--config", str(self.processes.config)]
        done: subprocess.CompletedProcess[str] = subprocess.run(
            command, capture_output=True, text=True, input=input, **self.processes.as_user()
        )
        if done.returncode != 0:
            raise StackError(
                f"millrace {' '.join(arguments[:3])} ended with {done.returncode}: "
                f"{(done.stderr or done.stdout).strip()}"
            )
        return done.stdout


def is_same(a: Path, b: Path) -> bool:
    """By size and time: a linker that writes the same bytes again costs one needless restart, no more."""
    return b.exists() and a.stat().st_size == b.stat().st_size and int(a.stat().st_mtime) == int(b.stat().st_mtime)


def source_binary(binary: Path | str | None) -> Path:
    """The binary to copy: the given one, MILLRACE_BINARY's, or the debug build's."""
    return Path(binary or os.environ.get("MILLRACE_BINARY") or ROOT / ".build/debug/millrace")
