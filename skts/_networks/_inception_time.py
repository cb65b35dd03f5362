"""InceptionTime: patterns of several lengths, of patterns, of patterns."""

from __future__ import annotations

from .._estimator import POSITIVE, NetworkEstimator
from .._heads import BaseNetworkClassifier, BaseNetworkRegressor


class _InceptionTime(NetworkEstimator):
    """InceptionTime: finds patterns of several lengths, and patterns of these.

    `depth` modules, one after the other. Each reads the timesteps, through a bottleneck
    of Conv1D(`filters`, 1) where they have more than one channel, by three
    Conv1D(`filters`) without bias, as long as `kernel_size`, half and a quarter of it,
    and by MaxPooling1D(3) and Conv1D(`filters`, 1). Side by side, these go through
    BatchNormalization and relu. What every third module writes is added to what the
    first of the three reads, by Conv1D(1) and BatchNormalization, and goes through
    relu. Then GlobalAveragePooling1D, Dense(outputs). No timestep is lost: zeros are
    put around the window, and kernels that reach further than all of it are shortened.

    As published, it is the average of five such networks: ``n_networks=5`` [1]_.

    Parameters
    ----------
    filters : int
        Patterns that each convolution looks for.
    kernel_size : int
        Length of the longest patterns in timesteps.
    depth : int
        Modules, one after the other.

    References
    ----------
    .. [1] Ismail Fawaz et al. (2020). InceptionTime: Finding AlexNet for Time Series
       Classification. Data Mining and Knowledge Discovery 34.
    """

    filters: int = 32
    kernel_size: int = 40
    depth: int = 6

    _parameter_constraints = {
        "filters": [POSITIVE],
        "kernel_size": [POSITIVE],
        "depth": [POSITIVE],
    }

    def hidden(self, layers, windows):
        x = block = windows
        for i in range(self.depth):
            x = layers.ReLU()(_normalized(layers, self._module(layers, x)))
            if i % 3 == 2:
                known = layers.Conv1D(x.shape[-1], 1, use_bias=False)(block)
                x = layers.Add()([_normalized(layers, known), x])
                x = block = layers.ReLU()(x)
        return self._drop(layers, layers.GlobalAveragePooling1D()(x))

    def _module(self, layers, x):
        def patterns(x, length):
            return layers.Conv1D(self.filters, length, padding="same", use_bias=False)(
                x
            )

        longest = 2 * x.shape[1] - 1  # of a kernel that reads the first from the last
        lengths = [max(1, self.kernel_size // part) for part in (1, 2, 4)]
        narrow = patterns(x, 1) if x.shape[-1] > 1 else x
        found = [patterns(narrow, min(length, longest)) for length in lengths]
        peaks = layers.MaxPooling1D(3, strides=1, padding="same")(x)
        return layers.Concatenate()([*found, patterns(peaks, 1)])


def _normalized(layers, x):
    # Keras' own momentum, 0.99, is for many more steps of the optimizer than small
    # data makes: what is predicted by would still be what it was before training.
    return layers.BatchNormalization(momentum=0.9)(x)


class InceptionTimeRegressor(_InceptionTime, BaseNetworkRegressor):
    """InceptionTime: finds patterns of several lengths, and patterns of these.

    See Also
    --------
    CNNRegressor : One convolution, and where in the window it found something.
    InceptionTimeClassifier : The same network for classes.

    Examples
    --------
    >>> import numpy as np
    >>> from skts import InceptionTimeRegressor, make_supervised
    >>> series = np.arange(10.0, 80.0, 10.0)
    >>> X, y = make_supervised(series, window=3)
    >>> model = InceptionTimeRegressor(depth=1, window_norm="last", random_state=0)
    >>> model.fit(X, y).predict([[50.0, 60.0, 70.0]]).round(1)
    array([80.])
    """


class InceptionTimeClassifier(_InceptionTime, BaseNetworkClassifier):
    """InceptionTime: finds patterns of several lengths, and patterns of these.

    See Also
    --------
    CNNClassifier : One convolution, and where in the window it found something.
    InceptionTimeRegressor : The same network for numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from skts import InceptionTimeClassifier
    >>> rng = np.random.RandomState(0)
    >>> rising = np.arange(8) + rng.normal(size=(20, 8))
    >>> X, y = np.vstack([rising, -rising]), np.repeat(["rises", "falls"], 20)
    >>> model = InceptionTimeClassifier(depth=1, window_norm="last", random_state=0)
    >>> model.fit(X, y).predict([range(8), range(8, 0, -1)])
    array(['rises', 'falls'], dtype='<U5')
    """
