"""HTTPS with mutual TLS: a certificate names the service it speaks for, `intendant://service/<name>`; host names play no part."""

import http.client
import os
import ssl
import urllib.parse

CA, CERT, KEY = (os.environ.get(f"INTENDANT_TLS_{name}_FILE") for name in ("CA", "CERT", "KEY"))


def context_for(purpose):
    context = ssl.create_default_context(purpose, cafile=CA)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname, context.verify_mode = False, ssl.CERT_REQUIRED
    context.load_cert_chain(CERT, KEY)
    return context


def speaks_for(connection, service):
    return ("URI", f"intendant://service/{service}") in connection.getpeercert().get("subjectAltName", ())


def request(service, method, url, body=None, headers=None):
    """Status and body of the answer; OSError when the service meant is not at the other end."""
    at = urllib.parse.urlsplit(url)
    link = http.client.HTTPSConnection(at.netloc, context=context_for(ssl.Purpose.SERVER_AUTH), timeout=30)
    try:
        link.connect()
        if not speaks_for(link.sock, service):
            raise OSError(f"the other end is not {service}")
        link.request(method, at.path, body, headers or {})
        answer = link.getresponse()
        return answer.status, answer.read()
    except http.client.HTTPException as error:
        raise OSError(f"no answer: {error!r}") from error
    finally:
        link.close()
