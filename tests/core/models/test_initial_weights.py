"""A training begins with weights of a run, a file or torchvision's cache; what does not fit is a sentence."""

import os
import pickle
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save_file

from core.errors import NotFound, NotTrainable, UserError
from core.models import MODELS, pretrained
from core.models.heads import single_head
from core.models.initial_weights import load_initial_weights
from core.training.checkpoint import Manifest, save_weights, versions
from core.training.spec import TrainSpec

RUN = TrainSpec(start="run", start_run=3)
FILE = TrainSpec(start="file", start_file="weights.pth")
PUBLISHED = TrainSpec(start="published")


def build(name, channels=1, outputs=2, size=32, seed=0, **more):
    torch.manual_seed(seed)
    return MODELS[name].build(channels, outputs, size, 0.0, **more).eval()


def begin(module, name, spec, source=None, *, channels=1):
    return load_initial_weights(module, MODELS[name], spec, source, channels=channels)


def run_of(name, path, module, *, channels=1, classes=("a", "b")):
    """The best weights of a finished run."""
    manifest = Manifest(
        model=name,
        heads=(single_head(classes),),
        channels=channels,
        size=32,
        stored=32,
        mean=(0.4,) * channels,
        deviation=(0.1,) * channels,
        spec=TrainSpec(model=name),
        seed=0,
        device="cpu",
        facts={},
        versions=versions(),
    )
    save_weights(module, path, manifest)
    return path


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of torchvision's."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


def shaped(module):
    """Zeros in the shapes of a network that was built without memory, and without memory too."""
    return {name: torch.zeros((), dtype=one.dtype).expand(one.shape) for name, one in module.state_dict().items()}


def equal(item, other, *, but=()):
    ours, theirs = item.state_dict(), other.state_dict()
    return all(torch.equal(ours[name], theirs[name]) for name in ours if not name.startswith(tuple(but) or "-"))


def test_nothing_is_chance():
    module, before = build("small_cnn"), build("small_cnn")
    assert begin(module, "small_cnn", TrainSpec()) == "Random initialisation."
    assert equal(module, before)


def test_a_run_goes_on_in_another(tmp_path):
    theirs = build("small_cnn", outputs=3, seed=1)
    path = run_of("small_cnn", tmp_path / "best.safetensors", theirs, classes=("a", "b", "c"))
    same = build("small_cnn", outputs=3)
    count = len(same.state_dict())
    assert begin(same, "small_cnn", RUN, path) == f"Initialised from run 3: {count} tensors loaded."
    assert equal(same, theirs)
    other, fresh = build("small_cnn", outputs=2), build("small_cnn", outputs=2)
    assert (
        begin(other, "small_cnn", RUN, path) == f"Initialised from run 3: {count - 2} tensors loaded, 2 random (head)."
    )
    assert equal(other, theirs, but=["head"])
    assert torch.equal(other.head.weight, fresh.head.weight)


def test_a_grey_network_answers_grey_images_as_the_coloured_one_it_began_with(tmp_path):
    theirs = build("resnet18", channels=3, seed=1)
    path = run_of("resnet18", tmp_path / "best.safetensors", theirs, channels=3)
    grey, four, images = build("resnet18"), build("resnet18", channels=4), torch.randn(2, 1, 64, 64)
    result = begin(grey, "resnet18", RUN, path)
    assert result == "Initialised from run 3: 121 tensors loaded, 1 adapted to 1 channel."
    assert "1 adapted to 4 channels" in begin(four, "resnet18", RUN, path, channels=4)
    with torch.no_grad():
        expected = theirs(images.expand(-1, 3, -1, -1))
        assert torch.allclose(grey(images), expected, atol=1e-4)
        assert torch.allclose(four(images.expand(-1, 4, -1, -1)), expected, atol=1e-4)


@pytest.mark.parametrize("name", pretrained.PUBLISHED)
def test_published_weights_fit_by_torchvisions_own_names(name):
    """All but the last layer is taken, whatever the file calls it."""
    from torchvision.models import get_model

    from core.models.state_dict_matching import WeightSource, load_matching_weights

    theirs = {"vit_base": "vit_b_16", "swin_tiny": "swin_t", "resnet3d_18": "r3d_18"}.get(name, name)
    with torch.device("meta"):
        whole = get_model(theirs, **({"init_weights": False} if name in ("googlenet", "inception_v3") else {}))
        module = MODELS[name].build(1, 2, 224, 0.0)
    result = load_matching_weights(module, WeightSource(shaped(whole), "the published weights"), name)
    assert len(result.adapted) == 1
    last = [one for one in module.state_dict() if one not in result.tensors]
    assert sorted(result.new) == sorted(last)
    assert {one.rpartition(".")[2] for one in last} == {"weight", "bias"}
    assert len(last) == 2
    assert pretrained.get_url(name).startswith("https://")


def test_published_weights_are_taken_from_the_cache(cache):
    from torchvision.models import resnet18

    torch.manual_seed(1)
    theirs = resnet18(num_classes=1000)
    old = {name: one for name, one in theirs.state_dict().items() if not name.endswith("num_batches_tracked")}
    torch.save(old, cache / "resnet18-f37072fd.pth")  # as the published one, which is older than that number
    module = build("resnet18")
    result = begin(module, "resnet18", PUBLISHED)
    assert result == (
        "Initialised from the pretrained weights of resnet18: 99 tensors loaded, 1 adapted to 1 channel, 2 random (fc)."
    )
    assert torch.equal(module.layer4[1].conv2.weight, theirs.layer4[1].conv2.weight)
    assert torch.allclose(module.conv1.weight[:, 0], theirs.conv1.weight.sum(dim=1), atol=1e-6)
    bag = build("attention_mil", channels=3, encoder="resnet18")
    result = begin(bag, "attention_mil", replace(PUBLISHED, encoder="resnet18"), channels=3)
    assert result.endswith(": 100 tensors loaded, 8 random (tell, gate, score, head).")
    assert torch.equal(bag.encoder.conv1.weight, theirs.conv1.weight)
    pair = build("late_fusion", channels=3, encoder="resnet18")
    begin(pair, "late_fusion", replace(PUBLISHED, encoder="resnet18"), channels=3)
    images = torch.randn(2, 3, 64, 64)
    theirs.eval()
    with torch.no_grad():
        expected = torch.nn.Sequential(*list(theirs.children())[:-2])(images)
        assert all(torch.allclose(one(images), expected, atol=1e-5) for one in pair.encoder.encoders)


def test_a_run_of_one_image_reads_the_slices_of_a_stack(tmp_path):
    theirs = build("small_cnn", seed=1)
    path = run_of("small_cnn", tmp_path / "best.safetensors", theirs)
    module = build("cnn_gru")
    assert begin(module, "cnn_gru", RUN, path).endswith(" random (gru, head).")
    assert equal(module.encoder.features, theirs.features)
    whole = run_of("cnn_gru", tmp_path / "whole.safetensors", build("cnn_gru", seed=2))
    assert " new " not in begin(module, "cnn_gru", RUN, whole)
    assert equal(module, build("cnn_gru", seed=2))


def test_names_of_older_files():
    older = ["module.features.denseblock1.denselayer1.norm.1.weight", "encoder.layers.x.mlp.linear_2.bias", "fc.bias"]
    assert list(pretrained.to_current_names(dict.fromkeys(older))) == [
        "features.denseblock1.denselayer1.norm1.weight",
        "encoder.layers.x.mlp.3.bias",
        "fc.bias",
    ]


def test_a_network_that_rescales_inside_answers_ours_alike():
    """GoogLeNet takes (x - 0.5) / 0.5: the same first map as ours of (x - mean) / deviation, but for a constant."""
    weight = torch.randn(4, 3, 3, 3)
    ours = pretrained.to_our_names("googlenet", {"conv1.conv.weight": weight})["conv1.conv.weight"]
    image, deviation = torch.rand(1, 3, 8, 8), torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    theirs = torch.nn.functional.conv2d((image - 0.5) / 0.5, weight)
    result = torch.nn.functional.conv2d(image / deviation, ours)
    assert torch.allclose((theirs - result).flatten(2).std(dim=2), torch.zeros(1, 4), atol=1e-5)


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_file_of_others(tmp_path, suffix, wrapped):
    theirs, module, path = build("small_cnn", seed=1), build("small_cnn"), tmp_path / f"weights{suffix}"
    if suffix == ".safetensors":
        save_file(theirs.state_dict(), path)
    else:
        torch.save({"state_dict": theirs.state_dict(), "epoch": 3} if wrapped else theirs.state_dict(), path)
    assert begin(module, "small_cnn", FILE, path).startswith(f"Initialised from weights{suffix}: ")
    assert equal(module, theirs)


class Trap:
    """What a file must not be able to do: run something."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def files(folder):
    """A file of each kind that cannot be taken."""
    whole = build("small_cnn").state_dict()
    broken = {name: torch.full_like(one, float("nan")) if name == "head.bias" else one for name, one in whole.items()}
    torch.save(build("resnet18").state_dict(), folder / "resnet18.pth")
    torch.save({**whole, "features.99.weight": torch.ones(1)}, folder / "deeper.pth")
    torch.save({name: one for name, one in whole.items() if name != "features.0.weight"}, folder / "less.pth")
    torch.save(build("small_cnn", kernel_size=5).state_dict(), folder / "other.pth")
    torch.save(broken, folder / "nan.pth")
    torch.save({**whole, "trap": Trap(folder / "ran")}, folder / "trap.pth")
    (folder / "old.pth").write_bytes(pickle.dumps(Trap(folder / "ran")))
    torch.save([torch.ones(1)], folder / "list.pth")
    torch.save({"state_dict": 3}, folder / "three.pth")
    save_file(whole, folder / "cut.safetensors")
    for name, source in (("cut.pth", "other.pth"), ("cut.safetensors", "cut.safetensors")):
        data = (folder / source).read_bytes()
        (folder / name).write_bytes(data[: len(data) // 2])
    (folder / "empty.pth").write_bytes(b"")
    (folder / "notes.txt").write_bytes(b"weights")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "resnet18.pth",
            "resnet18.pth do not fit small_cnn: 'features.0.weight' is missing; use weights of",
        ),
        ("deeper.pth", "deeper.pth do not fit small_cnn: the model has no 'features.99.weight'"),
        ("less.pth", "less.pth do not fit small_cnn: 'features.0.weight' is missing"),
        ("other.pth", "other.pth do not fit small_cnn: 'features.0.weight' has shape 32×1×5×5, expected 32×1×3×3"),
        ("nan.pth", r"nan.pth are not finite in 'head.bias'; use other weights"),
        ("trap.pth", "trap.pth is damaged, or contains code, which is never executed; save the"),
        ("old.pth", "old.pth is damaged, or contains code"),
        ("cut.pth", "cut.pth is damaged, or contains code"),
        ("empty.pth", "empty.pth is damaged, or contains code"),
        ("list.pth", "list.pth contains more than tensors by name; save the network's state_dict"),
        ("three.pth", "three.pth contains more than tensors by name"),
        ("cut.safetensors", "cut.safetensors is damaged; copy it again"),
        ("notes.txt", r"notes.txt is not a weight file; choose one that ends in .safetensors, .pth, .pt"),
        ("gone.pth", "No file gone.pth in the folder "),
    ],
)
def test_a_file_that_does_not_fit_is_a_sentence_and_changes_nothing(tmp_path, name, sentence):
    files(tmp_path)
    module = build("small_cnn")
    with pytest.raises(NotTrainable) as refused:
        begin(module, "small_cnn", FILE, tmp_path / name)
    assert sentence in str(refused.value)
    assert str(refused.value).endswith(".")
    assert equal(module, build("small_cnn"))
    assert not (tmp_path / "ran").exists()


def test_a_run_of_another_model_or_none_is_a_sentence(tmp_path):
    path = run_of("small_cnn", tmp_path / "best.safetensors", build("small_cnn"))
    with pytest.raises(NotTrainable, match="of run 3 are of a small_cnn, but the model to train is a resnet18;"):
        begin(build("resnet18"), "resnet18", RUN, path)
    with pytest.raises(NotTrainable, match="of a small_cnn, but the model to train is a cnn_gru with resnet18;"):
        begin(build("cnn_gru", encoder="resnet18"), "cnn_gru", replace(RUN, encoder="resnet18"), path)
    with pytest.raises(NotTrainable, match=r"is 'run', but no run is named; set start_run"):
        begin(build("resnet18"), "resnet18", RUN)
    with pytest.raises(NotFound, match=r"No checkpoint best\.safetensors in .*/7;"):
        begin(build("small_cnn"), "small_cnn", RUN, tmp_path / "7" / "best.safetensors")
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UserError, match="damaged or was not written by Rounds"):
        begin(build("small_cnn"), "small_cnn", RUN, path)


def test_nothing_is_fetched_unless_asked(cache, monkeypatch):
    def never(*_, **__):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(pretrained, "urlopen", never)
    with pytest.raises(NotTrainable, match=r"resnet18 are not on this machine; allow the .* put resnet18-f37072fd"):
        begin(build("resnet18"), "resnet18", PUBLISHED)
    with pytest.raises(
        NotTrainable, match="torchvision has no pretrained weights of small_cnn; it has those of alexnet, vgg11"
    ):
        begin(build("small_cnn"), "small_cnn", PUBLISHED)


def test_offline_and_another_file_than_published_are_sentences(cache, monkeypatch):
    def offline(*_, **__):
        raise OSError("no route")

    requested = replace(PUBLISHED, download="yes")
    monkeypatch.setattr(pretrained, "urlopen", offline)
    with pytest.raises(NotTrainable, match=r"resnet18-f37072fd.pth cannot be downloaded: this machine seems to be off"):
        begin(build("resnet18"), "resnet18", requested)
    monkeypatch.setattr(pretrained, "urlopen", lambda *_, **__: open(os.devnull, "rb"))  # noqa: SIM115
    with pytest.raises(NotTrainable, match=r"downloaded resnet18-f37072fd.pth does not match its checksum; try again"):
        begin(build("resnet18"), "resnet18", requested)
    assert list(cache.iterdir()) == []


def test_what_is_fetched_is_kept(cache, tmp_path, monkeypatch):
    from hashlib import sha256

    theirs, made = build("resnet18", channels=3, seed=1), tmp_path / "made.pth"
    torch.save(theirs.state_dict(), made)
    name = f"resnet18-{sha256(made.read_bytes()).hexdigest()[:8]}.pth"
    monkeypatch.setattr(pretrained, "_weights", lambda _: SimpleNamespace(url=f"https://example.org/models/{name}"))
    requested = []
    monkeypatch.setattr(pretrained, "urlopen", lambda url, **_: requested.append(url) or made.open("rb"))
    for _ in range(2):
        module = build("resnet18", channels=3)
        begin(module, "resnet18", replace(PUBLISHED, download="yes"), channels=3)
        assert equal(module, theirs)
    assert requested == [f"https://example.org/models/{name}"]
    assert (cache / name).read_bytes() == made.read_bytes()
