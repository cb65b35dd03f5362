"""Networks are made of Keras' own layers, and every random number follows a seed."""

import random
import threading

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from skts import CNNLSTMRegressor, CNNRegressor, MLPRegressor
from skts._seeds import run_seeded


class Noise(layers.Layer):
    """A layer of a user, which draws by a generator of its own."""

    def __init__(self, **options):
        super().__init__(**options)
        self.generator = keras.random.SeedGenerator()

    def call(self, x, training=False):
        noise = keras.random.normal(keras.ops.shape(x), seed=self.generator)
        return x + keras.ops.cast(noise, x.dtype) if training else x


def make():
    windows = keras.Input((4, 1))
    x = layers.LSTM(3, kernel_initializer="he_normal")(windows)
    x = layers.Dense(2)(layers.Dense(2)(Noise()(layers.Dropout(0.5)(x))))
    return keras.Model(windows, x)


def values(network):
    return [variable.numpy() for variable in network.variables]


def network(seed, dtype="float32"):
    return run_seeded(make, seed, dtype)


def differ(some, others):
    return [bool((a != b).any()) for a, b in zip(some, others, strict=True)]


def test_a_seed_rules_weights_and_generators():
    assert not any(differ(values(network(0)), values(network(0))))
    drawn = [v.path for v in network(0).variables if "bias" not in v.path]
    others = zip(differ(values(network(0)), values(network(1))), network(0).variables)
    assert [v.path for is_other, v in others if is_other] == drawn


def test_layers_do_not_share_a_seed():
    first, second = (layer.kernel.numpy() for layer in network(0).layers[-2:])
    assert (first[:2] != second).all()


def test_names_and_precision_depend_on_nothing_before():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float16")
    try:
        made = network(0, "float64")
        assert keras.config.dtype_policy().name == "float16"
    finally:
        keras.config.set_dtype_policy(before)
    names = ["lstm", "dropout", "noise", "dense_1", "dense"]
    assert [layer.name for layer in made.layers[1:]] == names
    assert {w.dtype for w in made.get_weights()} == {np.dtype("float64")}


def test_what_others_draw_from_is_left_alone():
    X = np.eye(20)
    name = layers.Dense(1).name
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    MLPRegressor(epochs=2, dropout=0.5, random_state=0).fit(X, X[:, 0]).predict(X)
    after = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    assert after == before
    number = int(name.rpartition("_")[2]) if "_" in name else 0
    assert layers.Dense(1).name == f"dense_{number + 1}"


def test_other_threads_draw_from_what_they_always_did():
    inside, outside = threading.Event(), threading.Event()

    def slow():
        inside.set()
        assert outside.wait(60)
        return make()

    def draw_outside():
        assert inside.wait(60)
        random.seed(3)
        drawn.append(keras.initializers.GlorotUniform().seed)
        outside.set()

    drawn: list = []
    other = threading.Thread(target=draw_outside)
    other.start()
    made = run_seeded(slow, 0, "float32")
    other.join()
    random.seed(3)
    assert drawn == [keras.initializers.GlorotUniform().seed]
    assert not any(differ(values(made), values(network(0))))


def test_an_error_is_that_of_the_function():
    def fail():
        raise KeyError("mine")

    try:
        run_seeded(fail, 0, "float32")
    except KeyError as error:
        assert error.args == ("mine",)


def test_a_strategy_of_the_caller_holds():
    with tf.distribute.MirroredStrategy(["cpu:0"]).scope():
        made = network(0)
    assert "Mirrored" in type(made.weights[0].value).__name__


def test_settings_of_keras_change_nothing():
    X = np.random.default_rng(0).normal(size=(20, 6, 2))

    def fitted():
        models = [
            cls(epochs=2, random_state=0).fit(X, X[:, -1, 0])
            for cls in (CNNRegressor, CNNLSTMRegressor)
        ]
        return np.stack([model.predict(X) for model in models])

    expected = fitted()
    keras.config.set_image_data_format("channels_first")
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float16")
    try:
        np.testing.assert_array_equal(fitted(), expected)
    finally:
        keras.config.set_image_data_format("channels_last")
        keras.config.set_dtype_policy(policy)
