"""A way to the real server on which chosen requests come to grief: refused, cut in the middle, or answered to
nobody."""

import http.client
import http.server
import socketserver
import threading


class FaultyNetwork:
    """An HTTP proxy in front of a stack. Addresses in answers that lead to the stack lead back here."""

    def __init__(self, stack):
        self.stack = stack
        self.faults: list[tuple[str, str, str]] = []
        self.met: list[tuple[str, str, str]] = []
        self.ranges: list[str | None] = []
        lock = threading.Lock()
        network = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments):
                pass

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with lock:
                    fault = next((f for f in network.faults if f[0] == self.command and f[1] in self.path), None)
                    if fault:
                        network.faults.remove(fault)
                        network.met.append(fault)
                    if "/downloads/" in self.path:
                        network.ranges.append(self.headers.get("Range"))
                kind = fault[2] if fault else ""
                if kind == "busy":
                    self.send_response(503)
                    self.send_header("Content-Length", "0")
                    return self.end_headers()
                link = http.client.HTTPConnection("127.0.0.1", network.stack.port, timeout=60)
                headers = {k: v for k, v in self.headers.items() if k.lower() not in ("connection", "expect")}
                link.request(
                    self.command, self.path, body or None, headers | {"Host": f"127.0.0.1:{network.stack.port}"}
                )
                answer = link.getresponse()
                content = answer.read()
                link.close()
                if kind == "lost":
                    self.close_connection = True
                    return None
                said = [
                    (k, v)
                    for k, v in answer.getheaders()
                    if k.lower() not in ("transfer-encoding", "connection", "content-length")
                ]
                if len(content) < 100_000:
                    content = content.replace(network.stack.url.encode(), network.url.encode())
                self.send_response(answer.status)
                for name, value in said:
                    self.send_header(name, value.replace(network.stack.url, network.url))
                if answer.status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2] if kind == "cut" else content)
                if kind == "cut":
                    self.wfile.flush()
                    self.close_connection = True

            do_GET = do_PUT = do_POST = do_DELETE = pass_on

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True

            def handle_error(self, *arguments):
                """A client that went away is what these tests are about."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
