"""Slice encoder with a bidirectional GRU."""

from torch import Tensor, nn

from core.models.multi_image_layers import BagAttention, Encoder

WIDTH = 128  # of the hidden state, per direction


class SliceGRU(nn.Module):
    """encoder → mean → bidirectional GRU over the slices (Cho et al. 2014) → mean of its states → linear.

    `attentive`: the states are pooled by additive attention (Bahdanau et al. 2015) instead of the mean.
    """

    def __init__(self, encoder: Encoder, outputs: int, dropout: float, *, attentive: bool) -> None:
        """Build for stacks (B, V, C, S, S), slices in order."""
        super().__init__()
        self.encoder = encoder
        self.gru = nn.GRU(encoder.width, WIDTH, batch_first=True, bidirectional=True)
        if attentive:
            self.score = nn.Sequential(nn.Linear(2 * WIDTH, WIDTH), nn.Tanh(), nn.Linear(WIDTH, 1))
            self.weights = BagAttention()
        self.attentive = attentive
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(2 * WIDTH, outputs))

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (B, outputs)."""
        features = self.encoder(images.flatten(0, 1)).mean((2, 3)).unflatten(0, images.shape[:2])  # (B, V, width)
        states: Tensor = self.gru(features)[0]  # (B, V, 2·WIDTH)
        if self.attentive:
            pooled = (self.weights(self.score(states)[..., 0])[..., None] * states).sum(dim=1)
        else:
            pooled = states.mean(dim=1)
        logits: Tensor = self.head(pooled)
        return logits
