"""Tests every backend must pass, derived from its own declaration. Everything on the wire goes over real sockets.

    pytest --pyargs anymedia.testing.conformance --anymedia-backend NAME_OR_FILE_OR_MODULE

`NAME` is a name of the registry, `FILE` a .py file outside any package, `MODULE` is `module:attribute`. Without the
option every shipped backend is tested. No key is needed, and nothing leaves this machine.
"""
