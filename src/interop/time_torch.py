#!/usr/bin/env python3
"""time_torch.py PHEMA RUN [ROUNDS [LENGTHS]]: the same averages of a run's checkpoints by phema and by a few lines of PyTorch, in turn.

RUN is what `phema bench generate` writes, as pickles of EDM2 or as distributed checkpoints (--format dcp). phema's side is a whole `reconstruct` command.
PyTorch's loads one checkpoint after the other, pickles with the unpickler (into dictionaries instead of the networks whose source is in them, which spares it
work), distributed ones with dcp.load on one process, adds it with its coefficient of each length in single precision, and saves the sums in half precision as
the same kind. Prints medians of seconds, of seconds of processors, and of the most memory that was resident, and how far the results of the first length differ.
Needs torch and numpy.
"""
import json
import os
import pathlib
import pickle
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


class Unpickler(pickle.Unpickler):
    """Reads networks that carry their source as what was written of them."""

    def find_class(self, module, name):
        if name == "EasyDict":
            return dict
        return (lambda written: written) if module.startswith("torch_utils.") else super().find_class(module, name)


def network(module, prefix=""):
    state = module["state"] if isinstance(module, dict) else vars(module)
    for kind in ("_parameters", "_buffers"):
        yield from ((prefix + name, tensor) for name, tensor in state[kind].items() if tensor is not None)
    for name, child in state["_modules"].items():
        yield from network(child, prefix + name + ".")


def read_pickle(path):
    with open(path, "rb") as file:
        return dict(network(Unpickler(file).load()["ema"]))


def tensors(checkpoint, dtype=None):
    import torch
    from torch.distributed.checkpoint import FileSystemReader

    entries = FileSystemReader(checkpoint).read_metadata().state_dict_metadata
    return {name: torch.zeros(entry.size, dtype=dtype or entry.properties.dtype) for name, entry in entries.items()}


def load(path, into=None):
    """Tensors of a snapshot, a pickle or a file in a distributed checkpoint's folder."""
    import torch.distributed.checkpoint as dcp

    if path.suffix == ".pkl":
        return read_pickle(path)
    folder = path if path.is_dir() else path.parent
    into = into or tensors(folder)
    dcp.load(into, checkpoint_id=folder, no_dist=True)
    return into


def average(run, coefficients, out):
    """What a script of a few lines does; coefficients by length and snapshot."""
    import torch
    import torch.distributed.checkpoint as dcp

    begin, totals, one = time.time(), None, None
    snapshots = sorted({snapshot for of in coefficients for snapshot in of})
    for snapshot in snapshots:
        one = load(run / snapshot, one)
        if totals is None:
            totals = [{name: torch.zeros(tensor.shape) for name, tensor in one.items()} for _ in coefficients]
        for total, of in zip(totals, coefficients):
            for name, tensor in one.items():
                total[name].add_(tensor, alpha=of.get(snapshot, 0))
    out.mkdir()
    for i, total in enumerate(totals):
        sums = {name: tensor.half() for name, tensor in total.items()}
        if snapshots[0].endswith(".pkl"):
            (out / f"{i}.pkl").write_bytes(pickle.dumps(sums))
        else:
            dcp.save(sums, checkpoint_id=out / str(i), no_dist=True)
    print(time.time() - begin)


def command(*args):
    """Seconds, those of processors, the most resident bytes, and what was printed."""
    begin = time.time()
    process = subprocess.Popen([str(a) for a in args], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, args
    return time.time() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, float((said.split() or [0])[-1] if "--average" in args else 0)


def compare(phema, run, rounds, lengths):
    targets = ",".join(f"{0.05 + 0.1 * (i + 0.5) / lengths:.4f}" for i in range(lengths))
    work = pathlib.Path(tempfile.mkdtemp(dir=run.parent))
    options = ["--indir", run, "--outstd", targets, "--files", "all"]
    fits = json.loads(subprocess.check_output([phema, "fit", "--json", *options]))["fits"]
    (work / "coefficients.json").write_text(json.dumps([fit["coefficients"] for fit in fits]))
    pickles = any(path.suffix == ".pkl" for path in run.iterdir())
    ours, theirs = [], []
    for _ in range(rounds):
        for made in ("phema", "torch"):
            shutil.rmtree(work / made, ignore_errors=True)
        ours.append(command(phema, "reconstruct", *options, "--outdir", work / "phema", "--format", "pkl" if pickles else "dcp"))
        theirs.append(command(sys.executable, __file__, "--average", run, work / "coefficients.json", work / "torch"))
    a = load(min((work / "phema").iterdir()))
    if pickles:
        b = pickle.loads((work / "torch/0.pkl").read_bytes())
    else:
        b = load(work / "torch/0")
    difference = sum(float((a[k].double() - b[k].double()).square().sum()) for k in b) ** 0.5 / sum(float(v.double().square().sum()) for v in b.values()) ** 0.5
    shutil.rmtree(work)
    print(f"{len(fits[0]['coefficients'])} checkpoints, {lengths} lengths, medians of {rounds} rounds: seconds, of processors, resident")
    for name, times in (("phema reconstruct", ours), ("torch", theirs)):
        seconds, processor, resident, _ = (statistics.median(column) for column in zip(*times))
        print(f"{name:20} {seconds:7.2f} {processor:7.2f} {resident / 1e6:7.0f} MB")
    print(f"torch / phema: {statistics.median(t[0] / o[0] for o, t in zip(ours, theirs)):.2f} of seconds, "
          f"{statistics.median(t[1] / o[1] for o, t in zip(ours, theirs)):.2f} of processors'")
    print(f"of torch's, but for the import and the start: {statistics.median(t[3] for t in theirs):.2f} s")
    print(f"relative difference of both results {difference:.1e}")


if __name__ == "__main__":
    if sys.argv[1] == "--average":
        average(pathlib.Path(sys.argv[2]), json.loads(pathlib.Path(sys.argv[3]).read_text()), pathlib.Path(sys.argv[4]))
    else:
        compare(sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), *map(int, (sys.argv[3:] + ["3", "1"][len(sys.argv) - 3:])[:2]))
