"""gunicorn for the machines, behind nginx: it must not be reached but through it, since slow clients stop it."""

wsgi_app = "hostname_service.founding:wsgi('/etc/hostname-service/hostname-service.yaml')"
bind = "unix:/run/hostname-service-web/machines.sock"
# nginx is of the group, and nobody else connects: whoever does is believed about who asks.
umask = 0o007

worker_class = "gthread"
workers = 2
# A claim waits for DNS and the CA: threads, not cores, are what it needs. Limits of the service count in each worker.
threads = 32
keepalive = 0
# Longer than the longest claim: 5 s for each question to DNS, 10 s for the CA.
timeout = 60
graceful_timeout = 30

limit_request_line = 2048
limit_request_fields = 64
limit_request_field_size = 4096

# Newer ones open a socket for gunicornc in a home directory, which this user has not.
control_socket_disable = True

# The service writes a line for each request itself.
accesslog = None
