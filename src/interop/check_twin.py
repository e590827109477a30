"""Compares phema's worker with edm2_twin.py, number by number.

    check_twin.py DUMP     where DUMP was written by the test TwinExport

Exits with 1 when a difference is larger than what rounding explains."""

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

import edm2_twin
from edm2_twin import Twin, is_buffer

TOLERANCE = 1e-3
failed = False


def compare(what, ours, twin, tolerance=TOLERANCE):
    global failed
    error = ((ours - twin).norm() / twin.norm().clamp(min=1e-12)).item()
    verdict = "ok" if error < tolerance else "DIFFERS"
    failed |= error >= tolerance
    print(f"{what:40} relative difference {error:.1e}  {verdict}")


def main():
    folder = Path(sys.argv[1])
    weights, case = load_file(folder / "weights.safetensors"), load_file(folder / "case.safetensors")
    leaves = {name: t.clone().requires_grad_(not is_buffer(name)) for name, t in weights.items()}
    twin = Twin(leaves)
    batch = case["clean"], case["noisy"], case["sigma"], case["labels"]
    denoised, logvar = twin(*batch[1:])
    compare("forward", case["denoised"], denoised.detach())
    compare("log variance", case["logvar"].flatten(), logvar.detach())
    loss = twin.loss(*batch)
    compare("loss", case["loss"].flatten() * batch[0][0].numel(), loss.detach().reshape(1))
    loss.backward()
    gradients = load_file(folder / "gradients.safetensors")
    trained = {name: t for name, t in leaves.items() if not is_buffer(name)}
    assert trained.keys() == gradients.keys()
    compare("gradients, all", *[torch.cat([g[n].flatten() for n in trained]) for g in (gradients, {n: t.grad for n, t in trained.items()})])
    worst = max(trained, key=lambda n: ((gradients[n] - trained[n].grad).norm() / trained[n].grad.norm().clamp(min=1e-12)).item())
    compare(f"worst gradient", gradients[worst], trained[worst].grad)

    steps = load_file(folder / "steps.safetensors")
    n = int(steps["sigma"].shape[0] / 10)
    batches = [tuple(steps[key][i * n : (i + 1) * n] for key in ("clean", "noisy", "sigma", "labels")) for i in range(10)]
    moved = {name: t.clone().requires_grad_(not is_buffer(name)) for name, t in weights.items()}
    losses = edm2_twin.train(moved, batches, lambda i: 0.01)
    compare("ten steps, losses", steps["losses"] * batch[0][0].numel(), torch.tensor(losses))
    after = load_file(folder / "after.safetensors")
    change = lambda end: torch.cat([(end[n] - weights[n]).flatten() for n in trained])
    compare("ten steps, change of the weights", change(after), change({n: t.detach() for n, t in moved.items()}), 1e-2)

    with torch.no_grad():
        fixed = Twin(weights)
        images = edm2_twin.sample(lambda x, s: fixed(x, s, case["sample_labels"])[0], case["noise"], steps=18)
        for backend in ("onnx", "nd4j"):
            compare(f"18 steps of Heun, {backend}", load_file(folder / f"images-{backend}.safetensors")["images"], images)
        unlabelled = torch.zeros_like(case["sample_labels"])

        def guided(x, s):
            reference = fixed(x, s, unlabelled)[0]
            return reference + 1.4 * (fixed(x, s, case["sample_labels"])[0] - reference)

        images = edm2_twin.sample(guided, case["noise"], steps=18)
        for backend in ("onnx", "nd4j"):
            compare(f"18 steps, guidance 1.4, {backend}", load_file(folder / f"guided-{backend}.safetensors")["images"], images)
    sys.exit(failed)


if __name__ == "__main__":
    main()
