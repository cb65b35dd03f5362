"""Networks of one's own: a function, or a subclass with fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from .._estimator import NetworkEstimator
from .._heads import BaseNetworkClassifier, BaseNetworkRegressor


class _Own(NetworkEstimator):
    """A network of one's own.

    Give a function that makes the network, or list parameters as fields of a subclass
    that has a method `hidden`. Both are made of layers of Keras, or of one's own, which
    `random_state` seeds unless they have seeds; the output layer is added to them.

    Parameters
    ----------
    network : callable
        ``network(windows, **network_params)`` takes a Keras tensor of windows, (n_rows,
        timesteps, channels), and returns one of shape (n_rows, features), which the
        output layer reads. Parameters `leads` and `beside` get what is known ahead,
        (n_rows, steps, columns), and what else stands beside the windows, (n_rows,
        columns), or None if nothing does; without them, that comes in after what it
        returns. It must make its layers anew in each call. A subclass that has `hidden`
        has no such parameter.
    network_params : dict
        Further arguments of `network`. A search tunes it whole, as one parameter: a
        subclass has fields that are tuned one by one.
    dropout : float
        Fraction of what the network returns that training sets to zero, before the
        output layer.
    """

    network: Callable | None = None
    network_params: Mapping[str, Any] | None = None

    _parameter_constraints = {
        "network": [callable, None],
        "network_params": [Mapping, None],
    }

    def __init_subclass__(cls, **kwargs):
        if "hidden" in vars(cls):  # then these two would do nothing
            cls.__annotations__ |= {
                "network": ClassVar[None],
                "network_params": ClassVar[None],
            }
            cls.network = cls.network_params = None
        super().__init_subclass__(**kwargs)

    def hidden(self, layers, windows, **own):
        """Return what the output layer reads: Keras `layers` applied to `windows`.

        A subclass overrides it.

        Parameters
        ----------
        layers : namespace
            `keras.layers`. Those made here are seeded by `random_state`.
        windows : keras.KerasTensor of shape (n_rows, timesteps, channels)
            Scaled windows, oldest timestep first.
        **own : keras.KerasTensor or None
            A method with parameters `leads` and `beside` gets what is known ahead,
            (n_rows, steps, columns), and what else stands beside the windows, (n_rows,
            columns), or None if nothing does. Without them, that comes in after what
            the method returns.

        Returns
        -------
        features : keras.KerasTensor of shape (n_rows, n_features)
            What the output layer reads.
        """
        function: Any = self._reader
        return function(windows, **own, **(self.network_params or {}))

    @property
    def _reader(self):
        if type(self).hidden is not _Own.hidden:
            return self.hidden
        if self.network is None:
            raise ValueError(
                f"network=None leaves {type(self).__name__} without a network: give a "
                "function of windows, or subclass it with a method `hidden`."
            )
        return self.network

    def _read(self, layers, windows, **own):
        from .._program import keras

        features = super()._read(layers, windows, **own)
        is_tensor = isinstance(features, keras.KerasTensor)
        if not is_tensor or len(features.shape) != 2:
            what = (
                f"a tensor of shape {features.shape}" if is_tensor else repr(features)
            )
            raise ValueError(
                f"{self._reader!r} must return what the output layer reads, a Keras "
                f"tensor of shape (n_rows, features), but returned {what}."
            )
        return self._drop(layers, features)


class NetworkRegressor(_Own, BaseNetworkRegressor):
    """A network of one's own that predicts numbers."""


class NetworkClassifier(_Own, BaseNetworkClassifier):
    """A network of one's own that predicts classes."""
