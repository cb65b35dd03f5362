"""What is compiled: the loop that trains and the one that predicts, and their pool.

Training runs as one program: the loop over batches, the gradients and the optimizer.
Which rows make up the batches is data that the host streams in, so that one program
serves fits of any length. Programs are kept, and lent again to fits of the same shape.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import json
import math
import threading
import time
import weakref

import numpy as np

from ._disk_cache import start_anew
from ._engine import keras, tf
from ._fast_layers import convolves_much, for_graph, for_xla, weight_of_rows
from ._optimizers import Updates, give_state, has_constant_rate, state_of
from ._seeds import run_seeded

XLA_MIN_BATCHES = 200  # that are trained on
XLA_MIN_FLAT_BATCHES = 1000  # where no layer knows timesteps
XLA_MAX_TIMESTEPS = 2**14  # of all rows of a batch
CHUNK_SECONDS = 0.5  # at most, between two looks at Ctrl-C and the progress line
CHUNK_BATCHES = 1024
CHUNK_ELEMENTS = 2**20  # of windows that are gathered at once
IDLE_PROGRAMS = 16  # that are kept
BLOCK_BYTES = 128  # of a feature of the rows predicted at once: 32 or 16 rows


def _compiles(model, callbacks):
    """Whether the compiled program can stand in for Keras' own loop.

    It returns to Python only between epochs.
    """
    epoch_level = {"on_train_begin", "on_train_end", "on_epoch_begin", "on_epoch_end"}
    hooks = {h for h in dir(keras.callbacks.Callback) if h.startswith("on_")}
    return (
        not tf.distribute.has_strategy()
        and model.row_metrics is not None
        and not isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
        and all(
            getattr(getattr(callback, hook), "_is_default", False)
            for callback in callbacks
            for hook in hooks - epoch_level
        )
    )


def sees_batches(model):
    """Whether what a network makes of a row may depend on the others of its batch."""
    return any(
        layer.activity_regularizer
        or not _is_keras(type(layer).__module__)
        or (layer.trainable and layer.non_trainable_weights)  # not what is frozen
        for layer in model.layers
    )


def _is_keras(module):
    """Tell whether configurations tell all of what a module holds: Keras' and ours."""
    return module.split(".")[0] in ("keras", "skts")


def _uses_xla(model, rows, n_epochs):
    """Whether XLA compiles the program, which takes it one to three seconds.

    It saves the tenths of a millisecond to milliseconds that TensorFlow spends on
    starting the operations of a batch, in this fit and in those that follow. In large
    batches arithmetic rules, and TensorFlow's kernels are as fast or faster.
    """
    if model.requested_jit != "auto":
        return model.requested_jit
    timesteps = rows.sets[0][0][0].shape[1]
    n_least = XLA_MIN_FLAT_BATCHES if _is_flat(model) else XLA_MIN_BATCHES
    return (
        rows.n_batches[0] * n_epochs >= n_least
        and rows.size * timesteps <= XLA_MAX_TIMESTEPS
        and not convolves_much(model, rows.size)
    )


def _is_flat(network):
    """Tell whether layers read rows of numbers, and leave timesteps to `Flatten`."""
    return not any(
        isinstance(layer, keras.Model)
        or any(len(x.shape) > 2 for x in keras.tree.flatten(layer.input))
        for layer in network.layers
        if not isinstance(layer, keras.layers.InputLayer | keras.layers.Flatten)
    )


# The rows of batches ----------------------------------------------------------------


class Rows:
    """Rows to train and, if any, to validate on, and the batches they make.

    Each set is a list of inputs, targets and weights. Every batch has `size` rows;
    those that fill up the last one weigh nothing. Where batches are `exact`, the rows
    that fill up are there for the shape only: the program cuts them off.
    """

    def __init__(self, sets, batch_size, exact=False, size=None):
        self.sets = sets
        self.batch_size = batch_size
        self.n_rows = [len(y) for _, y, _ in self.sets]
        needed = max(self.n_rows) if exact else 1 << (self.n_rows[0] - 1).bit_length()
        self.size = size or min(batch_size, needed)
        # Of the last batch of each set, where the program must know.
        self.n_last = [n % self.size for n in self.n_rows if exact]
        self.n_batches = [-(-n // self.size) for n in self.n_rows]
        self.per_epoch = sum(self.n_batches)

    def arrays(self):
        """Return inputs, targets and weights to train on, one list of arrays."""
        inputs, y, weight = self.sets[0]
        return [*inputs, y, weight]

    def gather(self, orders, rates, first, n_batches, buffers):
        """Copy batches of epochs with these `orders`, beginning with the `first`.

        `rates` are the learning rates of the batches that are trained on.
        """
        epoch, position = np.divmod(np.arange(first, first + n_batches), self.per_epoch)
        trains = position < self.n_batches[0]
        *inputs_out, y_out, weight_out, rates_out, trains_out, ends_out = buffers
        for (inputs, y, weight), n_rows, is_train in zip(
            self.sets, self.n_rows, (True, False)
        ):
            batches = np.flatnonzero(trains == is_train)
            batch = position[batches] - (0 if is_train else self.n_batches[0])
            rows = batch[:, np.newaxis] * self.size + np.arange(self.size)
            fills_up = rows >= n_rows
            rows[fills_up] = 0
            if is_train:
                rows = orders[epoch[batches, np.newaxis], rows]
                rates_out[batches] = rates[epoch[batches], batch]
            for x_out, x in zip(inputs_out, inputs):
                x_out[batches] = x[rows]
            y_out[batches] = y[rows]
            weight_out[batches] = np.where(fills_up, 0, weight[rows])
        trains_out[:n_batches] = trains
        ends_out[:n_batches] = position == self.per_epoch - 1

    def epoch_logs(self, batches):
        """Return the loss and metrics of whole epochs from what batches say.

        Of a batch that is its loss, the weighted sum of each metric and the sum of the
        weights. The columns of the result are those of the one set, then of the other.
        """
        columns = []
        per_set = np.split(
            batches.reshape(-1, self.per_epoch, batches.shape[1]),
            [self.n_batches[0]],
            axis=1,
        )
        for n_rows, of_batches in zip(self.n_rows, per_set):
            sizes = np.full(of_batches.shape[1], self.size)
            sizes[-1] -= self.size * len(sizes) - n_rows
            columns.append((of_batches[..., 0] * sizes).sum(axis=1) / n_rows)
            sums = of_batches[..., 1:].sum(axis=1)
            columns += list((sums[:, :-1] / sums[:, -1:]).T)
        return np.stack(columns, axis=1)


# The program ------------------------------------------------------------------------


class Program:
    """A compiled training loop, whose variables each fit loads and reads back.

    The loop of a `twin`, a program of the same shape, is not compiled once more.
    """

    def __init__(self, model, rows, xla, pooled, twin=None):
        network = keras.Model(model.input, model.output)  # not compiled
        self.network = _copy_of(network, xla) if pooled else network
        self.updates = Updates(model.optimizer, self.network.trainable_variables)
        self.optimizer = self.updates.optimizer
        statistics = self.network.non_trainable_weights
        self.kept = [*self.updates.variables, *statistics]
        self.n_last = rows.n_last
        self.is_xla = xla
        self.initial_state = self.state()
        self.loss = model.loss
        self.metrics = [metric for _, metric in model.row_metrics]
        arrays = rows.arrays()
        self.validates = len(rows.sets) == 2
        zero = np.zeros((), arrays[-1].dtype)
        self.best_weights = [tf.Variable(w.value) for w in self.kept]
        self.best, self.total, self.waited = (tf.Variable(zero) for _ in range(3))
        self.variables = [
            *_variables(self.network),
            *(v.value for v in self.updates.variables),
            *(v.value for v in self.optimizer.variables),
            *(*self.best_weights, self.best, self.total, self.waited),
        ]
        elements = rows.size * sum(math.prod(array.shape[1:]) for array in arrays[:-2])
        self.capacity = max(1, min(CHUNK_BATCHES, CHUNK_ELEMENTS // elements))
        self.n_next = min(16, self.capacity)
        lead = self.capacity, rows.size
        self.buffers = [np.zeros((*lead, *a.shape[1:]), a.dtype) for a in arrays]
        self.buffers += [
            np.zeros(self.capacity, dtype) for dtype in (np.float32, bool, bool)
        ]
        if twin:
            self.run = _on_variables(twin.run, twin.variables, self.variables)
            return
        scalar = tf.TensorSpec((), tf.int32)
        signature = [scalar, scalar]
        signature += [tf.TensorSpec(b.shape, b.dtype) for b in self.buffers]
        run = tf.function(self._run, signature, autograph=False, jit_compile=xla)
        self.run = run.get_concrete_function()

    def compile(self):
        """Have XLA compile the program by training on no batch."""
        self.run(tf.constant(0), tf.constant(0), *map(tf.constant, self.buffers))

    def _run(self, n_batches, patience, *buffers):
        """Train on batches; return how many, whether to go on, and what they say."""
        *arrays, rates, trains, ends = buffers
        dtype = arrays[-1].dtype

        def step(k, go_on, losses):
            batch = [array[k] for array in arrays]
            train = self._cut(functools.partial(self._train, rates[k]), 0, batch)
            if not self.validates:
                values = train()
            else:
                validate = self._cut(self._validate, 1, batch)
                values = tf.cond(trains[k], train, validate)
                go_on = tf.cond(ends[k], lambda: self._judge(patience), lambda: True)
            go_on &= tf.math.is_finite(values[0])
            return k + 1, go_on, losses.write(k, values)

        n_values = len(self.metrics) + 2
        losses = tf.TensorArray(dtype, self.capacity, element_shape=(n_values,))
        n_done, go_on, losses = tf.while_loop(
            lambda k, go_on, _: (k < n_batches) & go_on,
            step,
            (0, True, losses),
            parallel_iterations=1,
        )
        return n_done, go_on, losses.stack()

    def _cut(self, function, i, batch):
        """Return `function` of a batch, cut to its rows if last of set `i`."""
        whole = functools.partial(function, *batch)
        if not any(self.n_last[i : i + 1]):
            return whole
        part = functools.partial(
            function, *(array[: self.n_last[i]] for array in batch)
        )
        is_whole = batch[-1][-1] > 0  # by its weights
        return functools.partial(tf.cond, is_whole, whole, part)

    def _train(self, rate, *batch):
        if has_constant_rate(self.optimizer):
            self.optimizer.learning_rate.assign(rate)
        with tf.GradientTape() as tape:
            loss, outputs = self._loss(*batch, training=True)
            scaled = self.optimizer.scale_loss(loss)
        self.updates.apply(tape.gradient(scaled, self.updates.weights))
        return self._values(loss, outputs, *batch[-2:])

    def _validate(self, *batch):
        loss, outputs = self._loss(*batch, training=False)
        n_rows = tf.math.count_nonzero(batch[-1])
        self.total.assign_add(loss * tf.cast(n_rows, loss.dtype))
        return self._values(loss, outputs, *batch[-2:])

    def _loss(self, *batch, training):
        *inputs, y, weight = batch
        of_rows = weight_of_rows.set(weight)
        try:
            outputs = _call(self.network, inputs, training)
        finally:
            weight_of_rows.reset(of_rows)
        loss = tf.add_n([self.loss(y, outputs, weight), *self.network.losses])
        return loss, outputs

    def _values(self, loss, outputs, y, weight):
        """Return the loss, the weighted sums of metrics and that of the weights."""
        sums = []
        for metric in self.metrics:
            values = tf.cast(metric(y, outputs), loss.dtype)
            of_rows = tf.reduce_mean(values, axis=list(range(1, len(values.shape))))
            sums.append(tf.reduce_sum(weight * of_rows))
        return tf.stack([loss, *sums, tf.reduce_sum(weight)])

    def _judge(self, patience):
        """End an epoch: keep the best weights; return False to stop."""
        better = self.total < self.best
        for kept, weight in zip(self.best_weights, self.kept):
            kept.assign(tf.where(better, weight.value, kept))
        self.best.assign(tf.minimum(self.best, self.total))
        self.waited.assign(
            tf.where(better, tf.zeros_like(self.waited), self.waited + 1)
        )
        self.total.assign(tf.zeros_like(self.total))
        return better | (self.waited < tf.cast(patience, self.waited.dtype))

    def train(self, rows, orders, rates, patience):
        """Train epochs; yield the logs of those just finished, and whether to go on.

        An epoch in which training diverged has a loss that is not finite.
        """
        n_batches = len(orders) * rows.per_epoch
        said = np.full((n_batches, len(self.metrics) + 2), np.nan)
        told = 0
        for done, new, go_on in self._batches(rows, orders, rates, patience):
            said[done - len(new) : done] = new
            upto = done // rows.per_epoch if go_on else -(-done // rows.per_epoch)
            finished = said[told * rows.per_epoch : upto * rows.per_epoch]
            yield rows.epoch_logs(finished), go_on
            told = upto

    def judge(self, rows):
        """Judge the weights before any training: they are the best so far."""
        nothing = np.zeros((1, 0), int)
        for _ in self._batches(rows, nothing, nothing, None, done=rows.n_batches[0]):
            pass

    def _batches(self, rows, orders, rates, patience, done=0):
        """Go through batches; yield how many are done, what they say, whether on."""
        patience = tf.constant(2**30 if patience is None else patience)
        n_batches = len(orders) * rows.per_epoch
        go_on = True
        while done < n_batches and go_on:
            n_next = min(self.n_next, n_batches - done)
            rows.gather(orders, rates, done, n_next, self.buffers)
            start = time.perf_counter()
            n_done, go_on, values = self.run(
                tf.constant(n_next), patience, *map(tf.constant, self.buffers)
            )
            n_done, go_on = int(n_done), bool(go_on)
            self._pace(time.perf_counter() - start)
            done += n_done
            yield done, values[:n_done], go_on

    def _pace(self, seconds):
        """Let the next chunk take so many batches that it lasts its time."""
        if seconds < CHUNK_SECONDS / 4:
            self.n_next = min(4 * self.n_next, self.capacity)
        elif seconds > CHUNK_SECONDS:
            self.n_next = max(1, self.n_next // 2)

    def load(self, model, state):
        """Begin a fit with the weights and seeds of `model`."""
        _copy(model.variables, self.network.variables)
        self.updates.gather()
        give_state(self.optimizer, self.initial_state if state is None else state)
        self.best.assign(np.inf)
        self.total.assign(0)
        self.waited.assign(0)

    def take_weights(self, model):
        """Take the weights of `model`, which a callback may have changed."""
        _copy(model.weights, self.network.weights)
        self.updates.gather()

    def finish(self, patience):
        """End a fit: settle on the weights."""
        self.updates.finish()
        if patience is not None:
            for weight, best in zip(self.kept, self.best_weights):
                weight.assign(best)
            self.updates.spread()

    def store(self, model):
        """Give `model` the weights and seeds."""
        _copy(self.network.variables, model.variables)
        _copy(self.optimizer.variables[:1], model.optimizer.variables[:1])  # iterations

    def state(self):
        """Return the state of the optimizer."""
        return state_of(self.optimizer)


def _call(network, inputs, training):
    """Call a network on a list of inputs, in the structure that it has."""
    return network(inputs if len(inputs) > 1 else inputs[0], training=training)


def _copy_of(network, xla):
    """Return a copy of `network` in layers that are quick in a compiled program."""
    copy_layer = for_xla if xla else for_graph
    clone = functools.partial(
        keras.models.clone_model, network, clone_function=copy_layer
    )
    # Seeds and weights are data: none are drawn from what the user's code draws from.
    return run_seeded(clone, 0, network.inputs[0].dtype)


def _variables(network):
    return [variable.value for variable in network.variables]


def _on_variables(function, theirs, ours):
    """Return a traced function that works on `ours`, where `function` does on `theirs`.

    Nothing is traced or compiled anew.
    """
    own = {id(v.handle): w.handle for v, w in zip(theirs, ours)}
    captures = [own.get(id(capture), capture) for capture in function.captured_inputs]
    traced_on = getattr(function, "traced_on", theirs)
    function = copy.copy(function)
    function.set_external_captures(captures)
    function.traced_on = traced_on  # TensorFlow looks at them under a GradientTape
    return function


def _copy(sources, targets):
    for source, target in zip(sources, targets):
        if source is not target:
            target.assign(source.value)


_tracing = threading.RLock()
_pool: list[tuple[str, Program]] = []
_pool_lock = threading.Lock()
_latest: weakref.WeakValueDictionary[str, Program] = weakref.WeakValueDictionary()


@contextlib.contextmanager
def lend(model, rows, n_epochs, callbacks):
    """Lend a program of the right shape to one fit alone; None if none can do it."""
    if not _compiles(model, callbacks):
        yield None
        return
    xla = _uses_xla(model, rows, n_epochs)
    key = _shape(model, rows, xla)
    program = _take(key) or _make(model, rows, xla, key)
    try:
        yield program
    finally:
        if program is not None and key is not None:
            with _pool_lock:
                _pool.append((key, program))
                del _pool[:-IDLE_PROGRAMS]


def _make(model, rows, xla, key):
    """Return a new program; None if TensorFlow cannot compile it."""
    pooled = key is not None

    def make(xla):
        with _tracing:
            program = Program(model, rows, xla, pooled, _latest.get(key))
            if pooled:
                _latest[key] = program
        try:
            program.compile()
        except tf.errors.OpError:
            _latest.pop(key, None)  # others would share what failed
            raise
        return program

    try:
        return _compiled(make, xla)
    except (tf.errors.OpError, tf.errors.OperatorNotAllowedInGraphError):
        return None


def _compiled(make, xla):
    """Return ``make(xla)``; where XLA fails, also without its files, without XLA."""
    try:
        return make(xla)
    except tf.errors.OpError as error:
        if not xla:
            raise
        of_network = tf.errors.InvalidArgumentError, tf.errors.UnimplementedError
        if not isinstance(error, of_network) and start_anew():
            with contextlib.suppress(tf.errors.OpError):
                return make(xla)
        return make(False)


def _take(key):
    with _pool_lock:
        for i in reversed(range(len(_pool))):
            if _pool[i][0] == key:
                return _pool.pop(i)[1]
    return None


def _shape(model, rows, xla):
    """Return what shapes the program of a fit; None if a user's code might."""
    loss = model.loss.loss
    if isinstance(loss, keras.losses.Loss):
        loss = keras.saving.serialize_keras_object(loss)
    elif _is_keras(loss.__module__):
        loss = loss.__name__
    else:
        return None
    functions = [function.func for _, function in model.row_metrics]
    if not all(_is_keras(f.__module__) for f in functions):
        return None
    metrics = [[f.func.__name__, f.keywords] for _, f in model.row_metrics]
    network = _config(model)
    optimizer = keras.saving.serialize_keras_object(model.optimizer)
    del optimizer["config"]["name"]
    if network is None or not all(map(_is_of_keras, [optimizer, loss])):
        return None
    configs = [network, optimizer, loss, metrics]
    arrays = [(array.shape[1:], array.dtype.str) for array in rows.arrays()]
    configs = _without_values(configs)
    shape = rows.size, rows.n_last, len(rows.sets)
    return _text([configs, arrays, shape, xla, model.loss.has_gaps])


def _text(values):
    return json.dumps(values, default=lambda scalar: scalar.item())  # NumPy's


def _config(network):
    """Return what makes `network`; None if code of a user is part of it."""
    names = "activation", "recurrent_activation"
    functions = [
        getattr(layer, name, None) for layer in network.layers for name in names
    ]
    for f in filter(None, functions):
        # Of a function, only its name is written down, which may be one of Keras.
        if isinstance(f, keras.layers.Layer) or not _is_keras(f.__module__):
            return None
    config = network.get_config()
    del config["name"]
    return config if _is_of_keras(config) else None


def _is_of_keras(config):
    if isinstance(config, dict):
        module = config.get("module") or "keras"
        return (
            (module == "builtins" or _is_keras(module))
            and config.get("class_name") not in ("function", "__lambda__")
            and all(map(_is_of_keras, config.values()))
        )
    return not isinstance(config, list) or all(map(_is_of_keras, config))


def _without_values(config):
    """Drop from a configuration what a fit brings as data: seeds, rates, weights."""
    if isinstance(config, dict):
        return {
            key: _without_values(value)
            for key, value in config.items()
            if key not in ("seed", "build_config")
            and not key.endswith("_initializer")
            and not (key == "learning_rate" and isinstance(value, float))
        }
    return [_without_values(v) for v in config] if isinstance(config, list) else config


# Predictions ------------------------------------------------------------------------


def predict(network, inputs, xla=True):
    """Return the outputs of `network` for its inputs, a list of arrays of rows.

    Blocks of a fixed number of rows give a row the same bits in any company.
    """
    if tf.distribute.has_strategy():
        rows = [tf.constant(x[:]) for x in inputs]
        return _call(network, rows, training=False).numpy()
    forward = _forward(network, xla)
    _, *specs = forward.inputs[: 1 + len(inputs)]
    n_blocks, n_rows, *_ = specs[0].shape
    at_once = n_blocks * n_rows
    outputs = np.empty((len(inputs[0]), *network.output_shape[1:]), inputs[0].dtype)
    for start in range(0, len(outputs), at_once):
        part = slice(start, start + at_once)
        arrays = []
        for x, spec in zip(inputs, specs):
            blocks = np.zeros(spec.shape, spec.dtype.as_numpy_dtype)
            rows = x[part]
            blocks.reshape(-1, *x.shape[1:])[: len(rows)] = rows
            arrays.append(tf.constant(blocks))
        y = forward(tf.constant(-(-len(rows) // n_rows)), *arrays).numpy()
        outputs[part] = y.reshape(-1, *y.shape[2:])[: len(rows)]
    return outputs


_forwards: dict[str, tuple] = {}
_forward_of: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


def _forward(network, xla):
    """Return the compiled `network`, a function of blocks of rows."""
    variables = _variables(network)
    forward, known = _forward_of.setdefault(network, {}).get(xla, (None, []))
    if list(map(id, known)) != list(map(id, variables)):  # new, or quantized since
        with _tracing:
            shared, theirs = _shared_forward(network, xla)
        forward = _on_variables(shared, theirs, variables)
        _forward_of[network][xla] = forward, variables
    return forward


def _shared_forward(network, xla):
    """Return the function of all networks with the layers of `network`, and on what."""
    config = _config(network)
    if config is None:
        return _trace(network), _variables(network)
    xla = xla and not convolves_much(network, _rows_at_once(network))
    key = _text([_without_values(config), xla])
    forward = _forwards.pop(key, None) or _trace_copy(network, xla)
    _forwards[key] = forward  # now the latest
    while len(_forwards) > IDLE_PROGRAMS:
        del _forwards[next(iter(_forwards))]
    return forward


def _trace_copy(network, xla):
    def make(xla):
        layers = _copy_of(network, xla)
        return _trace(layers, xla), _variables(layers)

    return _compiled(make, xla)


def _rows_at_once(network):
    return BLOCK_BYTES // tf.as_dtype(network.inputs[0].dtype).size


def _trace(network, xla=False):
    output = network.outputs[0]
    n_rows = _rows_at_once(network)
    n_elements = n_rows * sum(math.prod(x.shape[1:]) for x in network.inputs)
    capacity = max(1, min(64, 2**16 // n_elements))

    def forward(n_blocks, *inputs):
        def step(k, outputs):
            y = _call(network, [blocks[k] for blocks in inputs], training=False)
            return k + 1, outputs.write(k, y)

        shape = n_rows, *output.shape[1:]
        outputs = tf.TensorArray(output.dtype, capacity, element_shape=shape)
        _, outputs = tf.while_loop(
            lambda k, _: k < n_blocks, step, (0, outputs), parallel_iterations=1
        )
        return outputs.stack()

    specs = [
        tf.TensorSpec((capacity, n_rows, *x.shape[1:]), x.dtype) for x in network.inputs
    ]
    signature = [tf.TensorSpec((), tf.int32), *specs]
    function = tf.function(forward, signature, autograph=False, jit_compile=xla)
    program = function.get_concrete_function()
    program(tf.constant(0), *(tf.zeros(s.shape, s.dtype) for s in specs))  # compiles it
    return program
