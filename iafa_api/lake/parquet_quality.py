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
    """How many of the rows are new, repeats, late, cut, without a field. `cut_rows` are numbers of rows."""
    counts: Counter[tuple[int, str]] = Counter()
    if not table.num_rows:
        return counts
    ingested, created = (table.column(name).cast(pa.int64()).to_numpy() for name in ("ingested_at", "created_at"))
    is_cut = np.zeros(len(ingested), dtype=bool)
    is_cut[cut_rows] = True
    measures = {
        quality.ACCEPTED: is_new,
        quality.DUPLICATES: ~is_new,
        quality.LATE: is_new & (created < ingested - quality.LATE_US),
        quality.TRUNCATED: is_new & is_cut,
    }
    for name in quality.MISSING_FIELDS:
        measures[quality.MISSING + name] = is_new & pc.is_null(table.column(name)).to_numpy()
    days = np.floor_divide(ingested, layout.DAY_US)
    for day in np.unique(days).tolist():
        of_day = days == day
        for measure, is_so in measures.items():
            counts[day, measure] += int(np.count_nonzero(is_so & of_day))
    return +counts
