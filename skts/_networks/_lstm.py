"""Long short-term memory: a window read step by step."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from .._estimator import SIZES, NetworkEstimator, as_sizes
from .._heads import BaseNetworkClassifier, BaseNetworkRegressor
from ._layers import last_state


class _LSTM(NetworkEstimator):
    """Long short-term memory network: reads a window step by step.

    Layer by layer: LSTM(`units`), Dense(outputs) [1]_.

    Parameters
    ----------
    units : int or sequence of int
        Units of the LSTM layer, or of each of several that are stacked.
    activation : str or callable
        Keras activation of the cell.

    References
    ----------
    .. [1] Hochreiter and Schmidhuber (1997). Long Short-Term Memory. Neural
       Computation 9(8).
    """

    units: int | Sequence[int] = 50
    activation: str = "tanh"

    _parameter_constraints = {"units": SIZES, "activation": [str, callable]}

    def hidden(self, layers, windows):
        sizes = as_sizes("units", self.units)
        drop = functools.partial(self._drop, layers)
        return last_state(layers.LSTM, sizes, windows, drop, activation=self.activation)


class LSTMRegressor(_LSTM, BaseNetworkRegressor):
    """Long short-term memory network: reads a window step by step.

    See Also
    --------
    GRURegressor : The same with fewer gates.
    CNNLSTMRegressor : Summarises subsequences by a convolution first.
    EncoderDecoderLSTMRegressor : Writes several steps ahead one by one.
    LSTMClassifier : The same network for classes.

    Examples
    --------
    >>> import numpy as np
    >>> from skts import LSTMRegressor, make_supervised
    >>> series = np.arange(10.0, 80.0, 10.0)
    >>> X, y = make_supervised(series, window=3)
    >>> model = LSTMRegressor(window_norm="last", random_state=0)
    >>> model.fit(X, y).predict([[50.0, 60.0, 70.0]]).round(1)
    array([80.])
    """

    _start_penalty = 3.0, True


class LSTMClassifier(_LSTM, BaseNetworkClassifier):
    """Long short-term memory network: reads a window step by step.

    See Also
    --------
    GRUClassifier : The same with fewer gates.
    CNNLSTMClassifier : Summarises subsequences by a convolution first.
    LSTMRegressor : The same network for numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from skts import LSTMClassifier
    >>> rng = np.random.RandomState(0)
    >>> rising = np.arange(8) + rng.normal(size=(20, 8))
    >>> X, y = np.vstack([rising, -rising]), np.repeat(["rises", "falls"], 20)
    >>> model = LSTMClassifier(window_norm="last", random_state=0).fit(X, y)
    >>> model.predict([range(8), range(8, 0, -1)])
    array(['rises', 'falls'], dtype='<U5')
    """
