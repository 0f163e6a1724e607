"""A server between a client and an API: passes every request on and keeps what went both ways."""

import http.client
import http.server
import threading
import urllib.parse

from descriptions import Exchange

PATIENCE_S = 30
PASSED_ON = ("Authorization", "Content-Type", "Accept")
OF_THE_CONNECTION = ("transfer-encoding", "connection", "content-length", "date", "server")


class Recorder:
    """`with Recorder(url) as recorder:` listens at `recorder.url`; `recorder.exchanges` is what it saw."""

    def __init__(self, target, bare_paths=False, without=()):
        self.target = urllib.parse.urlsplit(target)
        self.bare_paths = bare_paths  # without the slash that ends a path
        self.kept_back = {name.lower() for name in (*OF_THE_CONNECTION, *without)}  # headers of answers
        self.exchanges = []
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def handle_any(self):
                recorder.serve(self)
            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}{self.target.path}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def serve(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        answer, text = self.ask(handler.command, handler.path, handler.headers, body)
        kind = (answer.headers.get("Content-Type") or "application/json").split(";")[0]
        self.exchanges.append(Exchange(handler.command, handler.path, answer.status, body, text, kind))
        handler.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in self.kept_back:
                handler.send_header(name, value)
        if answer.status != 204:
            handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    def ask(self, method, path, headers, body):
        if self.bare_paths:
            parts = urllib.parse.urlsplit(path)
            path = urllib.parse.urlunsplit(parts._replace(path=parts.path.rstrip("/")))
        there = http.client.HTTPConnection(self.target.hostname, self.target.port, timeout=PATIENCE_S)
        passed = {name: headers[name] for name in PASSED_ON if name in headers}
        there.request(method, path, body or None, passed)
        answer = there.getresponse()
        text = answer.read()
        there.close()
        return answer, text
