"""Simulated readers of patients with several alike images each, where the truth about the model is known."""

import math

import numpy as np

from core.evaluation.binary_scores import BinaryScores

SEPARATION = 1.2
TRUE_AUROC = 0.5 * (1 + math.erf(SEPARATION / 2))  # Φ(d / √2) of two normals a distance d apart
TRUE_ACCURACY = 0.5 * (1 + math.erf(SEPARATION / 2 / math.sqrt(2)))  # both classes, cut half way


def cohort(rng, *, patients=100, images=5, alike=0.8):
    """Probabilities (n, 2), truth (n,) and owners (n,); half the patients are ill in all their images."""
    owner = np.repeat(np.arange(patients), images)
    truth = rng.permutation(patients) < patients // 2
    noise = math.sqrt(alike) * rng.normal(size=patients)[owner] + math.sqrt(1 - alike) * rng.normal(size=len(owner))
    score = SEPARATION * (truth[owner] - 0.5) + noise
    positive = 1 / (1 + np.exp(-score))
    return np.stack([1 - positive, positive], axis=1), truth[owner].astype(int), owner


def mixed(rng, *, patients=120, alike=0.6):
    """As `cohort`, but each case is ill or not by itself, and patients have one to nine of them."""
    owner = np.repeat(np.arange(patients), rng.integers(1, 10, size=patients))
    truth = rng.random(len(owner)) < 0.5
    noise = math.sqrt(alike) * rng.normal(size=patients)[owner] + math.sqrt(1 - alike) * rng.normal(size=len(owner))
    positive = 1 / (1 + np.exp(-(SEPARATION * (truth - 0.5) + noise)))
    return np.stack([1 - positive, positive], axis=1), truth.astype(int), owner


def scored(seed, *, n=500, ties=False):
    """Scores (n,) in 0 to 1, truth (n,) and 60 patients, without structure."""
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.3
    scores = 1 / (1 + np.exp(-(rng.normal(size=n) + truth)))
    return (scores.round(1) if ties else scores), truth, rng.integers(60, size=n)


def sides(result, ill, cleared, well, *, each=1):
    """A run that calls `found` of the `ill` and not `cleared` of the `well`; `each` cases in a row are of a patient."""
    scores = np.repeat([0.9, 0.1, 0.1, 0.9], [result, ill - result, cleared, well - cleared])
    return BinaryScores.of(range(ill + well), scores, [1] * ill + [0] * well, np.arange(ill + well) // each, name="ill")
