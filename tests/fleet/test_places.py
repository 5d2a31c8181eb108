"""Where machines are tried: spread over the zones, every zone before the next type."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ec2kit.aws.requests import Place
from ec2kit.fleet.launch.places import places_for
from ec2kit.model.ids import InstanceType, SubnetId, Zone
from tests.support.fleet import subnet

SMALL, LARGE = InstanceType("t3.small"), InstanceType("t3.large")
SUBNETS = tuple(map(subnet, "abc"))
EVERYWHERE = frozenset((kind, each.zone) for kind in (SMALL, LARGE) for each in SUBNETS)


def places(number: int, offered: frozenset[tuple[InstanceType, Zone]] = EVERYWHERE) -> list[str]:
    return [
        f"{place.type}@{place.zone[-1]}" for place in places_for(number, SUBNETS, (SMALL, LARGE), offered)
    ]


def test_zones_first_then_the_next_type() -> None:
    assert places(0) == ["t3.small@a", "t3.small@b", "t3.small@c", "t3.large@a", "t3.large@b", "t3.large@c"]
    assert places(1)[:3] == ["t3.small@b", "t3.small@c", "t3.small@a"]


def test_what_a_zone_does_not_offer_is_not_tried() -> None:
    assert places(0, EVERYWHERE - {(SMALL, Zone("eu-west-1a"))})[:3] == [
        "t3.small@b",
        "t3.small@c",
        "t3.large@a",
    ]
    assert places(0, frozenset()) == []


def test_without_subnets_the_place_is_the_templates() -> None:
    assert places_for(3, (), (), ()) == (Place(),)
    assert places_for(3, (), (SMALL,), ()) == (Place(SMALL, SubnetId(""), Zone("")),)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=6), st.integers(1, 24))
def test_spread_is_even_over_zones(letters: list[str], count: int) -> None:
    subnets = [subnet(letter, number) for number, letter in enumerate(letters)]
    firsts = [places_for(number, subnets, (SMALL,), EVERYWHERE)[0] for number in range(count)]

    used = Counter(place.subnet for place in firsts)
    assert max(used.values()) - min((used.get(each.id, 0) for each in subnets), default=0) <= 1
    each_zone = len(set(letters))
    assert len({place.zone for place in firsts}) == min(count, each_zone)
