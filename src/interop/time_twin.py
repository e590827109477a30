"""Times training steps of edm2_twin.py, for `phema bench training --twin`.

    time_twin.py STATE BATCH STEPS     where STATE is a training-state-*.safetensors of phema's

Prints the wall and CPU seconds of each step."""

import sys
import time

import torch
from safetensors.torch import load_file

import edm2_twin

WARM_UP = 2
PART = "weights/"


def main(state, batch, steps):
    stored = {name.removeprefix(PART): t for name, t in load_file(state).items() if name.startswith(PART)}
    tensors = {name: t.requires_grad_(not edm2_twin.is_buffer(name)) for name, t in stored.items()}
    twin = edm2_twin.Twin(tensors)
    size = twin.resolutions[0]
    shape = batch, tensors["unet.out_conv.weight"].shape[0], size, size

    def random_batch():
        clean, sigma = 0.5 * torch.randn(shape), torch.exp(1.6 * torch.randn(batch) - 0.8)
        labels = torch.eye(twin.classes)[torch.randint(twin.classes, (batch,))] if twin.classes else torch.zeros(batch, 0)
        return clean, clean + sigma[:, None, None, None] * torch.randn(shape), sigma, labels

    edm2_twin.train(tensors, [random_batch() for _ in range(WARM_UP)], lambda i: 0.01)
    batches = [random_batch() for _ in range(steps)]
    wall, cpu = time.perf_counter(), time.process_time()
    edm2_twin.train(tensors, batches, lambda i: 0.01)
    print((time.perf_counter() - wall) / steps, (time.process_time() - cpu) / steps)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
