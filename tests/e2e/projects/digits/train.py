"""Recognises handwritten digits: linear classifier by partial_fit, joblib checkpoints, MLflow."""

import json
import os
import pathlib

import joblib
import mlflow
import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split

EPOCHS = 40
out = pathlib.Path(os.environ["CURBSTOP_OUT"])
checkpoints = pathlib.Path(os.environ["CURBSTOP_CHECKPOINT_DIR"])


def main():
    images, digits = load_digits(return_X_y=True)
    parts = train_test_split(images / 16, digits, test_size=0.3, random_state=0, stratify=digits)
    train_x, test_x, train_y, test_y = parts
    start, model = 0, SGDClassifier(loss="log_loss", alpha=1e-4, random_state=0)
    if os.environ.get("CURBSTOP_RESUME"):
        newest = pathlib.Path(os.environ["CURBSTOP_RESUME"]) / os.environ["CURBSTOP_RESUME_FROM"]
        start, model = joblib.load(newest)
        print("resumed after epoch", start, flush=True)

    with mlflow.start_run():
        if start == 0:
            mlflow.log_params({"epochs": EPOCHS, "alpha": model.alpha})
        for epoch in range(start + 1, EPOCHS + 1):
            model.partial_fit(train_x, train_y, classes=np.arange(10))
            mlflow.log_metric("accuracy", model.score(test_x, test_y), step=epoch)
            name = checkpoints / f"epoch-{epoch:03}.joblib"
            joblib.dump((epoch, model), f"{name}.tmp")
            os.replace(f"{name}.tmp", name)
        scores = {"accuracy": model.score(test_x, test_y),
                  "macro_f1": f1_score(test_y, model.predict(test_x), average="macro")}
        mlflow.log_metric("macro_f1", scores["macro_f1"])
        joblib.dump(model, out / "model.joblib")
        (out / "metrics.json").write_text(json.dumps(scores, sort_keys=True))
        mlflow.log_artifact(str(out / "metrics.json"))


if __name__ == "__main__":
    main()
