"""nginx with the repository's nginx/ as it is, and the site around it."""

import os
import subprocess

from .errors import StackError
from .host import ROOT, free_port, why_taken
from .processes import Processes


class Nginx:
    """The front of one stack, on 127.0.0.1:PORT, and its inner server for spooled bodies."""

    def __init__(self, processes: Processes, port: int, instances: int):
        self.processes, self.port, self.instances = processes, port, instances
        self.home = processes.nginx

    def prepare(self) -> None:
        """What nginx's user must own."""
        self.processes.make([(self.home, 0o755), (self.home / "tmp", 0o755)], self.processes.web)
        for path in (self.processes.logs / "nginx.log", self.processes.logs / "access.log"):
            path.touch()
            self.processes.own(path, 0o644, self.processes.web)

    def start(self) -> None:
        if why := why_taken(self.port):
            raise StackError(f"could not listen on 127.0.0.1:{self.port}: {why}; choose another with PORT=…")
        self.write()
        processes, conf = self.processes, str(self.home / "nginx.conf")
        command = ["nginx", "-p", str(self.home), "-e", str(processes.logs / "nginx.log"), "-c", conf]
        said = subprocess.run([*command, "-t"], capture_output=True, text=True, **processes.as_user(user=processes.web))
        if said.returncode != 0:
            raise StackError(f"nginx refuses its configuration {conf}:\n{said.stderr.strip()}")
        processes.spawn("nginx", [*command, "-g", "daemon off;"], user=processes.web)

    @property
    def spool_port(self) -> int:
        """Of the inner server; kept for as long as it runs, and afterwards while nobody else took it."""
        kept = self.processes.dir / "spool-port"
        if not kept.exists() or (not self.processes.pid("nginx") and why_taken(int(kept.read_text()))):
            kept.write_text(str(free_port()))
        return int(kept.read_text())

    def write(self) -> bool:
        """The repository's nginx/, copied to where this user can read it, and the site. True when something changed."""
        (self.home / "snippets").mkdir(exist_ok=True)
        os.chmod(self.home / "snippets", 0o755)
        shipped = [*(ROOT / "nginx").glob("millrace*.conf"), *(ROOT / "nginx/snippets").iterdir()]
        texts = {str(path.relative_to(ROOT / "nginx")): path.read_text() for path in shipped}
        texts["nginx.conf"] = self.site()
        changed = False
        for name, text in texts.items():
            if not (self.home / name).exists() or (self.home / name).read_text() != text:
                changed = True
                (self.home / name).write_text(text)
                os.chmod(self.home / name, 0o644)
        return changed

    def servers(self, kind: str) -> str:
        sockets = self.processes.sockets
        return " ".join(f"server unix:{sockets}/{kind}-{n}.sock max_fails=0;" for n in range(1, self.instances + 1))

    def site(self) -> str:
        layout, home = self.processes, self.home
        temporary = "".join(
            f"    {kind}_temp_path {home}/tmp/{kind};\n"
            for kind in ("client_body", "fastcgi", "proxy", "scgi", "uwsgi")
        )
        return f"""# Written by dev/millrace_stack at every start; the part that matters is millrace.conf.
worker_processes 2;
worker_rlimit_nofile 16384;
pid {home}/nginx.pid;
error_log {layout.logs}/nginx.log warn;
events {{ worker_connections 8192; }}
http {{
    include millrace-http.conf;
    access_log {layout.logs}/access.log millrace;
    server_tokens off;
{temporary}
    upstream millrace_work {{ {self.servers("work")} }}
    upstream millrace_poll {{ least_conn; {self.servers("poll")} }}
    upstream millrace_git  {{ server unix:{layout.sockets}/git.sock max_fails=0; }}
    upstream millrace_spool {{ server 127.0.0.1:{self.spool_port} max_fails=0; }}

    server {{
        listen 127.0.0.1:{self.port};
        set $millrace_repositories {layout.repositories};
        set $millrace_storage      {layout.storage};
        include millrace.conf;
    }}
    server {{
        listen 127.0.0.1:{self.spool_port};
        set $millrace_storage {layout.storage};
        client_body_temp_path {layout.storage}/spool/tmp;
        include millrace-spool.conf;
    }}
}}
"""
