"""Gated recurrent unit: a window read step by step, with fewer gates than an LSTM."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from .._estimator import SIZES, NetworkEstimator, as_sizes
from .._heads import BaseNetworkClassifier, BaseNetworkRegressor
from ._layers import last_state


class _GRU(NetworkEstimator):
    """Gated recurrent unit: reads a window step by step, with fewer gates than an LSTM.

    Layer by layer: GRU(`units`), Dense(outputs) [1]_.

    Parameters
    ----------
    units : int or sequence of int
        Units of the GRU layer, or of each of several that are stacked.
    activation : str or callable
        Keras activation of the cell.

    References
    ----------
    .. [1] Cho et al. (2014). Learning Phrase Representations using RNN
       Encoder-Decoder for Statistical Machine Translation. EMNLP.
    """

    units: int | Sequence[int] = 50
    activation: str = "tanh"

    _parameter_constraints = {"units": SIZES, "activation": [str, callable]}

    def hidden(self, layers, windows):
        sizes = as_sizes("units", self.units)
        drop = functools.partial(self._drop, layers)
        return last_state(layers.GRU, sizes, windows, drop, activation=self.activation)


class GRURegressor(_GRU, BaseNetworkRegressor):
    """Gated recurrent unit: reads a window step by step, with fewer gates than an LSTM.

    See Also
    --------
    LSTMRegressor : One more gate, and a memory apart from what it says.
    GRUClassifier : The same network for classes.

    Examples
    --------
    >>> import numpy as np
    >>> from skts import GRURegressor, make_supervised
    >>> series = np.arange(10.0, 80.0, 10.0)
    >>> X, y = make_supervised(series, window=3)
    >>> model = GRURegressor(window_norm="last", random_state=0)
    >>> model.fit(X, y).predict([[50.0, 60.0, 70.0]]).round(1)
    array([80.])
    """

    _start_penalty = 10.0, True


class GRUClassifier(_GRU, BaseNetworkClassifier):
    """Gated recurrent unit: reads a window step by step, with fewer gates than an LSTM.

    See Also
    --------
    LSTMClassifier : One more gate, and a memory apart from what it says.
    GRURegressor : The same network for numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from skts import GRUClassifier
    >>> rng = np.random.RandomState(0)
    >>> rising = np.arange(8) + rng.normal(size=(20, 8))
    >>> X, y = np.vstack([rising, -rising]), np.repeat(["rises", "falls"], 20)
    >>> model = GRUClassifier(window_norm="last", random_state=0).fit(X, y)
    >>> model.predict([range(8), range(8, 0, -1)])
    array(['rises', 'falls'], dtype='<U5')
    """
