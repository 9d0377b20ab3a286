"""What no pipeline does: a worker process finds this function by its module."""

import socket

from anymedia.spec import Control


def knock(control: Control) -> None:
    socket.create_connection(("192.0.2.1", 443))
