"""The server that the service brings along: small, strict, and not to be stopped by slow or many clients.

`parsing` says what a request is, `proxies` where it came from, `rates` whether it is too often; `listening` opens
sockets, `secure` holds TLS, `connection` carries one request through, `server` accepts and stops, `running` is the
life of the process. `logs` and `metrics` tell what happened. One connection carries one request: there is no second
request that a smuggler could hide.
"""
