"""The HTTPS door of a participant, and its registration at Curator."""

import http.server
import json
import os
import signal
import socket
import ssl
import sys
import threading

from . import mutual_tls
from .endpoint import Endpoint
from .json_values import to_json
from .signatures import Signatures

MESSAGE_BYTES_MAX = 64 * 1024 * 1024
REGISTER_AGAIN_S = 1


def serve(service, capabilities, handlers):
    """Serves and stays registered until SIGTERM; ends the process when a rule refuses the registration."""
    signatures = Signatures()
    served = {f"{one['name']}@{one['version']}": one for one in capabilities}
    durable = {name for name, one in served.items() if one.get("durable")}
    endpoint = Endpoint({name: handlers[one["name"]] for name, one in served.items()}, durable)
    host, port = os.environ.get("INTENDANT_HOST", "127.0.0.1"), int(os.environ.get("INTENDANT_PARTICIPANT_PORT", "0"))
    server = http.server.ThreadingHTTPServer((host, port), door_of(endpoint, signatures))
    context = mutual_tls.context_for(ssl.Purpose.CLIENT_AUTH)
    # the handshake is made in the thread of the connection, so that nobody keeps others waiting
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    reached_at = os.environ.get("INTENDANT_PARTICIPANT_ADVERTISED_HOST", host)
    registration = {
        "service": service,
        "instanceId": f"{service}@{socket.gethostname()[:60]}-{server.server_port}",
        "address": {"transport": "http", "url": f"https://{reached_at}:{server.server_port}"},
        "supportedIntents": sorted({intent for one in capabilities for intent in one["intents"]}),
        "capabilities": capabilities,
    }
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    stay_registered(registration, signatures, stopping)


def stay_registered(registration, signatures, stopping):
    lease, pause = None, 0
    while not stopping.wait(pause):
        pause = REGISTER_AGAIN_S
        try:
            if lease is None:
                status, answer = ask_curator("register", registration)
                if status == 200:
                    signatures.learn(answer["requestKey"])
                    lease, pause = answer["leaseId"], answer["leaseMs"] / 3_300
                    print(f"registered, revision {answer['revision']}", flush=True)
                elif status < 500 and answer["code"] != "registration_pending":
                    sys.exit(f"Curator refuses the registration: {answer['detail']}")
                else:
                    print(f"Curator does not accept yet: {answer.get('detail', status)}", file=sys.stderr, flush=True)
            elif ask_curator("renew", {"leaseId": lease})[1].get("status") == "lease_unknown":
                lease, pause = None, 0
        except (OSError, ValueError) as error:
            print(f"Curator does not answer: {error}", file=sys.stderr, flush=True)
    if lease is not None:
        ask_curator("drain", {"leaseId": lease})


def ask_curator(what, message):
    url = f"https://{os.environ['INTENDANT_CURATOR_HTTP_ADDRESS']}/v1/participants/{what}"
    headers = {"content-type": "application/json"}
    status, body = mutual_tls.request("curator", "POST", url, json.dumps(message), headers)
    return status, json.loads(body)


def door_of(endpoint, signatures):
    class Door(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60
        paths = {f"/intendant/v1/{name}": getattr(endpoint, name) for name in ("call", "cancel", "probe")}

        def do_POST(self):
            size = int(self.headers["content-length"] or 0)
            if not mutual_tls.speaks_for(self.connection, "runtime"):
                return self.refuse(403, "action_not_permitted")
            if self.path not in self.paths:
                return self.refuse(404, "not_found")
            if size > MESSAGE_BYTES_MAX:
                return self.refuse(413, "body_too_large")
            body = self.rfile.read(size)
            key_id = signatures.key_of("POST", self.path, self.headers, body)
            if key_id is None:
                return self.refuse(401, "unauthenticated")
            answer = to_json(self.paths[self.path](json.loads(body))).encode()
            signed = signatures.of_answer(key_id, self.headers["signature"], answer)
            self.answer(200, answer, {"content-type": "application/json", **signed})

        def refuse(self, status, code):
            self.close_connection = True  # what is left of the request is not read
            self.answer(status, json.dumps({"code": code}).encode(), {"content-type": "application/problem+json"})

        def answer(self, status, body, headers):
            self.send_response(status)
            for name, value in {**headers, "content-length": len(body)}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Door
