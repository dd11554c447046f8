"""Rates by what is done, and every rule against its formula."""

import math

import pytest
import torch

from core.training.optim import OPTIMIZERS, SCHEDULES, build_optimizer, l1_norm, learning_rate
from core.training.spec import TrainSpec, hyperparameter


def rates(schedule, at=(0.0, 0.25, 0.5, 0.75), **more):
    spec = TrainSpec(schedule=schedule, epochs=4, learning_rate=0.1, **more)
    return [learning_rate(spec, done) for done in at]


def test_schedules_follow_their_formulas():
    assert rates("constant") == [0.1] * 4
    assert rates("step") == pytest.approx([0.1, 0.1, 0.01, 0.001])
    assert rates("exponential") == pytest.approx([0.1 * 0.001**done for done in (0, 0.25, 0.5, 0.75)])
    assert rates("inverse time") == pytest.approx([0.1 / (1 + 9 * done) for done in (0, 0.25, 0.5, 0.75)])
    assert rates("cosine") == pytest.approx([0.1, 0.0853553, 0.05, 0.0146447], rel=1e-5)
    assert rates("cosine restarts", (0.0, 1 / 6, 1 / 3, 0.5)) == pytest.approx([0.1, 0.05, 0.1, 0.05])
    assert rates("one cycle", (0.0, 0.15, 0.3, 0.65, 1.0)) == pytest.approx([1e-4, 0.05005, 0.1, 0.05005, 1e-4])


def test_a_plateau_falls_tenfold_each_time():
    spec = TrainSpec(schedule="plateau", learning_rate=0.1)
    assert [learning_rate(spec, 0.5, drops=falls) for falls in range(3)] == pytest.approx([0.1, 0.01, 0.001])


def test_a_warm_up_rises_in_a_line_and_the_schedule_runs_over_the_rest():
    assert rates("constant", (0.0, 0.125, 0.25, 1.0), warmup=1.0) == pytest.approx([0.001, 0.0505, 0.1, 0.1])
    assert rates("cosine", (0.25, 0.625, 1.0), warmup=1.0) == pytest.approx([0.1, 0.05, 0.0])
    assert rates("cosine", (0.5,), warmup=50.0) == pytest.approx([0.0505])  # longer than the training


def test_the_form_offers_what_there_is():
    assert set(hyperparameter("optimizer").choices) == set(OPTIMIZERS)
    assert set(hyperparameter("schedule").choices) == set(SCHEDULES)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_makes_a_bowl_smaller(name):
    torch.manual_seed(0)
    module = torch.nn.Linear(3, 1)
    optimizer = build_optimizer(module, TrainSpec(optimizer=name, learning_rate=0.02))
    losses = []
    for _ in range(20):
        loss = module(torch.ones(1, 3)).square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def stepped(make):
    """The weights and the state after four steps of an optimizer, which after two goes on from its saved state."""
    torch.manual_seed(0)
    module = torch.nn.Linear(3, 2)
    optimizer = make(module)
    for step in range(4):
        module(torch.ones(1, 3)).square().sum().backward()
        optimizer.step()
        optimizer.zero_grad()
        if step == 1:
            saved, optimizer = optimizer.state_dict(), make(module)
            optimizer.load_state_dict(saved)
    assert all(one.requires_grad for one in module.parameters())
    return module.weight.detach(), optimizer.state_dict()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_steps_to_the_last_bit_as_torchs_own(name):
    """It lacks the wrappers around torch's methods."""
    spec, (rule, options) = TrainSpec(optimizer=name, weight_decay=0.01), OPTIMIZERS[name]
    options = {"lr": spec.learning_rate, "weight_decay": spec.weight_decay, **options}
    weights, state = stepped(lambda module: build_optimizer(module, spec))
    others, other_state = stepped(lambda module: rule(module.parameters(), **options))
    assert torch.equal(weights, others)
    assert repr(state) == repr(other_state)


def first_step(name):
    """What one step of a rule takes from a weight of 1 whose gradient is 2, at a rate of 0.1 without decay."""
    module = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.ones_(module.weight)
    optimizer = build_optimizer(module, TrainSpec(optimizer=name, learning_rate=0.1, weight_decay=0.0))
    for _ in range(2):
        optimizer.zero_grad()
        (2 * module.weight).sum().backward()
        optimizer.step()
    return 1 - module.weight.item()


def test_two_steps_of_every_optimizer_are_its_formula():
    assert first_step("sgd") == pytest.approx(0.4)
    assert first_step("momentum") == pytest.approx(0.1 * (2 + 3.8))  # v = 2, then 0.9 · 2 + 2
    assert first_step("nesterov") == pytest.approx(0.1 * (2 + 0.9 * 2 + 2 + 0.9 * 3.8))
    assert first_step("adagrad") == pytest.approx(0.1 * (1 + 2 / math.sqrt(8)))
    assert first_step("rmsprop") == pytest.approx(0.1 * (2 / math.sqrt(0.04) + 2 / math.sqrt(0.0796)), rel=1e-5)
    assert first_step("adam") == pytest.approx(0.2, rel=1e-5)
    assert first_step("adamw") == pytest.approx(0.2, rel=1e-5)


def test_what_is_frozen_is_not_moved():
    module = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 1))
    module[0].requires_grad_(False)
    optimizer = build_optimizer(module, TrainSpec())
    assert sum(len(group["params"]) for group in optimizer.param_groups) == 2


def test_l1_counts_what_multiplies():
    module = torch.nn.Linear(2, 1)
    with torch.no_grad():
        module.weight.copy_(torch.tensor([[1.5, -2.0]]))
        module.bias.fill_(9.0)
    assert float(l1_norm(module.parameters()).detach()) == 3.5
