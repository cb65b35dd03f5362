"""What is stored of networks and of Keras' objects, and how both are made again."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

N_ROWS = 3  # that a network predicts when it is stored, and again when it is loaded
TOLERANCE = 1e-3  # of predictions; other processors and versions round in other ways


class _FromConfig(NamedTuple):
    """An object of Keras that its class makes of its configuration."""

    kind: type
    config: dict


class _FromState(NamedTuple):
    """An object of Keras that holds nothing but values."""

    kind: type
    state: dict


def packed(value: Any) -> Any:
    """Return a parameter with objects of Keras as what their own class makes them of.

    Keras itself would store them as files, which only know classes that are registered.
    """
    if isinstance(value, dict):
        return {key: packed(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(packed, value))
    if not hasattr(value, "get_config") or isinstance(value, type):
        return value
    import keras

    if isinstance(value, keras.losses.Loss):
        return _FromState(type(value), vars(value))
    kinds = keras.layers.Layer, keras.optimizers.Optimizer, keras.metrics.Metric
    if isinstance(value, kinds):
        config = dict(value.get_config())
        if isinstance(value, keras.layers.Layer):
            config.pop("name", None)  # another layer of the network may have it
        schedule = getattr(value, "_learning_rate", None)
        if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
            config["learning_rate"] = schedule  # as it is: it may be of a user
        return _FromConfig(type(value), config)
    return value


def unpacked(value: Any) -> Any:
    """Return a parameter that was packed."""
    if isinstance(value, _FromConfig):
        return value.kind.from_config(value.config)  # type: ignore[attr-defined]
    if isinstance(value, _FromState):
        made: Any = object.__new__(value.kind)
        made.__dict__.update(value.state)
        return made
    if isinstance(value, dict):
        return {key: unpacked(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(unpacked, value))
    return value


class StoredNetwork(NamedTuple):
    """The weights of a network, and what it predicts of some inputs."""

    weights: list
    inputs: list
    outputs: np.ndarray


def stored(network: Any) -> StoredNetwork:
    """Return what is stored of a network."""
    rng = np.random.RandomState(0)
    inputs = [
        rng.normal(size=(N_ROWS, *x.shape[1:])).astype(x.dtype) for x in network.inputs
    ]
    return StoredNetwork(network.get_weights(), inputs, _outputs(network, inputs))


def restore(network: Any, stored: StoredNetwork, name: str, version: str) -> Any:
    """Return a network that was made again, with its weights, if it is the same."""
    weights = network.get_weights()
    is_same = [w.shape for w in weights] == [w.shape for w in stored.weights]
    if is_same:
        network.set_weights(stored.weights)
        outputs = _outputs(network, stored.inputs)
        size = np.abs(stored.outputs).max(initial=0)
        error = TOLERANCE * size
        is_same = np.allclose(outputs, stored.outputs, TOLERANCE, error, equal_nan=True)
    if not is_same:
        raise ValueError(
            f"A stored {name} cannot be loaded: the network that its code makes now is "
            "not the one that was stored. Load it with the code and the versions that "
            f"stored it (skts {version})."
        )
    return network


def _outputs(network, inputs):
    import keras

    outputs = network(inputs if len(inputs) > 1 else inputs[0], training=False)
    return keras.ops.convert_to_numpy(outputs)
