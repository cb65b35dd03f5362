"""The compiled program trains as `keras.Model.fit` does, and faster only."""

import hashlib
import itertools
import subprocess
import sys
import threading
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from numpy.lib.stride_tricks import sliding_window_view
from numpy.testing import assert_allclose, assert_array_equal

from skts import _program
from skts._program import predict
from skts._training import Trainable, trainable

TIMESTEPS, CHANNELS, N_ROWS, BATCH = 6, 2, 21, 8


def network(kind="mlp", dtype="float64", units=1, output=None, seed=0, **options):
    seeds, names = itertools.count(seed), itertools.count()

    def seeded(layer_class, *args, **kwargs):
        kwargs |= {"kernel_initializer": keras.initializers.GlorotUniform(next(seeds))}
        if layer_class is layers.LSTM:
            initializer = keras.initializers.Orthogonal(seed=next(seeds))
            kwargs["recurrent_initializer"] = initializer
        name = f"layer_{next(names)}"
        return layer_class(*args, dtype=dtype, name=name, **kwargs)

    def plain(layer_class, *args, **kwargs):
        return layer_class(*args, dtype=dtype, name=f"layer_{next(names)}", **kwargs)

    inputs = x = keras.Input((TIMESTEPS, CHANNELS), dtype=dtype, name="windows")
    if kind == "mlp":
        x = plain(layers.Flatten)(x)
        x = seeded(layers.Dense, 5, activation="relu", **options)(x)
    elif kind == "dropout":
        x = seeded(layers.Dense, 5, activation="relu")(plain(layers.Flatten)(x))
        x = layers.Dropout(0.5, seed=seed, dtype=dtype, name="dropout")(x)
    elif kind == "batch norm":
        x = plain(layers.BatchNormalization)(plain(layers.Flatten)(x))
    elif kind == "cnn":
        x = seeded(layers.Conv1D, 4, 2, activation="relu")(x)
        x = plain(layers.Flatten)(plain(layers.MaxPooling1D, 2)(x))
    elif kind == "lstm":
        x = seeded(layers.LSTM, 4)(x)
    elif kind == "cnn-lstm":
        x = plain(layers.Reshape, (2, 3, CHANNELS))(x)
        x = seeded(layers.Conv2D, 4, (1, 2), activation="tanh")(x)
        x = plain(layers.MaxPooling2D, (1, 2))(x)
        x = seeded(layers.LSTM, 3)(plain(layers.Reshape, (2, -1))(x))
    elif kind == "encoder-decoder":
        x = plain(layers.RepeatVector, units)(seeded(layers.LSTM, 4)(x))
        x = seeded(layers.LSTM, 4, activation="relu", return_sequences=True)(x)
        x = plain(layers.Reshape, (units,))(seeded(layers.Dense, 1)(x))
        return keras.Model(inputs, x)
    return keras.Model(inputs, seeded(layers.Dense, units, activation=output)(x))


def data(dtype="float64", n_rows=N_ROWS, units=1):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n_rows, TIMESTEPS, CHANNELS)).astype(dtype)
    y = rng.normal(size=(n_rows, units)).astype(dtype)
    return x, y, rng.uniform(0.5, 2, n_rows).astype(dtype)


def sets(x, y, weight, options=()):
    """Return the rows to train on and, as options say, to validate on."""
    weight = np.ones(len(x), x.dtype) if weight is None else weight
    held_out = options.pop("validation_data", None) if options else None
    both = filter(None, [(x, y, weight), held_out])
    return [([x], y, weight) for x, y, weight in both]


def fit(net, x, y, weight=None, *, optimizer="adam", loss="mse", jit=False, **options):
    """Train `net` by skts; return the history."""
    made = {name: options.pop(name) for name in ("metrics",) if name in options}
    made |= {"optimizer": optimizer, "loss": loss, "jit_compile": jit}
    model = trainable(net, learning_rate=options.pop("learning_rate", 0.01), **made)
    options = {"epochs": 4, "batch_size": BATCH, "shuffle": False} | options
    history = model.fit(x, y, rows=sets(x, y, weight, options), **options)
    assert model.optimizer_state
    return history.history


def keras_fit(
    net,
    x,
    y,
    weight,
    *,
    optimizer="adam",
    loss="mse",
    epochs=4,
    validation_data=None,
    metrics=None,
    **options,
):
    """Train `net` by Keras alone; return the history."""
    if isinstance(optimizer, str):
        optimizer = keras.optimizers.get(
            {"class_name": optimizer, "config": {"learning_rate": 0.01}}
        )
    dtype = net.output.dtype
    mean = keras.losses.Loss(reduction="mean_with_sample_weight", dtype=dtype)
    mean.call = keras.losses.get(loss)
    model = keras.Model(net.input, net.output)
    model.compile(optimizer, mean, weighted_metrics=metrics)
    # Keras would cast arrays to float32.
    batches = tf.data.Dataset.from_tensor_slices((x, y, weight)).batch(BATCH)
    if validation_data is not None:
        held_out = tf.data.Dataset.from_tensor_slices(validation_data).batch(BATCH)
        options["validation_data"] = held_out
    return model.fit(
        batches, epochs=epochs, verbose=0, shuffle=False, **options
    ).history


def assert_same_training(make, arrays, jit=False, tol=1e-12, **options):
    ours, theirs = make(), make()
    history = fit(ours, *arrays, jit=jit, **options)
    expected = keras_fit(theirs, *arrays, **options)
    for key in expected:  # Keras keeps its books in float32
        assert_allclose(history[key], expected[key], rtol=1e-5)
    for weight, expected in zip(ours.get_weights(), theirs.get_weights()):
        assert_allclose(weight, expected, rtol=tol, atol=tol)


@pytest.fixture
def programs(monkeypatch):
    """Collect the programs that are made, from an empty pool."""
    made = []

    class Counted(_program.Program):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            made.append(self)

    monkeypatch.setattr(_program, "Program", Counted)
    monkeypatch.setattr(_program, "_pool", [])
    monkeypatch.setattr(_program, "_latest", weakref.WeakValueDictionary())
    return made


KINDS = ["mlp", "cnn", "lstm", "cnn-lstm", "encoder-decoder"]


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_networks_train_as_by_keras(kind, jit, programs):
    assert_same_training(lambda: network(kind, units=2), data(units=2), jit=jit)
    assert len(programs) == 1


@pytest.mark.parametrize("kind", ["mlp", "lstm"])
def test_single_precision_trains_as_by_keras(kind):
    arrays = data("float32")
    assert_same_training(lambda: network(kind, "float32"), arrays, tol=1e-5)


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True),
        lambda: keras.optimizers.RMSprop(0.01, centered=True),
        lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1, clipnorm=0.1),
        lambda: keras.optimizers.Adam(0.01, use_ema=True, ema_momentum=0.5),
        lambda: keras.optimizers.Adam(
            keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5, staircase=True)
        ),
        lambda: keras.optimizers.Adam(0.01, gradient_accumulation_steps=2),
        lambda: keras.optimizers.SGD(0.01, loss_scale_factor=8.0),
        lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.01)),
    ],
    ids=[
        "sgd",
        "rmsprop",
        "adamw",
        "ema",
        "schedule",
        "accumulation",
        "scaled",
        "scaling",
    ],
)
def test_optimizers_train_as_by_keras(make):
    ours, theirs = network(), network()
    optimizer = make()
    fit(ours, *data(), optimizer=optimizer, learning_rate=None)
    keras_fit(theirs, *data(), optimizer=make())
    for weight, expected in zip(ours.get_weights(), theirs.get_weights()):
        assert_allclose(weight, expected, rtol=1e-10, atol=1e-12)
    assert not optimizer.built


def absolute(y_true, y_pred):
    return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)


@pytest.mark.parametrize("loss", ["mae", "huber", absolute])
def test_losses_train_as_by_keras(loss):
    assert_same_training(network, data(), loss=loss)


@pytest.mark.parametrize("loss", ["sparse_categorical_crossentropy"])
def test_classes_train_as_by_keras(loss):
    x, _, weight = data()
    codes = np.arange(len(x))[:, None] % 3
    assert_same_training(
        lambda: network(units=3, output="softmax"), (x, codes, weight), loss=loss
    )


def test_binary_classes_train_as_by_keras():
    x, _, weight = data()
    codes = (np.arange(len(x))[:, None] % 2).astype(float)
    assert_same_training(
        lambda: network(output="sigmoid"),
        (x, codes, weight),
        loss="binary_crossentropy",
    )


def test_regularized_networks_train_as_by_keras():
    assert_same_training(
        lambda: network("mlp", "float32", kernel_regularizer="l2"),
        data("float32"),
        tol=1e-5,
    )


def test_a_scalar_loss_is_refused():
    def total(y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred))

    with pytest.raises(ValueError, match="a value for each row"):
        fit(network(), *data(), loss=total)


def hits(y_true, y_pred):
    return keras.ops.abs(y_true - y_pred) < 0.5


@pytest.mark.parametrize(
    ("metrics", "is_compiled"),
    [
        (["mae", keras.metrics.CosineSimilarity, hits], True),
        (["mae", "RootMeanSquaredError"], False),
    ],
)
def test_metrics_are_those_of_keras(metrics, is_compiled, programs):
    arrays = data(n_rows=40, units=2)
    train, held_out = (
        tuple(a[rows] for a in arrays) for rows in (slice(25), slice(25, 40))
    )
    options = {"validation_data": held_out}
    history = fit(network(units=2), *train, metrics=metrics, **options)
    made = [m() if isinstance(m, type) else m for m in metrics]
    expected = keras_fit(network(units=2), *train, metrics=made, **options)
    assert len(programs) == is_compiled
    assert len(history) == 2 + 2 * len(metrics)
    for name, values in expected.items():
        assert_allclose(history[name], values, rtol=1e-5, err_msg=name)
    names = ["loss", "mae", "cosine_similarity", "hits"]
    assert not is_compiled or list(history)[:4] == names


def test_early_stopping_as_by_keras():
    arrays = data(n_rows=40)
    train, held_out = (
        tuple(a[rows] for a in arrays) for rows in (slice(25), slice(25, 40))
    )
    stop = keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True)
    ours, theirs = network(), network()
    options = {"epochs": 30, "learning_rate": 0.1}
    history = fit(ours, *train, validation_data=held_out, patience=2, **options)
    expected = keras_fit(
        theirs,
        *train,
        validation_data=held_out,
        callbacks=[stop],
        optimizer=keras.optimizers.Adam(0.1),
        epochs=30,
    )
    assert 3 <= len(history["loss"]) < 30
    assert_allclose(history["val_loss"], expected["val_loss"], rtol=1e-5)
    for weight, value in zip(ours.get_weights(), theirs.get_weights()):
        assert_allclose(weight, value, rtol=1e-10, atol=1e-12)


def staged(by_keras, **options):
    """Train on 25 of 40 rows, validate on the others, end on all; return weights."""
    x, y, weight = data(n_rows=40)
    y[25:] *= options.pop("other", 1)
    rows = [
        ([x[part]], y[part], weight[part])
        for part in (slice(25), slice(25, 40), slice(40))
    ]
    net = network()
    model = trainable(
        net, optimizer="sgd", learning_rate=0.1, loss="mse", jit_compile=False
    )
    callbacks = [
        keras.callbacks.LambdaCallback(on_train_batch_end=lambda *_, **__: None)
    ]
    options = {"epochs": 20, "patience": 3, "batch_size": BATCH} | options
    history = model.fit(
        x, y, rows=rows, callbacks=callbacks if by_keras else [], **options
    ).history
    return net.get_weights(), history, model.best_epoch


@pytest.mark.parametrize(
    "options",
    [
        {"falls": True, "patience": 20},
        {"starts_well": True, "other": -5},
        {"falls": True, "starts_well": True, "epochs": 11},
    ],
    ids=["falls", "start is best", "both"],
)
def test_stages_of_training_are_those_of_keras_loop(options):
    ours, history, best_epoch = staged(False, **options)
    theirs, expected, best_of_keras = staged(True, **options)
    for weight, other in zip(ours, theirs):
        assert_allclose(weight, other, rtol=1e-6, atol=1e-9)
    for name, values in expected.items():  # which Keras keeps in float32
        assert_allclose(history[name], values, rtol=1e-4)
    n_last = -(-options.get("epochs", 20) // 10)
    assert np.isnan(history["val_loss"]).sum() == n_last
    if "other" in options:  # no epoch was better, so that patience ran out at once
        assert len(history["loss"]) == 3 + n_last
        assert best_epoch == 0
    else:
        assert best_epoch == 1 + np.nanargmin(history["val_loss"])
    assert best_epoch == best_of_keras


def test_a_rate_that_falls_is_a_schedule_of_keras():
    arrays = data(n_rows=24)
    ours, theirs = network(), network()
    fit(ours, *arrays, learning_rate=0.1, optimizer="sgd", falls=True)
    schedule = keras.optimizers.schedules.PolynomialDecay(0.1, 4 * 24 // BATCH, 0.0)
    keras_fit(theirs, *arrays, optimizer=keras.optimizers.SGD(schedule))
    for weight, expected in zip(ours.get_weights(), theirs.get_weights()):
        assert_allclose(weight, expected, rtol=1e-6)


class Watch(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        total = float(sum(np.abs(w).sum() for w in self.model.get_weights()))
        self.seen.append((epoch, dict(logs), total, self.params["epochs"]))


def test_callbacks_see_what_keras_shows(programs):
    ours, theirs = Watch(), Watch()
    slower = lambda epoch, rate: rate * 0.5  # noqa: E731
    scheduled = lambda: keras.callbacks.LearningRateScheduler(slower)  # noqa: E731
    fit(network(), *data(), callbacks=[ours, scheduled()])
    keras_fit(network(), *data(), callbacks=[theirs, scheduled()])
    for (epoch, logs, total, epochs), expected in zip(ours.seen, theirs.seen):
        assert (epoch, epochs) == (expected[0], expected[3])
        assert_allclose(logs["loss"], expected[1]["loss"], rtol=1e-5)
        assert_allclose(total, expected[2], rtol=1e-10)
    assert len(ours.seen) == 4
    assert len(programs) == 1


def test_callbacks_stop_training():
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 1

    assert len(fit(network(), *data(), callbacks=[Stop()])["loss"]) == 2


def test_batch_level_callbacks_take_keras_loop(programs):
    batches = []
    callback = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: batches.append(batch)
    )
    ours, theirs = network(), network()
    by_keras = fit(ours, *data(), shuffle=True, seed=3, callbacks=[callback])
    assert batches == [0, 1, 2] * 4
    assert not programs
    compiled = fit(theirs, *data(), shuffle=True, seed=3)
    assert len(programs) == 1
    assert_allclose(by_keras["loss"], compiled["loss"], rtol=1e-5)
    for weight, expected in zip(ours.get_weights(), theirs.get_weights()):
        assert_allclose(weight, expected, rtol=1e-10, atol=1e-12)


class MeanOfBatch(layers.Layer):
    """A layer of a user that reads the other rows of a batch."""

    def call(self, x):
        return x - keras.ops.mean(x, axis=0)


def looks_at_the_batch(kind, dtype):
    if kind == "batch norm":
        return network(kind, dtype)

    def dense(units, **options):
        options |= {"kernel_initializer": keras.initializers.GlorotUniform(units)}
        return layers.Dense(units, use_bias=False, dtype=dtype, **options)

    inputs = keras.Input((TIMESTEPS, CHANNELS), dtype=dtype)
    regularizer = keras.regularizers.L2(0.1) if kind == "activity" else None
    x = layers.Flatten(dtype=dtype)(inputs)
    x = dense(3, activity_regularizer=regularizer)(x)
    if kind == "own":
        x = MeanOfBatch(dtype=dtype)(x)
    return keras.Model(inputs, dense(1)(x))


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize(
    "kind, dtype, n_rows",
    [
        ("batch norm", "float64", N_ROWS),
        ("batch norm", "float64", 5),
        ("activity", "float32", N_ROWS),
        ("own", "float64", 2 * BATCH),
    ],
)
def test_layers_that_look_at_the_batch_do_not_see_rows_that_fill_it_up(
    kind, dtype, n_rows, jit, programs
):
    x, y, weight = data(dtype, n_rows)
    if kind == "batch norm":  # whose statistics Keras does not weigh
        weight = np.full_like(weight, 2)
    assert_same_training(
        lambda: looks_at_the_batch(kind, dtype),
        (x, y, weight),
        jit=jit,
        tol=1e-10 if dtype == "float64" else 1e-5,
        validation_data=data(dtype, 11),
    )
    assert len(programs) == 1


def test_statistics_of_a_batch_weigh_rows():
    x, y, weight = data(n_rows=6)
    twice = np.arange(6) < 2
    weighted, repeated = network("batch norm"), network("batch norm")
    fit(weighted, x, y, 1.0 + twice)
    rows = np.repeat(np.arange(6), 1 + twice)
    fit(repeated, x[rows], y[rows], np.ones(len(rows)))
    for weight, expected in zip(weighted.get_weights(), repeated.get_weights()):
        assert_allclose(weight, expected, rtol=1e-10, atol=1e-12)


def test_the_best_weights_have_their_statistics():
    arrays, held_out = data(), data(n_rows=11)
    expected = network("batch norm")
    losses = fit(expected, *arrays, validation_data=held_out, epochs=9)["val_loss"]
    best = int(np.argmin(losses))
    ours, upto_best = network("batch norm"), network("batch norm")
    fit(ours, *arrays, validation_data=held_out, epochs=9, patience=9)
    fit(upto_best, *arrays, validation_data=held_out, epochs=best + 1)
    for weight, expected in zip(ours.get_weights(), upto_best.get_weights()):
        assert_array_equal(weight, expected)


def weights_after(seed, n_rows=N_ROWS, kind="dropout", jit=False):
    net = network(kind, seed=seed)
    fit(net, *data(n_rows=n_rows), shuffle=True, seed=seed, jit=jit)
    return np.concatenate([w.ravel() for w in net.get_weights()])


def test_same_seed_same_bits_from_new_and_used_programs(programs):
    first = weights_after(0)
    weights_after(1, n_rows=30)
    assert_array_equal(weights_after(0), first)
    assert (weights_after(1) != first).any()
    assert len(programs) == 1


def test_same_bits_in_threads(programs):
    jobs = [(seed, n) for seed in (0, 1) for n in (9, 17, 21, 30)]
    alone = [weights_after(*job) for job in jobs]
    together = [None] * len(jobs)

    def work(i):
        together[i] = weights_after(*jobs[i])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert_array_equal(together, alone)
    assert len({id(program.run.graph) for program in programs}) == 1


@pytest.mark.parametrize("jit", [False, True])
def test_fits_inside_each_other_share_what_is_compiled(jit, programs):
    apart = weights_after(0, jit=jit), weights_after(1, jit=jit)
    inside = []
    callback = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: inside.append(weights_after(1, jit=jit))
    )
    net = network("dropout", seed=0)
    fit(net, *data(), shuffle=True, seed=0, jit=jit, callbacks=[callback])
    outside = np.concatenate([w.ravel() for w in net.get_weights()])
    assert_array_equal([outside, *inside], [apart[0]] + 4 * [apart[1]])
    first, second = programs
    assert first.run.graph is second.run.graph


def test_fits_inside_each_other_stop_early_each_by_itself(programs):
    x, y, weight = data(n_rows=16)
    rest = {"validation_data": (x[:5], -y[:5], weight[:5]), "patience": 2, "epochs": 9}
    schedule = keras.optimizers.schedules.ExponentialDecay(0.05, 2, 0.9)
    rest |= {"optimizer": keras.optimizers.Adam(schedule), "learning_rate": None}

    def train(seed, **more):
        net = network(seed=seed)
        history = fit(net, x, y, **rest, **more)
        return [*history["val_loss"], *net.get_weights()[0].ravel()]

    apart, inside = [train(0), train(1)], []
    callback = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: inside.append(train(1))
    )
    assert_array_equal(train(0, callbacks=[callback]), apart[0])
    for result in inside:
        assert_array_equal(result, apart[1])
    assert len(programs) == 2


def test_user_functions_are_not_pooled(programs):
    for scale in (1.0, 2.0):
        fit(network(), *data(), loss=lambda t, p, s=scale: s * absolute(t, p))
    assert len(programs) == 2
    assert not _program._pool


def test_pool_is_bounded(monkeypatch, programs):
    monkeypatch.setattr(_program, "IDLE_PROGRAMS", 2)
    for batch_size in (2, 3, 4):
        fit(network(), *data(), batch_size=batch_size, epochs=1)
    assert len(_program._pool) == 2


def test_training_goes_on_from_an_optimizer_state():
    whole, parts = network(), network()
    fit(whole, *data(), epochs=5)
    state = None
    for epochs in (2, 3):
        model = trainable(
            parts, optimizer="adam", learning_rate=0.01, loss="mse", jit_compile=False
        )
        x, y, weight = data()
        model.fit(
            x, y, rows=sets(x, y, weight), epochs=epochs, batch_size=BATCH,
            shuffle=False, optimizer_state=state,
        )  # fmt: skip
        state = model.optimizer_state
    for weight, expected in zip(parts.get_weights(), whole.get_weights()):
        assert_array_equal(weight, expected)


@pytest.mark.parametrize("callbacks", [(), (keras.callbacks.TerminateOnNaN(),)])
def test_divergence_is_an_error_and_leaves_the_weights(callbacks):
    net = network()
    before = net.get_weights()
    x, y, _ = data()
    with (
        np.errstate(all="ignore"),
        pytest.raises(ValueError, match=r"diverged in epoch \d+.*learning_rate"),
    ):
        fit(net, x, y * 1e200, optimizer="sgd", learning_rate=1e9, epochs=50,
            callbacks=callbacks)  # fmt: skip
    for weight, expected in zip(net.get_weights(), before):
        assert_array_equal(weight, expected)
    assert np.isfinite(fit(net, x, y)["loss"]).all()


def test_an_interrupt_leaves_the_pool_sound(programs):
    expected = weights_after(0)
    interrupt = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        fit(network("dropout"), *data(), callbacks=[interrupt])
    assert_array_equal(weights_after(0), expected)
    assert len(programs) == 1


def test_overlapping_windows_train_as_their_copy():
    series = np.random.default_rng(0).normal(size=(40, CHANNELS))
    view = sliding_window_view(series, TIMESTEPS, axis=0).transpose(0, 2, 1)
    y = series[: len(view), :1]
    ours, theirs = network(), network()
    fit(ours, view, y)
    fit(theirs, view.copy(), y)
    for weight, expected in zip(ours.get_weights(), theirs.get_weights()):
        assert_array_equal(weight, expected)


def test_progress_is_one_line(capsys):
    fit(network(), *data(), verbose=1)
    out = capsys.readouterr().out
    assert out.endswith("\n") and out.count("\n") == 1 and "\x1b" not in out
    assert "Epoch 4/4 - loss: " in out


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", KINDS)
def test_predictions_are_the_network_s_whatever_the_company(kind, dtype):
    net = network(kind, dtype, units=2)
    x, _, _ = data(dtype, n_rows=2100)  # more than are predicted at once
    everything = predict(net, [x])
    expected = keras.ops.convert_to_numpy(net(x))
    assert everything.dtype == dtype
    assert_allclose(everything, expected, rtol=1e-4, atol=1e-6)
    for rows in (slice(0, 1), slice(2045, 2055), slice(2099, None, -7)):
        assert_array_equal(predict(net, [x[rows]]), everything[rows])


@pytest.mark.parametrize("jit", [False, True])
def test_predictions_follow_the_weights(jit):
    x, _, _ = data()
    nets = network(seed=0), network(seed=1)
    for _ in range(2):
        for net in nets:
            expected = keras.ops.convert_to_numpy(net(x))
            assert_allclose(predict(net, [x], jit), expected, rtol=1e-10)
        nets[0].set_weights([w * 2 for w in nets[0].get_weights()])


def test_predictions_follow_weights_that_a_layer_got_later():
    x, _, _ = data()
    net = network()
    predict(net, [x])
    hidden = net.get_layer("layer_1")
    hidden.enable_lora(1)
    hidden.lora_kernel_b.assign(np.ones(hidden.lora_kernel_b.shape))
    assert_allclose(predict(net, [x]), keras.ops.convert_to_numpy(net(x)), rtol=1e-10)


def test_predictions_under_a_tape_and_a_strategy():
    x, _, _ = data()
    net = network(seed=0)
    expected = predict(net, [x])
    _program._forwards.clear()  # others came; what was traced is another's
    with tf.GradientTape():
        assert_array_equal(predict(net, [x]), expected)
    with tf.distribute.MirroredStrategy(["cpu:0"]).scope():
        net = network(seed=0)
        assert_allclose(predict(net, [x]), expected, rtol=1e-10)


def test_a_new_process_trains_to_the_same_bits_and_is_quiet():
    code = (
        "import hashlib, sys; sys.path.insert(0, sys.argv[1]);"
        "import test_training as t;"
        "print(hashlib.sha256(t.weights_after(5).tobytes()).hexdigest())"
    )
    folder = __file__.rsplit("/", 1)[0]
    run = subprocess.run(
        [sys.executable, "-c", "import skts._training;" + code, folder],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stderr == ""
    digest = hashlib.sha256(weights_after(5).tobytes()).hexdigest()
    assert run.stdout.strip() == digest


def test_trainable_shares_the_layers_of_the_network():
    net = network()
    model = trainable(
        net, optimizer="adam", learning_rate=0.01, loss="mse", jit_compile="auto"
    )
    assert isinstance(model, Trainable)
    assert model.trainable_variables[0] is net.trainable_variables[0]


@pytest.mark.parametrize(
    "layer, least", [(layers.Flatten, 1000), (lambda: layers.LSTM(3), 200)]
)
def test_xla_compiles_where_the_work_ahead_is_worth_it(layer, least):
    windows = keras.Input((6, 1))
    model = trainable(
        keras.Model(windows, layers.Dense(1)(layer()(windows))),
        optimizer="adam",
        learning_rate=None,
        loss="mse",
        jit_compile="auto",
    )
    arrays = [np.zeros((64, 6, 1))], np.zeros((64, 1)), np.ones(64)
    rows = _program.Rows([arrays], 32)  # two batches
    assert not _program._uses_xla(model, rows, least // 2 - 1)
    assert _program._uses_xla(model, rows, least // 2)
