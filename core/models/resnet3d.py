"""A series as a volume: convolutions over slices, rows and columns at once."""

from torch import Tensor, nn
from torchvision.models.video.resnet import BasicBlock, BasicStem, Conv3DSimple, VideoResNet

LAYERS = [2, 2, 2, 2]


class Volume(VideoResNet):  # type: ignore[misc]
    """torchvision's R3D-18 (Tran et al. 2018) with the slices where ours stand; names of weights are theirs."""

    def __init__(self, channels: int, head: nn.Module) -> None:
        """For stacks (B, V, channels, S, S); `head` gives the answers of 512 features."""
        super().__init__(BasicBlock, [Conv3DSimple] * 4, LAYERS, BasicStem)
        self.fc = head
        if channels != 3:
            first = nn.Conv3d(channels, 64, (3, 7, 7), stride=(1, 2, 2), padding=(1, 3, 3), bias=False)
            nn.init.kaiming_normal_(first.weight, mode="fan_out", nonlinearity="relu")
            self.stem[0] = first

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, outputs); the map of `layer4` is (B, 512, V/8, S/16, S/16)."""
        logits: Tensor = super().forward(images.transpose(1, 2))
        return logits
