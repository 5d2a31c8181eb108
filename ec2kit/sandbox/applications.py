"""The little applications of the sandbox's machines: HTTP on 80, an SSH banner on 22, SMTP on 25."""

from __future__ import annotations

import socket

from ec2kit.sandbox.machines import Reply

SSH_BANNER = b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"
MISSING = "/missing"
"""The one path that an HTTP server here does not have, to try a probe that expects 200."""

_MOST_BYTES = 16_384


def converse(sock: socket.socket, reply: Reply) -> bool:
    """Play the application on an open connection; return whether the conversation is over.

    A peer that waits for more (SSH, which never gets past its banner) is left to the caller.
    """
    if reply.application == "ssh":
        sock.sendall(SSH_BANNER)
        return False
    if reply.application == "smtp":
        _smtp(sock, reply.instance_id)
    else:
        _http(sock, reply)
    return True


def _http(sock: socket.socket, reply: Reply) -> None:
    request = _read_until(sock, b"\r\n\r\n")
    if request is None:
        return
    words = request.partition(b"\r\n")[0].decode("latin-1").split(" ")
    if len(words) != 3:
        sock.sendall(http_answer("400 Bad Request", "bad request\n", reply))
        return
    method, path = words[0], words[1].partition("?")[0]
    found = not path.endswith(MISSING)
    whole = (
        http_answer("200 OK", "ok\n", reply) if found else http_answer("404 Not Found", "not found\n", reply)
    )
    sock.sendall(whole.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if method == "HEAD" else whole)


def http_answer(status: str, body: str, reply: Reply) -> bytes:
    """Given a status line and a body, return the whole answer of a machine's web server."""
    who = f"X-Instance-Id: {reply.instance_id}" if reply.instance_id else "X-Ec2kit-Control: ok"
    lines = (
        f"HTTP/1.1 {status}",
        "Content-Type: text/plain",
        f"Content-Length: {len(body)}",
        who,
        "Connection: close",
    )
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def _smtp(sock: socket.socket, instance_id: str) -> None:
    sock.sendall(f"220 {instance_id} ESMTP\r\n".encode())
    while (line := _read_until(sock, b"\n")) is not None:
        verb = line.split()[0].upper() if line.split() else b""
        if verb == b"QUIT":
            sock.sendall(b"221 2.0.0 bye\r\n")
            return
        known = verb in (b"HELO", b"EHLO", b"NOOP", b"RSET")
        sock.sendall(b"250 ok\r\n" if known else b"502 5.5.1 command not implemented\r\n")


def _read_until(sock: socket.socket, end: bytes) -> bytes | None:
    """Read up to and including `end`; None when the peer goes or talks on and on without it."""
    read = b""
    while end not in read:
        more = sock.recv(4096)
        read += more
        if not more or len(read) > _MOST_BYTES:
            return None
    return read
