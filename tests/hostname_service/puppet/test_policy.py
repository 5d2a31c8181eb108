"""Whether a request is signed: a table of every reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hostname_service.errors import Refused
from hostname_service.model import Binding, BindingState
from hostname_service.puppet.csr import Csr
from hostname_service.puppet.policy import judge
from tests.hostname_service.puppet.ground import ID, NAME, TOKEN, held

RIGHT = Csr(NAME, TOKEN, ID, "web", "ab" * 32)
OTHER = "web-2.shop.example.com"


@pytest.mark.parametrize("row", [held(), held(signed_key=RIGHT.key)], ids=["first", "again"])
def test_the_machine_that_has_the_name_gets_its_key_signed(row: Binding) -> None:
    assert judge(NAME, RIGHT, row, TOKEN) == RIGHT.key


@pytest.mark.parametrize(
    "certname, csr, row, reason",
    [
        (NAME, RIGHT, None, "no-such-name"),
        (NAME, RIGHT, held(state=BindingState.RESERVED), "no-such-name"),
        (NAME, RIGHT, held(state=BindingState.RELEASING), "no-such-name"),
        (OTHER, replace(RIGHT, certname=OTHER), held(), "no-such-name"),
        (NAME, replace(RIGHT, certname=OTHER), held(), "name"),
        (NAME, replace(RIGHT, certname=NAME.upper()), held(), "name"),
        (NAME, replace(RIGHT, token=TOKEN[:-1]), held(), "token"),
        (NAME, replace(RIGHT, token=""), held(), "token"),
        (NAME, replace(RIGHT, instance_id="i-0123456789abcdef1"), held(), "instance"),
        (NAME, RIGHT, held(signed_key="cd" * 32), "used"),
    ],
)
def test_everybody_else_is_refused(certname: str, csr: Csr, row: Binding | None, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        judge(certname, csr, row, TOKEN)
    assert caught.value.reason == reason


def test_no_token_is_never_the_right_token() -> None:
    with pytest.raises(Refused):
        judge(NAME, replace(RIGHT, token=""), held(), "")
