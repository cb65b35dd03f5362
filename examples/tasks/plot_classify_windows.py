"""
Classifying windows
===================

Can the networks tell classes as well as numbers? Handwritten digits of 8 by 8 pixels,
read from top to bottom, are windows of eight timesteps and eight channels.

It needs ``pip install '.[plot]'``.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split

from skts import CNNClassifier, LSTMClassifier, MLPClassifier

# %%
# Each digit is a window of its own, so that a random split is right here.

digits = load_digits()
windows = digits.images
print("rows, timesteps, channels:", windows.shape)
X_train, X_test, y_train, y_test = train_test_split(
    windows, digits.target, stratify=digits.target, random_state=0
)

# %%
# The networks see which pixels are in a row; to the forest, each of the 64 is a column.
# It has a few more digits right than they have.

forest = RandomForestClassifier(random_state=0).fit(X_train.reshape(-1, 64), y_train)
score = forest.score(X_test.reshape(-1, 64), y_test)
print(f"{'RandomForestClassifier':24} {score:.3f}")
for network in (MLPClassifier, CNNClassifier, LSTMClassifier):
    model = network(epochs=40, random_state=0).fit(X_train, y_train)
    print(f"{network.__name__:24} {model.score(X_test, y_test):.3f}")

# %%
# What the last of them mixes up.

ConfusionMatrixDisplay.from_estimator(model, X_test, y_test, colorbar=False)
plt.show()
