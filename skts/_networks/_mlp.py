"""Multilayer perceptron: a window read as one row of numbers."""

from __future__ import annotations

from collections.abc import Sequence

from .._estimator import SIZES, NetworkEstimator, as_sizes
from .._heads import BaseNetworkClassifier, BaseNetworkRegressor
from ._layers import flat


class _MLP(NetworkEstimator):
    """Multilayer perceptron: reads a window as one row of numbers.

    The fastest of the networks to train, and a good first one to try. Layer by layer:
    Flatten, a Dense layer for each of `units`, Dense(outputs) [1]_.

    Parameters
    ----------
    units : int or sequence of int
        Units of the hidden layer, or of each of several.
    activation : str or callable
        Keras activation of the hidden layers.

    References
    ----------
    .. [1] Rumelhart, Hinton and Williams (1986). Learning Representations by
       Back-propagating Errors. Nature 323.
    """

    units: int | Sequence[int] = (100, 100)
    activation: str = "relu"

    _parameter_constraints = {"units": SIZES, "activation": [str, callable]}

    def hidden(self, layers, windows, leads=None, beside=None):
        x = flat(layers, windows, leads, beside)
        for units in as_sizes("units", self.units):
            x = self._drop(layers, layers.Dense(units, activation=self.activation)(x))
        return x


class MLPRegressor(_MLP, BaseNetworkRegressor):
    """Multilayer perceptron: reads a window as one row of numbers.

    See Also
    --------
    CNNRegressor : Finds short patterns anywhere in the window.
    LSTMRegressor : Reads the window step by step.
    MLPClassifier : The same network for classes.

    Examples
    --------
    >>> import numpy as np
    >>> from skts import MLPRegressor, make_supervised
    >>> series = np.arange(10.0, 80.0, 10.0)
    >>> X, y = make_supervised(series, window=3)
    >>> model = MLPRegressor(window_norm="last", random_state=0)
    >>> model.fit(X, y).predict([[50.0, 60.0, 70.0]]).round(1)
    array([80.])
    """


class MLPClassifier(_MLP, BaseNetworkClassifier):
    """Multilayer perceptron: reads a window as one row of numbers.

    See Also
    --------
    CNNClassifier : Finds short patterns anywhere in the window.
    LSTMClassifier : Reads the window step by step.
    MLPRegressor : The same network for numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from skts import MLPClassifier
    >>> rng = np.random.RandomState(0)
    >>> rising = np.arange(8) + rng.normal(size=(20, 8))
    >>> X, y = np.vstack([rising, -rising]), np.repeat(["rises", "falls"], 20)
    >>> model = MLPClassifier(window_norm="last", random_state=0).fit(X, y)
    >>> model.predict([range(8), range(8, 0, -1)])
    array(['rises', 'falls'], dtype='<U5')
    """
