"""Real files, imported, asked over HTTP: the figures are known from independent programs."""

import os
from pathlib import Path

import pytest
from rich.console import Console

from iafa_api.commands.import_file import run_import

SAMPLE = Path(__file__).parents[2] / "data" / "samples" / "retentioneering_ecom_events.parquet"
SEGMENT_FILE = "shopify_segment_events.parquet"
SHOP = ("product_view", "add_to_cart", "cart", "shipping_details", "payment_details", "purchase")
SHOP_FIGURES = {
    "1h": [598, 480, 321, 167, 68, 15],
    "1d": [598, 482, 324, 169, 69, 16],
    "7d": [598, 487, 353, 210, 109, 40],
    "30d": [598, 502, 396, 271, 165, 76],
    None: [598, 517, 429, 329, 222, 114],
}
SEGMENT = ("Page", "Product Viewed", "Product Added", "Checkout Started", "Order Completed")
SEGMENT_FIGURES = {
    "1h": [249, 192, 88, 62, 31],
    "1d": [249, 192, 90, 64, 31],
    "7d": [249, 193, 90, 66, 32],
    None: [249, 193, 90, 66, 33],
}


def ask(ann, funnel, window):
    query = {"start_date": "2000-01-01", "end_date": "2026-12-31"} | ({"conversion_window": window} if window else {})
    answer = ann.get(f"/analytics/funnel/{funnel['id']}", query_string=query)
    assert answer.status_code == 200, answer.json
    return [stage["users"] for stage in answer.json["stages"]], answer.json["receipt"]["events"]


@pytest.fixture
def quiet():
    return Console(quiet=True)


def test_the_sample_shop(ann, services, flush, quiet):
    project = ann.make_project(retention_days=0)
    funnel = ann.make_funnel(project["id"], *SHOP)
    run_import(quiet, services, SAMPLE, project_id=project["id"])
    for _ in ("waiting in the buffer", "in Parquet"):
        for window, figures in SHOP_FIGURES.items():
            assert ask(ann, funnel, window) == (figures, 31_106)
        flush()
    run_import(quiet, services, SAMPLE, project_id=project["id"])
    for _ in ("again, waiting", "again, flushed"):
        assert ask(ann, funnel, "7d") == (SHOP_FIGURES["7d"], 31_106)
        flush()


@pytest.mark.skipif("IAFA_TEST_DATA" not in os.environ, reason="needs IAFA_TEST_DATA, a directory of event data")
def test_the_segment_file_counts_each_id_once_and_the_first_row_wins(ann, services, flush, quiet):
    project = ann.make_project(retention_days=0)
    funnel = ann.make_funnel(project["id"], *SEGMENT)
    run_import(quiet, services, Path(os.environ["IAFA_TEST_DATA"]) / SEGMENT_FILE, project_id=project["id"])
    for _ in ("waiting in the buffer", "in Parquet"):
        for window, figures in SEGMENT_FIGURES.items():
            assert ask(ann, funnel, window) == (figures, 15_977)
        flush()
