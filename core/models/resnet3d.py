"""3-D ResNet over a series as a volume."""

from torch import Tensor, nn
from torchvision.models.video.resnet import BasicBlock, BasicStem, Conv3DSimple, VideoResNet

LAYERS = [2, 2, 2, 2]


class Volume(VideoResNet):  # type: ignore[misc]
    """torchvision's R3D-18 (Tran et al. 2018) with our order of axes; parameter names are unchanged."""

    def __init__(self, channels: int, head: nn.Module) -> None:
        """Build for stacks (B, V, channels, S, S); `head` maps 512 features to the outputs."""
        super().__init__(BasicBlock, [Conv3DSimple] * 4, LAYERS, BasicStem)
        self.fc = head
        if channels != 3:
            first = nn.Conv3d(channels, 64, (3, 7, 7), stride=(1, 2, 2), padding=(1, 3, 3), bias=False)
            nn.init.kaiming_normal_(first.weight, mode="fan_out", nonlinearity="relu")
            self.stem[0] = first

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (B, outputs); the feature map of `layer4` is (B, 512, V/8, S/16, S/16)."""
        logits: Tensor = super().forward(images.transpose(1, 2))
        return logits
