"""Attention-based multiple instance learning over the images of a case."""

from torch import Tensor, nn

from core.models.multi_image_layers import BagAttention, Encoder, present_mask, scatter_to_bag

WIDTH = 128


class AttentionMIL(nn.Module):
    """encoder → mean → gated attention over the images of a case → linear (Ilse, Tomczak & Welling 2018)."""

    def __init__(self, encoder: Encoder, outputs: int, dropout: float) -> None:
        """Build for bags (B, V, C, S, S), in which absent images are all NaN."""
        super().__init__()
        self.encoder = encoder
        self.tell = nn.Sequential(nn.Linear(encoder.width, WIDTH), nn.Tanh())
        self.gate = nn.Sequential(nn.Linear(encoder.width, WIDTH), nn.Sigmoid())
        self.score = nn.Linear(WIDTH, 1)
        self.weights = BagAttention()
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(encoder.width, outputs))

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (B, outputs)."""
        present = present_mask(images)
        features = scatter_to_bag(self.encoder(images[present]).mean((2, 3)), present)  # (B, V, width)
        scores = self.score(self.tell(features) * self.gate(features))[..., 0]
        pooled = (self.weights(scores, present)[..., None] * features).sum(dim=1)
        logits: Tensor = self.head(pooled)
        return logits
