"""Trains a small model with tracker.py, reconstructs other lengths with phema, and compares with averages that were tracked directly."""
import pathlib
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file
from tracker import PowerEMA

BATCH, STEPS, SNAPSHOTS = 1024, 1600, 16
STORED = (0.05, 0.20)
PLANNED = {0.03: 1.2e-3, 0.10: 3.4e-4, 0.15: 2.7e-4}  # phema plan --times 16 --instd 0.05,0.20 --dtype f16 --outstd 0.03,0.10,0.15
PHEMA = pathlib.Path(__file__).resolve().parents[2] / "phema"


def error(ours, theirs):
    difference = sum(((ours[k].float() - v) ** 2).sum() for k, v in theirs.items())
    return (difference / sum((v**2).sum() for v in theirs.values())).sqrt().item()


def main(folder):
    torch.manual_seed(1)
    torch.set_num_threads(1)
    model = torch.nn.Sequential(torch.nn.Linear(32, 128), torch.nn.BatchNorm1d(128), torch.nn.SiLU(), torch.nn.Linear(128, 32))
    optimizer = torch.optim.Adam(model.parameters())
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda i: 3 / max(i / 100, 1) ** 0.5)
    stored = PowerEMA(model, folder, STORED)
    truth = PowerEMA(model, folder, PLANNED)
    mix = torch.randn(32, 32)
    for i in range(1, STEPS + 1):
        x = torch.randn(64, 32)
        loss = (model(x + torch.randn(64, 32)) - torch.tanh(x @ mix)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        stored.update(i * BATCH, BATCH)
        truth.update(i * BATCH, BATCH)
        if i % (STEPS // SNAPSHOTS) == 0:
            stored.save(i * BATCH)

    out = pathlib.Path(folder, "out")
    lengths = ",".join(map(str, PLANNED))
    subprocess.run([PHEMA, "reconstruct", "--indir", folder, "--outdir", out, "--outstd", lengths, "--dtype", "f32"], check=True)
    bad = False
    for s in PLANNED:
        weights = load_file(out / f"phema-{STEPS * BATCH // 1000:07d}-{s:.3f}.safetensors")
        found = error(weights, truth.averages[s])
        apart = min(error(stored.averages[t], truth.averages[s]) for t in STORED)
        print(f"sigma_rel {s}: relative error {found:.1e}, planned {PLANNED[s]:.1e}; the nearest stored average is {apart:.1e} away")
        bad |= not found < 2 * PLANNED[s]
        bad |= not torch.equal(weights["1.num_batches_tracked"], model[1].num_batches_tracked)
    sys.exit("the tracker's snapshots do not give the averages they should" if bad else 0)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(folder)
