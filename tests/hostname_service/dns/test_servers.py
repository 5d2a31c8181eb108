"""The contract on real name servers."""

from __future__ import annotations

import pytest

from tests.hostname_service.dns.contract import Contract
from tests.hostname_service.dns.ground import Ground, of_server
from tests.hostname_service.dns.rigs.serving import NameServer


class TestBind(Contract):
    @pytest.fixture
    def ground(self, bind_server: NameServer) -> Ground:
        return of_server(bind_server)


class TestKnot(Contract):
    @pytest.fixture
    def ground(self, knot_server: NameServer) -> Ground:
        return of_server(knot_server)
