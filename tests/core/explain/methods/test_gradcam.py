"""Grad-CAM: where it points, and that it is the formula."""

import numpy as np
import torch

from core.explain import explain
from core.explain.saliency_map import min_max_scale


def pointed(saliency, method, *, cell):
    """Share of test images with a blob whose peak lies within one feature cell of it."""
    hits = []
    for example, centre in zip(saliency.examples, saliency.centres, strict=True):
        if example.split != "test" or centre is None:
            continue
        values = explain(saliency.model, example, method=method, class_index=1).values
        peak = (np.array(np.unravel_index(values.argmax(), values.shape)) + 0.5) / values.shape[0]
        hits.append(np.abs(peak - centre).max() <= cell)
    return float(np.mean(hits))


def test_the_peak_lies_on_the_planted_blob(small):
    assert pointed(small, "gradcam", cell=1.5 / 8) >= 0.9


def test_the_map_depends_on_the_weights(small):
    """With weights of chance the blob is found less well: a map that survives that says nothing about the model."""
    import copy
    from dataclasses import replace

    example = next(one for one in small.examples if one.split == "test" and one.label == 1)
    learned = explain(small.model, example, method="gradcam", class_index=1).values.ravel()
    alike = []
    for seed in range(5):
        module = copy.deepcopy(small.model.module)
        torch.manual_seed(seed)
        for layer in module.modules():
            if hasattr(layer, "reset_parameters"):
                layer.reset_parameters()
        other = explain(replace(small.model, module=module), example, method="gradcam", class_index=1).values.ravel()
        alike.append(np.corrcoef(learned, other)[0, 1] if other.std() > 0 else 0.0)
    assert np.mean(alike) < 0.5


def test_it_is_the_closed_form_of_pool_and_linear(small):
    """After mean pooling and one layer, d logit / d map is the layer's weight: relu(Σ wₖ Aₖ)."""
    example = small.examples[-1]
    images = small.model.input_of(example)
    with torch.no_grad():
        features = small.model.module.get_submodule("features")(images)
        formula = torch.einsum("k,khw->hw", small.model.module.head.weight[1], features[0]).clamp_min(0)
    values = explain(small.model, example, method="gradcam", class_index=1).values
    coarse = torch.nn.functional.adaptive_avg_pool2d(torch.from_numpy(values)[None], formula.shape)[0]
    assert np.corrcoef(coarse.flatten(), min_max_scale(formula.numpy()).ravel())[0, 1] > 0.97
