"""InceptionTime: the layers that its docstring names, for windows of any length."""

from collections import Counter

import keras
import pytest

from skts import InceptionTimeClassifier


def layers_for(shape, **parameters):
    """Return the layers between windows of a shape and the output layer."""
    model = InceptionTimeClassifier(**parameters)
    model._dropout_ = 0.0
    windows = keras.Input(shape)
    return keras.Model(windows, model.hidden(keras.layers, windows)).layers


def lengths(layers):
    """Return those of the convolutions, in order, but for those of length 1."""
    sizes = [x.kernel_size[0] for x in layers if isinstance(x, keras.layers.Conv1D)]
    return [size for size in sizes if size > 1]


def test_default_layers():
    layers = layers_for((21, 2))
    counts = Counter(type(layer).__name__ for layer in layers)
    assert counts["Conv1D"] == 6 * (1 + 3 + 1) + 2  # the last are shortcuts
    assert counts["BatchNormalization"] == 6 + 2
    assert counts["MaxPooling1D"] == 6
    assert lengths(layers) == 6 * [40, 20, 10]
    assert layers[-1].output.shape[1:] == (4 * 32,)


def test_one_channel_has_no_bottleneck():
    layers = layers_for((21, 1), depth=1)
    assert [type(layer).__name__ for layer in layers].count("Conv1D") == 3 + 1


@pytest.mark.parametrize("timesteps, found", [(1, []), (2, [3, 3, 2]), (6, [8, 4, 2])])
def test_kernels_reach_no_further_than_the_window(timesteps, found):
    layers = layers_for((timesteps, 1), kernel_size=8, depth=1)
    assert lengths(layers) == found
