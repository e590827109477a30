"""Times the sampler of edm2_twin.py, for `phema bench sampler --twin`.

    time_sampler.py WEIGHTS IMAGES STEPS     where WEIGHTS is a safetensors file of an EDM2 network

Prints the wall and CPU seconds until the network is loaded, and those of sampling that many images at once."""

import sys
import time

import torch
from safetensors.torch import load_file

import edm2_twin


def clock():
    return time.perf_counter(), time.process_time()


def main(weights, images, steps):
    start = clock()
    twin = edm2_twin.Twin({name: t.float() for name, t in load_file(weights).items()})
    loaded = clock()
    size = twin.resolutions[0]
    noise = torch.randn(images, len(twin.p["unet.out_conv.weight"]), size, size)
    labels = torch.eye(twin.classes)[torch.arange(images) % twin.classes] if twin.classes else torch.zeros(images, 0)
    denoise = lambda x, sigma: twin(x, sigma, labels)[0]
    edm2_twin.sample(denoise, noise, steps=1)
    begun = clock()
    edm2_twin.sample(denoise, noise, steps=steps)
    ended = clock()
    print(*[b - a for a, b in zip(start, loaded)], *[b - a for a, b in zip(begun, ended)])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
