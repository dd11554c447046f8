"""A page as its users would write it: a slider, scikit-learn's figures and matrix, and the table of the errors."""

import os

import pandas as pd
import streamlit as st
from sklearn import metrics

st.set_page_config(layout="wide")


@st.cache_data
def read() -> pd.DataFrame:
    return pd.read_csv(os.environ["SCORES"])


frame = read()
threshold = st.slider("Threshold", 0.0, 1.0, 0.5, 0.001, format="%.3f")
truth, called = frame["truth"], frame["score"] >= threshold
left, right = st.columns(2)
left.dataframe(pd.DataFrame(metrics.confusion_matrix(truth, called), ["no", "yes"], ["called no", "called yes"]))
right.dataframe(
    pd.DataFrame(
        {
            "AUROC": [metrics.roc_auc_score(truth, frame["score"])],
            "average precision": [metrics.average_precision_score(truth, frame["score"])],
            "accuracy": [metrics.accuracy_score(truth, called)],
            "sensitivity": [metrics.recall_score(truth, called)],
            "PPV": [metrics.precision_score(truth, called, zero_division=0)],
            "F1": [metrics.f1_score(truth, called)],
            "MCC": [metrics.matthews_corrcoef(truth, called)],
            "kappa": [metrics.cohen_kappa_score(truth, called)],
            "Brier": [metrics.brier_score_loss(truth, frame["score"])],
        }
    )
)
st.dataframe(frame[(truth == 1) & ~called].sort_values("score"))
st.caption(f"at {threshold:.3f}")
