"""Whose request it is."""

from ec2kit.sandbox.wire import Request


def account_of(request: Request) -> str:
    """Given a signed request, return the account of its credentials; moto's own one for those that nobody made."""
    from moto.iam.models import get_account_id_from

    key = request.header("authorization").partition("Credential=")[2].partition("/")[0]
    return str(get_account_id_from(key))
