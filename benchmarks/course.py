"""The networks of the course: what Keras answers, what ours answer, and how fast.

The blocks of docs/course.md are run as they stand, from one seed. Seconds are those of
the processor, with one thread, after TensorFlow is loaded; ours compile in them.
Usage: course.py
"""

import ast
import doctest
import os
import re
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("SKTS_XLA_CACHE", "0")  # nothing is compiled beforehand
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")

import keras
import numpy as np

PAGE = Path(__file__).parents[1] / "docs" / "course.md"
LESSON = re.compile(r"^## (Lesson .*?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```(python|pycon)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def last_value(source, names):
    """Run code; return the value of its last line, and the seconds it took."""
    tree = ast.parse(source)
    *lines, last = tree.body
    start = time.process_time()
    exec(compile(ast.Module(lines, []), str(PAGE), "exec"), names)
    value = None
    if isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), str(PAGE), "eval"), names)
    else:
        exec(compile(ast.Module([last], []), str(PAGE), "exec"), names)
    return value, time.process_time() - start


def shown(value):
    return ", ".join(f"{number:.1f}" for number in np.ravel(value))


def main():
    print(
        f"{'':36}{'Keras answers':>16}{'seconds':>9}{'skts answers':>16}{'seconds':>9}"
    )
    names = {}
    for title, text in LESSON.findall(PAGE.read_text()):
        row = []
        for kind, source in BLOCK.findall(text):
            if kind == "pycon":
                examples = doctest.DocTestParser().get_examples(source)
                source = "".join(example.source for example in examples)
            keras.utils.set_random_seed(0)
            value, seconds = last_value(source, names)
            row.append((value, seconds))
        if "network" in names:  # lesson 2 has none
            row = [f"{shown(value):>16}{seconds:9.1f}" for value, seconds in row]
            print(f"{title:36}" + "".join(row), flush=True)


if __name__ == "__main__":
    main()
