"""Power-function averages of a PyTorch model's weights, stored as phema reads them (arXiv 2312.02696, section 3)."""
import os

import numpy as np
import torch
from safetensors.torch import save_file


class PowerEMA:
    def __init__(self, model, folder, sigma_rels=(0.05, 0.20), dtype=torch.float16):
        self.model, self.folder, self.dtype = model, folder, dtype
        self.gammas = {s: np.roots([1, 7, 16 - s**-2, 12 - s**-2]).real.max() for s in sigma_rels}
        self.averages = {s: {k: v.detach().float().clone() for k, v in model.named_parameters()} for s in sigma_rels}

    @torch.no_grad()
    def update(self, nimg, step):
        """After every optimizer step: `nimg` images (or tokens, or steps) seen by now, `step` of them in this one."""
        for s, average in self.averages.items():
            beta = (1 - step / nimg) ** (self.gammas[s] + 1)
            torch._foreach_lerp_(list(average.values()), [p.detach().float() for p in self.model.parameters()], 1 - beta)

    def save(self, nimg):
        """Rarely, on one rank only: all ranks hold the same averages."""
        for s, average in self.averages.items():
            weights = {k: v.to(self.dtype) for k, v in average.items()}
            weights |= {k: v.clone() for k, v in self.model.named_buffers()}
            path = os.path.join(self.folder, f"network-snapshot-{nimg // 1000:07d}-{s:.3f}.safetensors")
            save_file(weights, path + ".tmp", metadata={"format": "pt"})
            os.replace(path + ".tmp", path)  # never half a file under its name
