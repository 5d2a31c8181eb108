"""A price document in a file: what GetProducts answered (one page, or several), a bulk file, or one offer of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ec2kit.costs.prices.products import MalformedPrices, Product, products_of_bulk, products_of_page

MOST_BYTES = 256 << 20
"""A region's bulk file of EC2 is larger, and takes ten times its size in memory; one type of it is some kilobytes."""


def products_of(text: str, shown: str) -> Iterator[Product]:
    """Given a document's text, yield its products; `shown` is what it is called in errors.

    Raises `MalformedPrices` for what is none.
    """
    for document in _documents(text, shown):
        if "PriceList" in document:
            page = document["PriceList"]
            if not isinstance(page, list):
                raise MalformedPrices(f"the PriceList in '{shown}' is no list")
            yield from products_of_page(each if isinstance(each, str) else json.dumps(each) for each in page)
        elif "products" in document:
            yield from products_of_bulk(document)
        elif "product" in document:
            yield from products_of_page([json.dumps(document)])
        else:
            raise MalformedPrices(f"'{shown}' has neither a PriceList nor products", hint=ASK)


ASK = "save one by `aws pricing get-products --region us-east-1 --service-code AmazonEC2 --filters …`"


def _documents(text: str, shown: str) -> Iterator[Mapping[str, Any]]:
    """One document after another: pages that were saved into one file are no JSON as a whole."""
    decoder = json.JSONDecoder()
    at, found = _after_space(text, 0), False
    while at < len(text):
        try:
            document, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            raise MalformedPrices(f"'{shown}' is no JSON, or has no end", hint=ASK) from error
        if not isinstance(document, dict):
            raise MalformedPrices(f"'{shown}' has neither a PriceList nor products", hint=ASK)
        found = True
        yield document
        at = _after_space(text, at)
    if not found:
        raise MalformedPrices(f"'{shown}' is empty", hint=ASK)


def _after_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n\ufeff":
        at += 1
    return at
