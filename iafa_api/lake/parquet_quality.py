"""What is counted of events when they are stored: by the UTC day of receipt, column by column."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from iafa_api.domain import quality
from iafa_api.lake import layout


def count_rows(table: Any, is_new: Any, cut_rows: Any) -> Counter[tuple[int, str]]:
    """How many of the rows are new, repeats, late, cut, of crawlers, by clocks that were set right, without a field.

    `cut_rows` are numbers of rows.
    """
    counts: Counter[tuple[int, str]] = Counter()
    if not table.num_rows:
        return counts
    ingested, created = (table.column(name).cast(pa.int64()).to_numpy() for name in ("ingested_at", "created_at"))
    said = pc.coalesce(table.column("client_timestamp"), table.column("created_at")).cast(pa.int64()).to_numpy()
    is_cut = np.zeros(len(ingested), dtype=bool)
    is_cut[cut_rows] = True
    measures = {
        quality.ACCEPTED: is_new,
        quality.DUPLICATES: ~is_new,
        quality.LATE: is_new & (created < ingested - quality.LATE_US),
        quality.TRUNCATED: is_new & is_cut,
        quality.BOTS: is_new & pc.is_valid(table.column("is_bot")).to_numpy(),
        quality.SKEWED: is_new & (np.abs(created - said) > quality.SKEW_US),
    }
    for name in quality.MISSING_FIELDS:
        measures[quality.MISSING + name] = is_new & pc.is_null(table.column(name)).to_numpy()
    days = np.floor_divide(ingested, layout.DAY_US)
    for day in np.unique(days).tolist():
        of_day = days == day
        for measure, is_so in measures.items():
            counts[day, measure] += int(np.count_nonzero(is_so & of_day))
    return +counts
