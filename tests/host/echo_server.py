"""Answers every request with what it was asked, in JSON: a stand-in for Mastodon behind nginx.

Usage: echo_server.py SOCKET-OR-PORT
"""

import http.server
import json
import os
import socketserver
import sys


class Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        left = length
        while left > 0:
            left -= len(self.rfile.read(min(left, 65536)))
        body = json.dumps(
            {
                "path": self.path,
                "received": length,
                "headers": {name.lower(): value for name, value in self.headers.items()},
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = answer
    do_POST = answer

    def log_message(self, format: str, *arguments: object) -> None:
        pass

    def address_string(self) -> str:
        return "local"


class UnixServer(socketserver.ThreadingUnixStreamServer):
    def get_request(self):
        connection, _ = super().get_request()
        return connection, ("local", 0)


where = sys.argv[1]
if where.isdigit():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(where)), Echo)
else:
    server = UnixServer(where, Echo)
    os.chmod(where, 0o666)
server.serve_forever()
