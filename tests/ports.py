"""Ports for servers under test."""

import socket

_reserved: list[socket.socket] = []


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that the system gives to nobody else while this process lives.

    A socket stays bound to it without listening. A server that allows its address to be reused, as ours and
    Streamlit's do, can listen there, end, and be started again.
    """
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, 0))
    _reserved.append(bound)
    return bound.getsockname()[1]
