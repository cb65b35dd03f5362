"""Convolutional network: short patterns, wherever in the window they are."""

from __future__ import annotations

from collections.abc import Sequence

from .._estimator import POSITIVE, SIZES, NetworkEstimator, as_sizes
from .._heads import BaseNetworkClassifier, BaseNetworkRegressor
from ._layers import flat


class _CNN(NetworkEstimator):
    """Convolutional network: finds short patterns wherever in the window they are.

    Layer by layer: Conv1D(`filters`, `kernel_size`), MaxPooling1D(`pool_size`),
    Flatten, Dense(`units`), Dense(outputs). Kernel and pool shrink to what a short
    window offers [1]_.

    Parameters
    ----------
    filters : int
        Patterns that the convolution looks for.
    kernel_size : int
        Length of a pattern in timesteps.
    pool_size : int
        Neighbouring timesteps of which the strongest response is kept.
    units : int or sequence of int
        Units of the dense hidden layer, or of each of several.
    activation : str or callable
        Keras activation of the hidden layers.

    References
    ----------
    .. [1] LeCun and Bengio (1995). Convolutional Networks for Images, Speech, and
       Time Series. The Handbook of Brain Theory and Neural Networks.
    """

    filters: int = 64
    kernel_size: int = 2
    pool_size: int = 2
    units: int | Sequence[int] = 50
    activation: str = "relu"

    _parameter_constraints = {
        "filters": [POSITIVE],
        "kernel_size": [POSITIVE],
        "pool_size": [POSITIVE],
        "units": SIZES,
        "activation": [str, callable],
    }

    def hidden(self, layers, windows, leads=None, beside=None):
        # Kernels and pools never exceed what there is to read.
        kernel_size = min(self.kernel_size, windows.shape[1])
        x = layers.Conv1D(self.filters, kernel_size, activation=self.activation)(
            windows
        )
        x = layers.MaxPooling1D(min(self.pool_size, x.shape[1]))(x)
        x = flat(layers, self._drop(layers, layers.Flatten()(x)), leads, beside)
        for units in as_sizes("units", self.units):
            x = self._drop(layers, layers.Dense(units, activation=self.activation)(x))
        return x


class CNNRegressor(_CNN, BaseNetworkRegressor):
    """Convolutional network: finds short patterns wherever in the window they are.

    See Also
    --------
    CNNLSTMRegressor : Reads the patterns found in order.
    MLPRegressor : The same without convolution.
    CNNClassifier : The same network for classes.

    Examples
    --------
    >>> import numpy as np
    >>> from skts import CNNRegressor, make_supervised
    >>> series = np.arange(10.0, 80.0, 10.0)
    >>> X, y = make_supervised(series, window=3)
    >>> model = CNNRegressor(window_norm="last", random_state=0)
    >>> model.fit(X, y).predict([[50.0, 60.0, 70.0]]).round(1)
    array([80.])
    """


class CNNClassifier(_CNN, BaseNetworkClassifier):
    """Convolutional network: finds short patterns wherever in the window they are.

    See Also
    --------
    CNNLSTMClassifier : Reads the patterns found in order.
    MLPClassifier : The same without convolution.
    CNNRegressor : The same network for numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from skts import CNNClassifier
    >>> rng = np.random.RandomState(0)
    >>> rising = np.arange(8) + rng.normal(size=(20, 8))
    >>> X, y = np.vstack([rising, -rising]), np.repeat(["rises", "falls"], 20)
    >>> model = CNNClassifier(window_norm="last", random_state=0).fit(X, y)
    >>> model.predict([range(8), range(8, 0, -1)])
    array(['rises', 'falls'], dtype='<U5')
    """
