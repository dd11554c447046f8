"""Models of several pictures point at the right place of the right one, and say what each picture weighs."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core.errors import InvalidInput
from core.explain import EXPLAINERS, explain
from core.explain.methods.cam import compute_cam
from core.explain.methods.gradcam import combine
from core.models import MODELS
from core.models.heads import single_head

SIZE, PICTURES = 32, 4
NAMES = [name for name, entry in MODELS.items() if entry.takes != "image"]


def cases(count, chance, pictures=PICTURES):
    """Half of them with a bright blob: (images (B, V, 1, S, S), labels, where (row, column), in which picture)."""
    images = 0.3 * torch.randn(count, pictures, 1, SIZE, SIZE, generator=chance)
    labels = torch.arange(count) % 2
    places = torch.randint(6, SIZE - 6, (count, 2), generator=chance)
    holders = torch.randint(0, pictures, (count,), generator=chance)
    rows, columns = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    for case in range(1, count, 2):
        row, column = places[case]
        images[case, holders[case], 0] += 4 * torch.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 12)
    return images, labels, places, holders


def learned(name, *, steps):
    """A network that has seen a few batches."""
    torch.manual_seed(0)
    chance, pictures = torch.Generator().manual_seed(0), 2 if MODELS[name].takes == "views" else PICTURES
    module = MODELS[name].build(1, 2, SIZE, 0.0).train()
    optimizer = torch.optim.AdamW(module.parameters(), lr=0.002)
    for _ in range(steps):
        images, labels, *_ = cases(16, chance, pictures)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(module(images), labels).backward()
        optimizer.step()
    return module.eval(), *cases(20, chance, pictures)


def model_of(name, module, classes=("nothing", "blob")):
    """As the explainers meet a loaded model, its cases being tensors already."""
    manifest = SimpleNamespace(model=name, heads=(single_head(classes),), classes=classes)
    return SimpleNamespace(module=module, manifest=manifest, input_of=lambda images: images)


def hooks(module):
    return sum(len(one._forward_hooks) + len(one._forward_pre_hooks) for one in module.modules())


@pytest.mark.parametrize(("name", "steps"), [("attention_mil", 25), ("late_fusion", 25), ("cnn_gru_attention", 25)])
def test_the_peak_lies_on_the_blob_of_the_right_picture(name, steps):
    module, images, labels, places, holders = learned(name, steps=steps)
    with torch.no_grad():
        assert (module(images).argmax(dim=1) == labels).float().mean() >= 0.9
    hits, weighed = [], []
    for case in range(1, len(images), 2):
        saliency = explain(model_of(name, module), images[case : case + 1], method="gradcam", class_index=1)
        row, column = np.unravel_index(saliency.values.argmax(), saliency.values.shape)
        near = max(abs(row - places[case][0]), abs(column - places[case][1])) <= 6  # 1.5 cells of the map
        hits.append(bool(near) and saliency.plane == holders[case])
        weighed.append(saliency.plane_weights)
    assert np.mean(hits) >= 0.8
    if name == "attention_mil":
        assert np.mean([np.argmax(one) == holder for one, holder in zip(weighed, holders[1::2], strict=True)]) >= 0.8


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_has_a_map_on_one_scale_and_the_model_stays_as_it_was(name):
    torch.manual_seed(0)
    module = MODELS[name].build(2, 2, SIZE, 0.0).eval()
    pictures = 2 if MODELS[name].takes == "views" else PICTURES
    model, images = model_of(name, module), torch.randn(1, pictures, 2, SIZE, SIZE)
    before = {key: one.clone() for key, one in module.state_dict().items()}
    maps = [explain(model, images, method="gradcam", class_index=0, plane=at) for at in range(pictures)]
    assert [one.plane for one in maps] == list(range(pictures))
    assert {one.values.shape for one in maps} == {(SIZE, SIZE)}
    assert {one.values.dtype for one in maps} == {np.dtype(np.float32)}
    values = np.stack([one.values for one in maps])
    assert (values.min(), values.max()) in ((0.0, 1.0), (0.0, 0.0))
    peak = explain(model, images, method="gradcam", class_index=0)
    assert np.array_equal(peak.values, values[peak.plane])
    assert peak.values.max() == values.max()
    weighing = name in ("attention_mil", "cnn_gru_attention")
    assert [len(one.plane_weights) for one in maps] == [pictures * weighing] * pictures
    if weighing:
        assert sum(peak.plane_weights) == pytest.approx(1.0)
    assert hooks(module) == 0
    assert [one for one in module.parameters() if one.grad is not None] == []
    assert all((before[key] == one).all() for key, one in module.state_dict().items())


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name == "resnet3d_18" else ()) for name in NAMES]
)
def test_every_method_that_is_offered_gives_a_map_of_every_picture(name):
    torch.manual_seed(0)
    module = MODELS[name].build(1, 3, SIZE, 0.0).eval()
    pictures = 2 if MODELS[name].takes == "views" else PICTURES
    images = torch.randn(1, pictures, 1, SIZE, SIZE)
    model = model_of(name, module, classes=("nothing", "blob", "ring"))
    for method in MODELS[name].explainers:
        values = np.stack(explain(model, images, method=method, class_index=1).all_images)
        assert values.shape == (pictures, SIZE, SIZE), method
        assert (values.min(), values.max()) in ((0.0, 1.0), (0.0, 0.0)), method
    assert hooks(module) == 0
    assert [one for one in module.parameters() if one.grad is not None or not one.requires_grad] == []


def test_it_is_the_closed_form_of_mean_and_linear():
    """In late fusion d logit / d map is the head's weight, a cell's share of it: relu(Σ wₖ Aₖ), each view its half."""
    torch.manual_seed(0)
    module, images = MODELS["late_fusion"].build(1, 2, SIZE, 0.0).eval(), torch.randn(1, 2, 1, SIZE, SIZE)
    saliency, weights = compute_cam(module, module.encoder, images, lambda logits: logits[..., 1], combine)
    with torch.no_grad():
        cells = module.encoder(images)  # (2, D, h, w)
        halves = module.head[1].weight[1].view(2, -1) / cells[0, 0].numel()
        formula = torch.einsum("pk,pkhw->phw", halves, cells).clamp_min(0)
        stretched = torch.nn.functional.interpolate(formula[None], size=(SIZE, SIZE), mode="bilinear")[0]
    assert torch.allclose(saliency, stretched, atol=1e-6)
    assert weights == ()


def opposed(logits):
    return logits[..., 0] - logits[..., 1]


def test_a_picture_that_is_not_there_is_cold():
    torch.manual_seed(0)
    module = MODELS["attention_mil"].build(1, 2, SIZE, 0.0).eval()
    images = torch.randn(1, 4, 1, SIZE, SIZE)
    images[:, 2] = float("nan")
    saliency, weights = compute_cam(module, module.encoder, images, opposed, combine)
    remaining = images[:, [0, 1, 3]]
    alone, _ = compute_cam(module, module.encoder, remaining, opposed, combine)
    assert torch.allclose(saliency[[0, 1, 3]], alone, atol=1e-6)
    assert (saliency[2].abs().max().item(), weights[2]) == (0.0, 0.0)


def test_what_there_is_not_is_a_sentence():
    model = model_of("cnn_gru", MODELS["cnn_gru"].build(1, 2, SIZE, 0.0).eval())
    images = torch.randn(1, 4, 1, SIZE, SIZE)
    with pytest.raises(InvalidInput, match="Picture 4 is not one that the model sees; give a number from 0 to 3"):
        explain(model, images, method="gradcam", plane=4)
    with pytest.raises(InvalidInput, match="Class 2 is not one of the model's"):
        explain(model, images, method="gradcam", class_index=2)
    with pytest.raises(InvalidInput, match="explains models of one image, and cnn_gru takes several; use gradcam"):
        EXPLAINERS["rollout"].explain(model, images)
    assert hooks(model.module) == 0
