"""Rates by epoch."""

import pytest
import torch

from core.training.optim import OPTIMIZERS, SCHEDULES, learning_rate, optimizer_of
from core.training.spec import TrainSpec, knob


def rates(schedule, epochs=4):
    spec = TrainSpec(schedule=schedule, epochs=epochs, learning_rate=0.1)
    return [learning_rate(spec, epoch) for epoch in range(1, epochs + 1)]


def test_schedules():
    assert rates("constant") == [0.1] * 4
    assert rates("step") == pytest.approx([0.1, 0.1, 0.01, 0.001])
    assert rates("cosine") == pytest.approx([0.1, 0.0853553, 0.05, 0.0146447], rel=1e-5)


def test_the_form_offers_what_there_is():
    assert set(knob("optimizer").choices) == set(OPTIMIZERS)
    assert set(knob("schedule").choices) == set(SCHEDULES)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_makes_a_bowl_smaller(name):
    module = torch.nn.Linear(3, 1)
    optimizer = optimizer_of(module, TrainSpec(optimizer=name, learning_rate=0.05))
    losses = []
    for _ in range(20):
        loss = module(torch.ones(1, 3)).square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
