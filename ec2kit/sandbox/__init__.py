"""The practice AWS: moto over real HTTP, with the time, the rules and the failures that real AWS has.

`app` is the whole of it as one WSGI application; `process` starts it beside the shell; `control` talks to it.
Importing this package sets moto's switches, because moto reads them when it is imported.
"""

from ec2kit.sandbox import moto_settings

ACCOUNT = "123456789012"
REGION = "eu-west-1"
ACCESS_KEY = "AKIAEC2KITSANDBOX00"
SECRET_KEY = "sandbox"

moto_settings.apply()
