"""What every DNS back end must do. Whoever has one subclasses `Contract` and gives the fixture `ground`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hostname_service.dns.port import Records
from hostname_service.errors import Held
from tests.hostname_service.dns.ground import Ground, owner


class Contract:
    """The tests, over `ground`."""

    def test_a_free_name_is_claimed_with_both_families(self, ground: Ground) -> None:
        wanted = ground.records(1, ground.v4, ground.v6)
        assert ground.dns.look(ground.fqdn) is None
        ground.dns.claim(wanted)
        ground.dns.claim_reverse(wanted)
        assert ground.dns.look(ground.fqdn) == wanted
        assert ground.dns.look_reverse(ground.v4) == ground.fqdn
        assert ground.dns.look_reverse(ground.v6) == ground.fqdn
        assert ground.past.values(ground.fqdn, "A") == [ground.v4]
        assert ground.past.values(f"_ec2kit.{ground.fqdn}", "TXT") == [f'"{owner(1)}"']

    def test_made_again_it_is_the_same(self, ground: Ground) -> None:
        for dns in (ground.dns, ground.dns, ground.again()):
            dns.claim(ground.records())
            dns.claim_reverse(ground.records())
        assert ground.dns.look(ground.fqdn) == ground.records()

    def test_another_machine_is_told_who_has_it(self, ground: Ground) -> None:
        ground.dns.claim(ground.records(1))
        with pytest.raises(Held, match=owner(1)) as caught:
            ground.again().claim(ground.records(2, ground.other_v4))
        assert caught.value.reason == "dns-held"
        assert ground.dns.look(ground.fqdn) == ground.records(1)

    def test_the_owner_moves_to_other_addresses_and_leaves_no_pointer(self, ground: Ground) -> None:
        ground.dns.claim(ground.records(1, ground.v4, ground.v6))
        ground.dns.claim_reverse(ground.records(1, ground.v4, ground.v6))
        ground.dns.claim(ground.records(1, ground.other_v4))
        ground.dns.claim_reverse(ground.records(1, ground.other_v4))
        assert ground.dns.look(ground.fqdn) == ground.records(1, ground.other_v4)
        assert ground.dns.look_reverse(ground.v4) == ""
        assert ground.dns.look_reverse(ground.v6) == ""
        assert ground.dns.look_reverse(ground.other_v4) == ground.fqdn

    def test_it_is_taken_over_from_the_one_before_and_from_no_other(self, ground: Ground) -> None:
        ground.dns.claim(ground.records(1))
        ground.dns.claim_reverse(ground.records(1))
        with pytest.raises(Held):
            ground.dns.claim(ground.records(3, ground.other_v4), [owner(2)])
        for _ in range(2):
            ground.dns.claim(ground.records(2, ground.other_v4), [owner(1)])
        assert ground.dns.look(ground.fqdn) == ground.records(2, ground.other_v4)
        assert ground.dns.look_reverse(ground.v4) == ""
        # The one before comes back.
        with pytest.raises(Held):
            ground.dns.claim(ground.records(1))

    def test_records_of_nobody_are_left_alone(self, ground: Ground) -> None:
        ground.past.put("shop.example.com", ground.fqdn, "A", "10.0.9.9")
        for previous in ((), [owner(2)]):
            with pytest.raises(Held, match="not from here"):
                ground.dns.claim(ground.records(), previous)
        ground.dns.release(ground.records())
        assert ground.past.values(ground.fqdn, "A") == ["10.0.9.9"]
        assert ground.dns.look(ground.fqdn) == Records(ground.fqdn, ("10.0.9.9",), "")

    def test_an_alias_is_somebodys_name(self, ground: Ground) -> None:
        ground.past.put("shop.example.com", ground.fqdn, "CNAME", "elsewhere.example.com.")
        with pytest.raises(Held, match="not from here"):
            ground.dns.claim(ground.records())
        assert ground.dns.look(ground.fqdn) == Records(ground.fqdn, (), "")
        assert ground.past.values(ground.fqdn, "CNAME") == ["elsewhere.example.com."]

    def test_mail_and_spf_at_the_name_stay(self, ground: Ground) -> None:
        ground.past.put("shop.example.com", ground.fqdn, "TXT", '"v=spf1 -all"')
        ground.past.put("shop.example.com", ground.fqdn, "MX", "10 mail.example.com.")
        ground.dns.claim(ground.records())
        assert ground.dns.look(ground.fqdn) == ground.records()
        ground.dns.release(ground.records())
        assert ground.past.values(ground.fqdn, "TXT") == ['"v=spf1 -all"']
        assert ground.past.values(ground.fqdn, "MX") == ["10 mail.example.com."]
        assert ground.dns.look(ground.fqdn) is None

    def test_the_owner_lets_go_of_everything_and_again(self, ground: Ground) -> None:
        wanted = ground.records(1, ground.v4, ground.v6)
        ground.dns.claim(wanted)
        ground.dns.claim_reverse(wanted)
        for _ in range(2):
            ground.dns.release(wanted)
            assert ground.dns.look(ground.fqdn) is None
            assert ground.dns.look_reverse(ground.v4) == ground.dns.look_reverse(ground.v6) == ""
        assert ground.past.values(f"_ec2kit.{ground.fqdn}", "TXT") == []
        ground.dns.claim(ground.records(2))

    def test_another_lets_go_of_nothing(self, ground: Ground) -> None:
        ground.dns.claim(ground.records(1))
        ground.dns.claim_reverse(ground.records(1))
        ground.dns.release(ground.records(2))
        assert ground.dns.look(ground.fqdn) == ground.records(1)
        assert ground.dns.look_reverse(ground.v4) == ground.fqdn

    def test_a_release_that_was_cut_after_the_pointers_goes_on(self, ground: Ground) -> None:
        ground.dns.claim(ground.records())
        ground.dns.claim_reverse(ground.records())
        with ground.dns.backend.begin() as cut:
            cut.unpoint(ground.v4, ground.fqdn)
        assert ground.dns.look(ground.fqdn) == ground.records()
        ground.dns.release(ground.records())
        assert ground.dns.look(ground.fqdn) is None

    def test_the_pointer_of_an_address_given_anew_is_overwritten_and_kept(self, ground: Ground) -> None:
        ground.dns.claim(ground.records())
        ground.dns.claim_reverse(ground.records())
        other = replace(ground.records(2), fqdn=f"new-{ground.fqdn}")
        ground.dns.claim_reverse(other)
        assert ground.dns.look_reverse(ground.v4) == other.fqdn
        ground.dns.release(ground.records())
        assert ground.dns.look_reverse(ground.v4) == other.fqdn

    def test_parts_of_a_network_and_addresses_of_others(self, ground: Ground) -> None:
        inside, outside = f"192.0.2.{64 + ground.number % 64}", "192.0.2.200"
        wanted = ground.records(1, inside, outside)
        ground.dns.claim(wanted)
        ground.dns.claim_reverse(wanted)
        last = inside.rpartition(".")[2]
        assert ground.past.values(f"{last}.64-127.2.0.192.in-addr.arpa", "PTR") == [f"{ground.fqdn}."]
        assert ground.dns.look_reverse(inside) == ground.fqdn
        assert ground.dns.look_reverse(outside) is None
        ground.dns.release(wanted)
        assert ground.dns.look_reverse(inside) == ""
