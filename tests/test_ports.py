"""A reserved port is nobody else's, and a server listens there again and again."""

import socket

import pytest

from tests.ports import free_port


def listening(port: int) -> socket.socket:
    """A socket as a server's: bound so that its address may be reused."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", port))
    server.listen()
    return server


def test_a_server_listens_on_its_reserved_port_twice():
    port = free_port()
    for _ in range(2):
        with listening(port), socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            assert client.getpeername() == ("127.0.0.1", port)


def test_a_reserved_port_is_given_to_nobody_else():
    port = free_port()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))
