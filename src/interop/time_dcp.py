#!/usr/bin/env python3
"""time_dcp.py PHEMA RUN [ROUNDS]: the same average of distributed checkpoints by phema and by torch.distributed.checkpoint, in turn.

RUN is what `phema bench generate --format dcp` writes. phema's side is a whole `reconstruct` command; torch's loads one checkpoint after the other with
dcp.load (on one process, into tensors that are there already), adds it with its coefficient in single precision, and saves the sum in half precision with
dcp.save. Prints medians of seconds, of seconds of processors, and of the most memory that was resident, and how far both results differ.
Needs torch.
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TARGET = "0.075"


def tensors(checkpoint, dtype=None):
    import torch
    from torch.distributed.checkpoint import FileSystemReader

    entries = FileSystemReader(checkpoint).read_metadata().state_dict_metadata
    return {name: torch.zeros(entry.size, dtype=dtype or entry.properties.dtype) for name, entry in entries.items()}


def average(run, coefficients, out):
    """What a script of a few lines does."""
    import torch
    import torch.distributed.checkpoint as dcp

    begin, total, one = time.time(), None, None
    for snapshot, coefficient in coefficients.items():
        folder = (run / snapshot).parent
        if total is None:
            total, one = tensors(folder, torch.float32), tensors(folder)
        dcp.load(one, checkpoint_id=folder, no_dist=True)
        for name, tensor in one.items():
            total[name].add_(tensor, alpha=coefficient)
    dcp.save({name: tensor.half() for name, tensor in total.items()}, checkpoint_id=out, no_dist=True)
    print(time.time() - begin)


def command(*args):
    """Seconds, those of processors, the most resident bytes, and what was printed."""
    begin = time.time()
    process = subprocess.Popen([str(a) for a in args], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, args
    return time.time() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, float((said.split() or [0])[-1] if "--average" in args else 0)


def compare(phema, run, rounds):
    import torch
    import torch.distributed.checkpoint as dcp

    work = pathlib.Path(tempfile.mkdtemp(dir=run))
    fit, = json.loads(subprocess.check_output([phema, "fit", "--json", "--indir", run, "--outstd", TARGET, "--files", "all"]))["fits"]
    (work / "coefficients.json").write_text(json.dumps(fit["coefficients"]))
    ours, theirs = [], []
    for _ in range(rounds):
        for made in ("phema", "torch"):
            shutil.rmtree(work / made, ignore_errors=True)
        ours.append(command(phema, "reconstruct", "--indir", run, "--outdir", work / "phema", "--outstd", TARGET, "--files", "all", "--format", "dcp"))
        theirs.append(command(sys.executable, __file__, "--average", run, work / "coefficients.json", work / "torch"))
    folder, = (work / "phema").iterdir()
    a, b = tensors(folder), tensors(work / "torch")
    dcp.load(a, checkpoint_id=folder, no_dist=True)
    dcp.load(b, checkpoint_id=work / "torch", no_dist=True)
    difference = sum(float((a[k].double() - b[k].double()).square().sum()) for k in b) ** 0.5 / sum(float(v.double().square().sum()) for v in b.values()) ** 0.5
    shutil.rmtree(work)
    print(f"{len(fit['coefficients'])} checkpoints, medians of {rounds} rounds: seconds, of processors, resident")
    for name, times in (("phema reconstruct", ours), ("torch", theirs)):
        seconds, processor, resident, _ = (statistics.median(column) for column in zip(*times))
        print(f"{name:20} {seconds:7.2f} {processor:7.2f} {resident / 1e6:7.0f} MB")
    print(f"of torch's, but for the import and the start: {statistics.median(t[3] for t in theirs):.2f} s")
    print(f"relative difference of both results {difference:.1e}")


if __name__ == "__main__":
    if sys.argv[1] == "--average":
        average(pathlib.Path(sys.argv[2]), json.loads(pathlib.Path(sys.argv[3]).read_text()), pathlib.Path(sys.argv[4]))
    else:
        compare(sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), int(sys.argv[3]) if len(sys.argv) > 3 else 3)
