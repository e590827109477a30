#!/usr/bin/env python3
"""check.py ROOT WORK: phema's files in real libraries and theirs in phema. One line per check; exit status 1 when one failed."""
import importlib.util, json, pickle, subprocess, sys, traceback, warnings
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

warnings.simplefilter('ignore')
ROOT, WORK = Path(sys.argv[1]), Path(sys.argv[2])
FIXTURES = ROOT / 'src/test/resources/fixtures'
STDS = (0.03, 0.15)
checks, failed = [], []


def check(name):
    def register(f): checks.append((name, f)); return f
    return register


def phema(*args, status=0):
    done = subprocess.run([ROOT / 'phema', *map(str, args)], capture_output=True, text=True)
    assert done.returncode == status, f'phema {args[0]} ended with {done.returncode}: {done.stderr or done.stdout}'
    return done.stdout


def reconstruct(run, name, *options):
    out = WORK / name
    phema('reconstruct', '--indir', FIXTURES / run, '--outdir', out, '--outstd', ','.join(map(str, STDS)), '--solver', 'paper', *options)
    return out


def combination(std):
    """What the reconstruction must be: numpy's sum of the snapshots with the fit's coefficients."""
    files = sorted((FIXTURES / 'safetensors').glob('*.safetensors'))
    fit = json.loads(phema('fit', '--indir', FIXTURES / 'safetensors', '--outstd', std, '--solver', 'paper', '--json'))
    weights = fit['fits'][0]['coefficients']
    tensors = [load_file(f) for f in files]
    newest = load_file(max(files))
    names = [k for k, v in newest.items() if v.is_floating_point()]
    return {k: sum(weights.get(f.name, 0) * t[k].double().numpy() for f, t in zip(files, tensors)) for k in names}


def indexed(path):
    """phema's index of a file, as name -> (dtype, shape, elements), the elements read from where phema says they are."""
    view, = json.loads(phema('inspect', '--json', '--tensors', path))
    data = np.fromfile(path, np.uint8)
    kinds = dict(F64=torch.float64, F32=torch.float32, F16=torch.float16, BF16=torch.bfloat16, F8_E4M3=torch.float8_e4m3fn, F8_E5M2=torch.float8_e5m2, I64=torch.int64,
                 I32=torch.int32, I16=torch.int16, I8=torch.int8, U64=torch.uint64, U32=torch.uint32, U16=torch.uint16, U8=torch.uint8, BOOL=torch.bool)
    found = {}
    for t in view['tensors']:
        kind, dims = kinds[t['dtype']], t['shape']
        if 0 in dims:
            found[t['name']] = torch.empty(dims, dtype=kind)
            continue
        extent = 1 + sum((d - 1) * s for d, s in zip(dims, t['strides']))
        raw = torch.from_numpy(data[t['offset']:t['offset'] + extent * kind.itemsize].copy()).view(kind)
        found[t['name']] = torch.as_strided(raw, dims, t['strides'])
    return found


def bits(t):
    packed = torch.empty(t.numel(), dtype=t.dtype).copy_(t.detach().reshape(-1))
    return (t.dtype, tuple(t.shape), packed.view(torch.uint8).numpy().tobytes())


def equal(a, b):
    assert set(a) == set(b), f'names differ: {set(a) ^ set(b)}'
    for k in a: assert bits(a[k]) == bits(b[k]), f'{k} differs: {a[k].dtype} {tuple(a[k].shape)} and {b[k].dtype} {tuple(b[k].shape)}'
    return f'{len(a)} tensors equal'


def unpickle(path):
    """With the stand-in classes that the fixtures were written with."""
    spec = importlib.util.spec_from_file_location('make_fixtures', FIXTURES / 'make_fixtures.py')
    module = importlib.util.module_from_spec(spec); argv, sys.argv = sys.argv, ['']
    spec.loader.exec_module(module); sys.argv = argv
    with open(path, 'rb') as f: net = pickle.load(f)['ema']
    return {**dict(net.named_parameters()), **dict(net.named_buffers())}


def flat(value, prefix=''):
    """A checkpoint's tensors by path, as phema names them."""
    if isinstance(value, torch.Tensor): return {prefix: value}
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    return {n: t for k, v in items if isinstance(value, (list, tuple)) or isinstance(k, str) for n, t in flat(v, f'{prefix}.{k}' if prefix else str(k)).items()}


@check('reconstructed safetensors: safetensors loads them, numpy agrees')
def _():
    out, worst = reconstruct('safetensors', 'st', '--dtype', 'f32'), 0
    for std in STDS:
        file = out / f'phema-0000262-{std:.3f}.safetensors'
        expected, found = combination(std), load_file(file)
        for k, v in expected.items():
            error = np.linalg.norm(found[k].numpy() - v) / max(np.linalg.norm(v), 1e-30)
            worst = max(worst, error); assert error < 1e-6, f'{k}: {error}'
        reference = WORK / f'numpy-{std}.safetensors'
        save_file({k: torch.from_numpy(np.asarray(v, np.float32)) if k in expected else found[k] for k, v in {**found, **expected}.items()}, reference)
        phema('diff', reference, file, '--tolerance', 1e-6)
        with safe_open(file, 'pt') as f: assert f.metadata()['format'] == 'pt'
    return f'largest relative error {worst:.1e}'


@check('reconstructed pt: torch.load(weights_only=True), also mapped')
def _():
    out = reconstruct('safetensors', 'pt', '--format', 'pt', '--dtype', 'f32')
    for std in STDS:
        file, same = out / f'phema-0000262-{std:.3f}.pt', load_file(WORK / f'st/phema-0000262-{std:.3f}.safetensors')
        loaded = torch.load(file, weights_only=True)
        assert isinstance(loaded, OrderedDict)
        equal(loaded, same); equal(torch.load(file, weights_only=True, mmap=True), same); equal(indexed(file), same)
        phema('diff', file, WORK / f'st/phema-0000262-{std:.3f}.safetensors')
    return equal(loaded, same)


@check('reconstructed pt of 16-bit floats: torch.load')
def _():
    for dtype, kind in (('f16', torch.float16), ('bf16', torch.bfloat16)):
        out = reconstruct('safetensors', f'pt-{dtype}', '--format', 'pt', '--dtype', dtype)
        loaded = torch.load(out / 'phema-0000262-0.150.pt', weights_only=True)
        wide = load_file(WORK / 'st/phema-0000262-0.150.safetensors')
        equal(loaded, {k: v.to(kind) if v.is_floating_point() else v for k, v in wide.items()})
    return 'equal to the rounded f32'


@check('reconstructed shards: the index names what the shards hold')
def _():
    out = reconstruct('safetensors', 'shards', '--shard-size', '8KB', '--dtype', 'f32')
    for std in STDS:
        index = json.loads((out / f'phema-0000262-{std:.3f}.safetensors.index.json').read_text())
        whole = {}
        for shard in sorted(set(index['weight_map'].values())):
            part = load_file(out / shard)
            assert all(index['weight_map'][k] == shard for k in part); whole |= part
        equal(whole, load_file(WORK / f'st/phema-0000262-{std:.3f}.safetensors'))
    phema('diff', out / 'phema-0000262-0.150.safetensors.index.json', WORK / 'st/phema-0000262-0.150.safetensors')
    return f"{len(set(index['weight_map'].values()))} shards"


def on_rank(rank, folder, whole):
    """Loads rows of every matrix of a distributed checkpoint into one of three ranks."""
    import os
    import torch.distributed as dist
    import torch.distributed.checkpoint as dcp
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.tensor import Shard, zeros
    os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT='29643')
    dist.init_process_group('gloo', rank=rank, world_size=3)
    mesh = init_device_mesh('cpu', (3,))
    cut = {k: zeros(*v.shape, dtype=v.dtype, device_mesh=mesh, placements=[Shard(0)]) if v.ndim else torch.zeros_like(v) for k, v in whole.items()}
    dcp.load(cut, checkpoint_id=folder)
    equal({k: v.full_tensor() if v.ndim else v for k, v in cut.items()}, whole)
    dist.destroy_process_group()


@check('reconstructed dcp: torch.distributed.checkpoint loads it, on three ranks as well, dcp_to_torch_save takes it')
def _():
    import torch.distributed.checkpoint as dcp
    from torch.distributed.checkpoint.format_utils import dcp_to_torch_save
    out = reconstruct('safetensors', 'dcp', '--format', 'dcp', '--dtype', 'f32', '--shard-size', '8KB')
    for std in STDS:
        folder, whole = out / f'phema-0000262-{std:.3f}', load_file(WORK / f'st/phema-0000262-{std:.3f}.safetensors')
        empty = {k: torch.zeros_like(v) for k, v in whole.items()}
        dcp.load(empty, checkpoint_id=folder, no_dist=True)
        equal(empty, whole)
        dcp_to_torch_save(folder, WORK / 'dcp.pt')
        equal(torch.load(WORK / 'dcp.pt', weights_only=True), whole)
        phema('diff', folder / '.metadata', WORK / f'st/phema-0000262-{std:.3f}.safetensors')
    torch.multiprocessing.start_processes(on_rank, (str(folder), whole), nprocs=3, start_method='fork')
    return f"{len(list(folder.glob('*.distcp')))} files"


@check('reconstructed pkl: unpickles, equals the same run as safetensors')
def _():
    out, st = reconstruct('edm2', 'pkl'), reconstruct('edm2', 'pkl-st', '--format', 'safetensors')
    for std in STDS:
        result = equal(unpickle(out / f'phema-0000262-{std:.3f}.pkl'), load_file(st / f'phema-0000262-{std:.3f}.safetensors'))
        phema('diff', out / f'phema-0000262-{std:.3f}.pkl', st / f'phema-0000262-{std:.3f}.safetensors')
    return result


@check('torch.save: phema finds every tensor of every type, view and nest')
def _():
    kinds = 'float64 float32 float16 bfloat16 float8_e4m3fn float8_e5m2 int64 int32 int16 int8 uint64 uint32 uint16 uint8 bool'.split()
    base, tied = torch.randn(8, 5), torch.randn(7)
    saved = {n: torch.arange(6).reshape(2, 3).to(getattr(torch, n)) for n in kinds}
    saved |= {'t': base.T, 'col': base[:, 1], 'scalar': torch.tensor(2.5), 'empty': torch.empty(0, 4), 'tied': [tied, tied[2:]], 'p': torch.nn.Parameter(base)}
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    for name, value in dict(plain=saved, ordered=OrderedDict(saved), nested=dict(step=3, model=net.state_dict(), ema=dict(decay=.9, model=saved))).items():
        torch.save(value, WORK / f'{name}.pt'); torch.save(value, WORK / f'{name}-4.pt', pickle_protocol=4)
        result = equal(indexed(WORK / f'{name}.pt'), flat(value)); equal(indexed(WORK / f'{name}-4.pt'), flat(value))
    return result


@check('safetensors: phema finds every tensor')
def _():
    save_file({'a': torch.randn(3, 4), 'b': torch.arange(5), 'c': torch.tensor(1., dtype=torch.bfloat16), 'd': torch.empty(0, 2)}, WORK / 'a.safetensors', metadata={'k': 'v'})
    return equal(indexed(WORK / 'a.safetensors'), load_file(WORK / 'a.safetensors'))


def network():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))


def checkpoints(folder):
    files = sorted(folder.rglob('*.pt'))
    assert files, 'no checkpoints were written'
    for f in files: equal(indexed(f), flat(torch.load(f, weights_only=True)))
    return f'{len(files)} files, tensors such as {sorted(indexed(files[0]))[0]}'


@check('ema-pytorch: phema finds every tensor')
def _():
    from ema_pytorch import PostHocEMA
    ema = PostHocEMA(network(), sigma_rels=(0.05, 0.28), checkpoint_every_num_steps=2, checkpoint_folder=str(WORK / 'ema-pytorch'), update_every=1)
    for _ in range(4): ema.update()
    return checkpoints(WORK / 'ema-pytorch')


@check('nitrous-ema: phema finds every tensor')
def _():
    from nitrous_ema import PostHocEMA
    ema = PostHocEMA(network(), sigma_rels=(0.05, 0.28), checkpoint_every_num_steps=2, checkpoint_folder=str(WORK / 'nitrous-ema'), update_every=1)
    for _ in range(4): ema.update()
    return checkpoints(WORK / 'nitrous-ema')


@check('pytorch-posthoc-ema: phema finds every tensor')
def _():
    from posthoc_ema import PostHocEMA
    net = network()
    ema = PostHocEMA.from_model(net, str(WORK / 'posthoc-ema'), update_every=1, checkpoint_every=2, update_after_step=0, checkpoint_dtype=torch.float16)
    for _ in range(4): ema.update_(net)
    return checkpoints(WORK / 'posthoc-ema')


@check('diff: a changed value is found, and ends with status 3')
def _():
    tensors = load_file(WORK / 'a.safetensors'); tensors['a'][1, 2] += 0.5; save_file(tensors, WORK / 'b.safetensors')
    view = json.loads(phema('diff', '--json', WORK / 'a.safetensors', WORK / 'b.safetensors', status=3))
    expected = 0.5 / load_file(WORK / 'a.safetensors')['a'].norm().item()
    found = next(t for t in view['tensors'] if t['name'] == 'a')
    assert view['worst'] == 'a' and found['unequal'] == 1 and abs(found['relativeError'] / expected - 1) < 1e-6, view
    return f"relative error {found['relativeError']:.3f}"


for name, f in checks:
    try: print(f'ok    {name}: {f()}', flush=True)
    except Exception as e:
        failed.append(name)
        print(f'FAIL  {name}: {e or traceback.format_exc()}', flush=True)
print(f'{len(checks) - len(failed)} of {len(checks)} checks passed; torch {torch.__version__}')
sys.exit(bool(failed))
