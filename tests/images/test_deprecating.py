"""When images go out of date: whole minutes, in the future."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ec2kit.engine.steps import DeprecateImage, UndeprecateImage
from ec2kit.errors import UsageError
from ec2kit.images.deprecating import deprecate_plan, parse_date, whole_minute
from tests.images.made import image
from tests.support.fleet import NOW

SOON = whole_minute(NOW + timedelta(days=30))


def test_each_image_gets_the_time_and_keeps_what_it_was_for_undo() -> None:
    before = image(2, deprecates=NOW + timedelta(days=3))

    plan = deprecate_plan([image(1), before, image(3, deprecates=SOON)], SOON - timedelta(seconds=20), NOW)

    assert [planned.step for planned in plan.steps] == [
        DeprecateImage(image(1).id, SOON),
        DeprecateImage(before.id, SOON, before.deprecates),
    ]
    assert len(plan.unchanged) == 1


def test_off_is_for_those_that_have_a_time() -> None:
    before = image(2, deprecates=SOON)

    plan = deprecate_plan([image(1), before], None, NOW)

    assert [planned.step for planned in plan.steps] == [UndeprecateImage(before.id, SOON)]
    assert plan.notes == ()


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=-1), timedelta(days=3651)])
def test_a_time_that_aws_does_not_take_is_usage(late: timedelta) -> None:
    now = whole_minute(NOW)
    with pytest.raises(UsageError):
        deprecate_plan([image(1)], now + late, now)


def test_a_day_is_its_midnight() -> None:
    assert parse_date("2027-01-31") == datetime(2027, 1, 31, tzinfo=UTC)
    assert parse_date("2027-01-31T03:04:05+01:00") == datetime(2027, 1, 31, 2, 4, 5, tzinfo=UTC)
    with pytest.raises(UsageError):
        parse_date("tomorrow")
