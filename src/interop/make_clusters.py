"""Writes small checkpoints as jobs on several machines write them, and digests of what is in them.

    python src/interop/make_clusters.py [FOLDER]      (default: src/test/resources/fixtures/clusters)

Needs torch and safetensors. The writers are torch's own (torch.distributed.checkpoint, on eight processes); DeepSpeed's
files are put together from torch.save as its stages 2 and 3 do. What lies in the folder already (torchtitan, ...) stays
as its trainer wrote it. digests.json holds, for each checkpoint and tensor, the
element type, the shape and the SHA-256 of the elements in row-major order.
"""
import collections
import hashlib
import json
import math
import os
import pathlib
import pickle
import shutil
import sys
import tempfile

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
import torch.multiprocessing as mp
from torch.distributed.checkpoint import FileSystemWriter, HuggingFaceStorageWriter
from torch.distributed.checkpoint.format_utils import dcp_to_torch_save
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import Replicate, Shard, distribute_tensor

RANKS = 8
NAMES = {torch.float32: "F32", torch.bfloat16: "BF16", torch.int64: "I64", torch.bool: "BOOL"}


def numbers(*shape, dtype=torch.float32, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).to(dtype)


def whole():
    """Tensors that are cut in every way."""
    return {
        "rows": numbers(10, 6),
        "uneven": numbers(3, 5, seed=2),
        "columns": numbers(4, 12, seed=3),
        "blocks": numbers(10, 6, dtype=torch.bfloat16, seed=4),
        "cubes": numbers(4, 6, 8, seed=5),
        "replicated": numbers(7, seed=6),
        "transposed": numbers(6, 4, seed=7).t(),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 4),
        "count": torch.tensor([1, 2, 3]),
        "nested": {"mask": torch.tensor([[True, False], [False, True]]), "list": [numbers(2, seed=8), numbers(2, seed=9)]},
    }


def flat(state, prefix=""):
    for key, value in state.items() if isinstance(state, dict) else enumerate(state):
        if isinstance(value, (dict, list)):
            yield from flat(value, f"{prefix}{key}.")
        elif torch.is_tensor(value):
            yield prefix + str(key), value


def digests(tensors):
    return {
        name: [NAMES[t.dtype], list(t.shape), hashlib.sha256(t.detach().contiguous().flatten().view(torch.uint8).numpy().tobytes()).hexdigest()]
        for name, t in tensors
    }


def runs_of_blocks():
    """What Megatron's distributed optimizer keeps; expert biases have no masters."""
    return {"stacked.weight": numbers(2, 6, 5, seed=30), "bias": numbers(7, seed=31), "expert_bias": numbers(3, seed=32)}


def in_blocks(stacked):
    """[layers, rows, columns] in blocks of one layer and half of the rows: a dimension for each cut, then the block's elements end to end."""
    layers, rows, columns = stacked.shape
    return stacked.reshape(layers, 2, 1, rows // 2 * columns)


def note_shapes(metadata):
    """Megatron's planner notes the shapes of such tensors beside the others."""
    state = pickle.loads(metadata.read_bytes())
    state.mcore_data = {"optimizer.state.fp32_param.stacked.weight": {"nd_reformulated_orig_global_shape": (2, 6, 5)}}
    metadata.write_bytes(pickle.dumps(state))


def worker(rank, folder):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29641")
    dist.init_process_group("gloo", rank=rank, world_size=RANKS)
    line = init_device_mesh("cpu", (RANKS,))
    cube = init_device_mesh("cpu", (2, 2, 2))
    grid = init_device_mesh("cpu", (4, 2))
    cut = whole()
    for name, mesh, placements in [
        ("rows", line, [Shard(0)]),
        ("uneven", line, [Shard(0)]),
        ("columns", line, [Shard(1)]),
        ("blocks", grid, [Shard(0), Shard(1)]),
        ("cubes", cube, [Shard(0), Shard(1), Shard(2)]),
        ("replicated", line, [Replicate()]),
    ]:
        cut[name] = distribute_tensor(cut[name], mesh, placements)
    cut["train_state"] = {"step": 300, "name": "run"}
    cut["optimizer"] = {"state.rows.exp_avg": cut["rows"]}
    dcp.save(cut, checkpoint_id=folder + "/cuts")

    tensors = {name: cut[name] for name in ("rows", "columns", "blocks", "cubes")}
    dcp.save(tensors, storage_writer=HuggingFaceStorageWriter(folder + "/hf", save_distributed=True))
    two = {"rows": 1, "columns": 1, "blocks": 2, "cubes": 2}
    dcp.save(
        tensors,
        storage_writer=HuggingFaceStorageWriter(
            folder + "/hf-consolidated", fqn_to_index_mapping=two, save_distributed=True, enable_consolidation=True
        ),
    )
    dist.barrier()
    alone = {"rows": cut["rows"], "columns": cut["columns"], "replicated": whole()["replicated"], "train_state": {"step": 400}}
    dcp.save(alone, storage_writer=FileSystemWriter(folder + "/ranks"), use_collectives=False)
    dist.barrier()
    masters = runs_of_blocks()
    dcp.save(
        {
            "stacked.weight": distribute_tensor(masters["stacked.weight"].bfloat16(), line, [Shard(1)]),
            "bias": masters["bias"].bfloat16(),
            "expert_bias": masters["expert_bias"],
            "optimizer": {
                "state.fp32_param.stacked.weight": distribute_tensor(in_blocks(masters["stacked.weight"]), cube, [Shard(0), Shard(1), Shard(3)]),
                "state.fp32_param.bias": distribute_tensor(masters["bias"], line, [Shard(0)]),
            },
        },
        checkpoint_id=folder + "/flat",
    )
    dist.barrier()
    dist.destroy_process_group()


def distributed(folder):
    mp.spawn(worker, args=(str(folder),), nprocs=RANKS)
    shutil.rmtree(folder / "hf-consolidated" / "sharded")
    note_shapes(folder / "flat" / ".metadata")
    state = whole()
    return {
        "cuts": digests(flat(state)),
        "hf": digests((name, state[name]) for name in ("rows", "columns", "blocks", "cubes")),
        "hf-consolidated": digests((name, state[name]) for name in ("rows", "columns", "blocks", "cubes")),
        "ranks": digests((name, state[name]) for name in ("rows", "columns", "replicated")),
        "flat": digests(runs_of_blocks().items()),
    }


# ---- DeepSpeed


def model():
    trained = collections.OrderedDict(
        (name, numbers(*shape, seed=10 + i))
        for i, (name, shape) in enumerate([("embed", (7, 3)), ("w", (5, 4)), ("b", (5,)), ("norm", (3,)), ("out", (2, 3, 5))])
    )
    return trained, {"frozen": numbers(5, 3, seed=20).bfloat16()}, {"positions": torch.arange(4)}


def head(trained, frozen, buffers, groups, **more):
    module = collections.OrderedDict((k, v.bfloat16()) for k, v in trained.items())
    module.update(frozen)
    module.update(buffers)
    module["tied"] = module["embed"]
    return {
        "module": module,
        "buffer_names": list(buffers),
        "optimizer": None,
        "param_shapes": [collections.OrderedDict((name, trained[name].shape) for name in group) for group in groups],
        "frozen_param_shapes": collections.OrderedDict((k, v.shape) for k, v in frozen.items()),
        "shared_params": {"tied": "embed"},
        "global_steps": 100,
        "skipped_steps": 0,
        "mp_world_size": 1,
        "ds_config": {"bf16": {"enabled": True}},
        "ds_version": "0.17.5",
        **more,
    }


def optimizer(stage, ranks, partition, groups):
    key = "single_partition_of_fp32_groups" if stage < 3 else "fp32_flat_groups"
    count = [ranks] * len(groups) if stage < 3 else ranks
    return {
        "optimizer_state_dict": {"zero_stage": stage, "partition_count": count, key: partition, "ds_version": "0.17.5"},
        "ds_config": {},
        "ds_version": "0.17.5",
    }


def zero2(folder, ranks=3, groups=(("embed", "w", "out"), ("b", "norm")), **client):
    """Each group's tensors end to end, padded to a multiple of twice the ranks, in equal parts."""
    folder.mkdir()
    trained, frozen, buffers = model()
    torch.save(head(trained, frozen, buffers, groups, dp_world_size=ranks, frozen_param_fragments=frozen, **client), folder / "mp_rank_00_model_states.pt")
    parts = []
    for group in groups:
        together = torch.cat([trained[name].flatten() for name in group])
        parts.append(torch.cat([together, torch.zeros(-together.numel() % (2 * ranks))]).chunk(ranks))
    for rank in range(ranks):
        mine = [part[rank].clone() for part in parts]
        torch.save(optimizer(2, ranks, mine, groups), folder / f"bf16_zero_pp_rank_{rank}_mp_rank_00_optim_states.pt")


def zero3(folder, ranks=2, groups=(("embed", "w", "b"), ("norm", "out"))):
    """Each tensor in equal parts, padded; each rank's parts end to end, in sub-groups that cut anywhere."""
    folder.mkdir()
    trained, frozen, buffers = model()

    def part(tensor, rank):
        size = math.ceil(tensor.numel() / ranks)
        padded = torch.cat([tensor.flatten(), torch.zeros(size * ranks - tensor.numel(), dtype=tensor.dtype)])
        return padded[rank * size : (rank + 1) * size].clone()

    for rank in range(ranks):
        mine = head(trained, frozen, buffers, groups, dp_world_size=ranks)
        for name in [*trained, *frozen, "tied"]:
            mine["module"][name] = torch.empty(0, dtype=torch.bfloat16)
        mine["frozen_param_fragments"] = {name: part(tensor, rank) for name, tensor in frozen.items()}
        torch.save(mine, folder / f"zero_pp_rank_{rank}_mp_rank_00_model_states.pt")
        flat_groups = [torch.cat([part(trained[name], rank) for name in group]) for group in groups]
        torch.save(optimizer(3, ranks, flat_groups, groups), folder / f"bf16_zero_pp_rank_{rank}_mp_rank_00_optim_states.pt")


def deepspeed(folder):
    zero2(folder / "zero2")
    zero3(folder / "zero3")
    trained, frozen, buffers = model()
    tensors = digests((f"module.{name}", t) for name, t in {**trained, **frozen, **buffers, "tied": trained["embed"]}.items())
    average = {name: t / 2 for name, t in trained.items()}
    zero2(folder / "zero2-ema", ema=average, rng={"cpu": torch.arange(8, dtype=torch.uint8), "w": numbers(5, 4)})
    return {
        "zero2": tensors,
        "zero3": tensors,
        "zero2-ema": {**tensors, **digests((f"ema.{name}", t) for name, t in average.items())},
    }


def kept(folder):
    """Digests of checkpoints that are there already, as torch loads them."""
    found = {}
    for name in ("torchtitan", "torchtitan-2-ranks", "megatron"):
        if not (folder / name).exists():
            continue
        with tempfile.NamedTemporaryFile() as file:
            dcp_to_torch_save(folder / name, file.name)
            state = torch.load(file.name, weights_only=False)
        weights = {k: v for k, v in state.items() if k != "optimizer" and not k.startswith("optimizer.")}
        found[name] = digests(flat(weights))
    return found


def main(folder):
    torch.set_num_threads(1)
    for made in ("cuts", "hf", "hf-consolidated", "ranks", "flat", "zero2", "zero2-ema", "zero3"):
        shutil.rmtree(folder / made, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "digests.json"
    path.write_text(json.dumps({**distributed(folder), **deepspeed(folder), **kept(folder)}, indent=1) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "src/test/resources/fixtures/clusters"))
