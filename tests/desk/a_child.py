"""A child to be supervised: answers HTTP, and misbehaves as told. Standard library only.

python a_child.py PORT [host=ADDRESS] [exit=CODE] [deaf] [offspring=FILE] [say=TEXT]
"""

import http.server
import signal
import subprocess
import sys

port, options = int(sys.argv[1]), dict(word.partition("=")[::2] for word in sys.argv[2:])
if "say" in options:
    print(options["say"], flush=True)
if "exit" in options:
    sys.exit(int(options["exit"]))
if "deaf" in options:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "offspring" in options:
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with open(options["offspring"], "w") as file:
        file.write(str(sleeper.pid))


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


with http.server.ThreadingHTTPServer((options.get("host", "127.0.0.1"), port), Answer) as server:
    server.serve_forever()
