"""A discount of one's own on AWS's list prices, such as a private pricing agreement's. Pure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import overload

from ec2kit.costs.prices.price import Offers, Price, PriceList
from ec2kit.errors import UsageError


def parse_discount(text: str, what: str = "discount") -> Decimal:
    """Given `8%` or `0.08`, return the share; raises `UsageError` for what is none, or is all or more."""
    word = text.strip()
    number = word.removesuffix("%").strip()
    if not number.replace(".", "", 1).isdecimal() or not number.isascii():
        raise UsageError(f"'{text}' is no {what}", hint="write 8%, or 0.08")
    share = Decimal(number) / 100 if word.endswith("%") else Decimal(number)
    if share >= 1:
        hint = f"did you mean {number}%?" if not word.endswith("%") and share < 100 else "less than 100%"
        raise UsageError(f"'{text}' is too much for a {what}", hint=hint)
    return share


@overload
def discounted(prices: PriceList, share: Decimal) -> PriceList: ...
@overload
def discounted(prices: Offers, share: Decimal) -> Offers: ...
def discounted(prices: PriceList | Offers, share: Decimal) -> PriceList | Offers:
    """Given prices and a discount on all of them, on demand and reserved, return what is left, labelled so."""
    if not share:
        return prices
    source = f"{prices.source}, less your {(share * 100).normalize():f} %"
    reserved = tuple(_less(each, share) for each in prices.reserved)
    if isinstance(prices, Offers):
        return replace(prices, reserved=reserved, source=source)
    return replace(prices, on_demand=_less(prices.on_demand, share), reserved=reserved, source=source)


def _less(price: Price, share: Decimal) -> Price:
    return replace(price, upfront=price.upfront * (1 - share), hourly=price.hourly * (1 - share))
