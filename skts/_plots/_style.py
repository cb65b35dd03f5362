"""Colours, axes and legends of all pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .._sklearn import check_matplotlib_support

# Okabe and Ito's colours, which the colour-blind tell apart: those that stand out on
# white as well as on black. What is known, not predicted, has the colour of text.
BLUE, VERMILION, ORANGE = "#0072B2", "#D55E00", "#E69F00"
COLORS = BLUE, VERMILION, "#009E73", "#CC79A7", ORANGE, "#56B4E9"


def new_axes(ax: Any, display: Any, n_rows: int = 1) -> Any:
    """Return `ax`, or new axes, below each other if there are several rows."""
    check_matplotlib_support(f"{type(display).__name__}.plot")
    if ax is not None and n_rows > 1 and np.size(ax) != n_rows:
        count = {2: "two", 3: "three"}[n_rows]
        raise ValueError(
            f"ax={ax!r}, but this picture needs {count} axes, such as "
            f"plt.subplots({n_rows}, layout='constrained')[1]."
        )
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(n_rows, layout="constrained")[1]


def text_color() -> Any:
    """Return the colour that stands out on the background in use."""
    import matplotlib as mpl

    return mpl.rcParams["text.color"]


def as_dates(index: pd.Index) -> pd.Index:
    """Return labels as they are drawn: periods begin at a date."""
    return index.to_timestamp() if isinstance(index, pd.PeriodIndex) else index


def draw_line(ax: Any, series: pd.Series, *style: Any, **options: Any) -> Any:
    """Draw a series over its labels; return the line."""
    return ax.plot(as_dates(series.index), series.to_numpy(float), *style, **options)[0]


def date_axis(ax: Any, index: pd.Index) -> None:
    """Let few and short dates stand below the axes, if labels are dates.

    They are in the zone of the labels, and none is outside of the data: what they have
    in common is written once, and that is taken from the last of them.
    """
    index = as_dates(index)
    if isinstance(index, pd.DatetimeIndex):
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

        dates = AutoDateLocator(minticks=3, maxticks=7, tz=index.tz)
        ax.xaxis.set_major_locator(dates)
        ax.xaxis.set_major_formatter(ConciseDateFormatter(dates, tz=index.tz))
        ax.margins(x=0)


def legend_above(ax: Any, **options: Any) -> None:
    """Put the legend where it hides nothing, however small the figure is."""
    place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.2}
    ax.legend(frameon=False, fontsize="small", **place, **options)
