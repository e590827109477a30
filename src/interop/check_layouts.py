#!/usr/bin/env python3
"""check_layouts.py PHEMA RUNS WORK [NAME ...]: outputs in the layout of their inputs, loaded as the trainers load their own checkpoints.

PHEMA is the launcher, RUNS a folder of runs as trainers write them (dit/, k_diffusion/, ldm/, lightning/, cosmos/, lucid_ddpm/, ...), WORK a folder to
write to. Needs what requirements-layouts.txt lists. Two lines per run: how far the average of sigma_rel 0.10 is from what was tracked at every step
(RUNS/../truth/NAME.npz), with nothing written that the trainer did not write, and what loaded an output in the run's own layout, and how far its weights are
from numpy's combination of the same files. Exit status 1 when one failed.
"""
import argparse, contextlib, json, re, shutil, subprocess, sys, traceback, warnings
from pathlib import Path

import numpy as np
import torch

warnings.simplefilter('ignore')
PHEMA, RUNS, WORK = (Path(a).resolve() for a in sys.argv[1:4])
checks = {}


def check(f): checks[f.__name__] = f; return f


def phema(*args):
    done = subprocess.run([PHEMA, *map(str, args)], capture_output=True, text=True)
    assert done.returncode == 0, f'phema {args[0]}: {done.stderr or done.stdout}'
    return done.stdout


def close(found, expected, most=2e-7):
    """The relative error of tensors by name, which must be there in the same shapes."""
    assert set(found) >= set(expected), f'missing: {sorted(set(expected) - set(found))[:3]}'
    found = {k: v.detach().double().numpy() for k, v in found.items() if k in expected}
    for k, v in expected.items(): assert found[k].shape == v.shape, f'{k}: {found[k].shape} and {v.shape}'
    error = np.sqrt(sum(((found[k] - v) ** 2).sum() for k, v in expected.items()) / sum((v ** 2).sum() for v in expected.values()))
    assert error < most, f'off by {error:.1e}'
    return f'{error:.0e}'


def run(name, below, pattern, manifest=None):
    """A copy of a run's files, and its length 0.120 in its own layout."""
    source, folder, out = RUNS / name / below, WORK / name / 'run', WORK / name / 'out'
    shutil.rmtree(WORK / name, ignore_errors=True)
    folder.mkdir(parents=True)
    for f in sorted(source.glob(pattern)):
        shutil.copytree(f, folder / f.name) if f.is_dir() else shutil.copy2(f, folder)
    if manifest: (folder / 'phema.yaml').write_text(manifest)
    said = phema('reconstruct', '--indir', folder, '--outdir', out, '--outstd', 0.12)
    fit, = json.loads(phema('fit', '--indir', folder, '--outstd', 0.12, '--json'))['fits']
    return folder, out, fit['coefficients'], said


def combined(folder, coefficients, tensors):
    """numpy's sum of the snapshots, each with its coefficient; tensors(file, prefix) gives a snapshot's weights by name."""
    total = {}
    for snapshot, c in coefficients.items():
        file, _, group = snapshot.partition('#')
        for k, v in tensors(folder / file, group).items():
            if v.is_floating_point(): total[k] = total.get(k, 0) + np.float32(c).astype(float) * v.double().numpy()
    return total


def load(file): return torch.load(file, map_location='cpu', weights_only=False)


def flat(value, prefix=''):
    """The tensors in dictionaries, by path."""
    if torch.is_tensor(value): return {prefix: value}
    return {n: t for k, v in value.items() if isinstance(k, str) for n, t in flat(v, f'{prefix}.{k}' if prefix else k).items()} if isinstance(value, dict) else {}


def nested(file, group):
    return {k.removeprefix(group + '.'): v for k, v in flat(load(file)).items() if not group or k.startswith(group + '.')}


class Tree(torch.nn.Module):
    """A network with parameters of these names and shapes."""
    def __init__(self, shapes, buffers=()):
        super().__init__()
        for name, shape in shapes.items():
            *path, last = name.split('.')
            module = self
            for word in path:
                if word not in module._modules: module.add_module(word, Tree({}))
                module = module._modules[word]
            if name in buffers: module.register_buffer(last, torch.zeros(shape))
            else: module.register_parameter(last, torch.nn.Parameter(torch.zeros(shape)))


def shapes(tensors): return {k: tuple(v.shape) for k, v in tensors.items()}


def size(out, newest):
    """Sizes of the output and of the newest input: with raw weights and average on the same storages, and without an optimizer's moments, it is smaller."""
    assert out.stat().st_size < newest.stat().st_size
    return f'{out.stat().st_size} bytes, input {newest.stat().st_size}'


@check
def dit():
    """sample.py's find_model: torch.load, ['ema'], load_state_dict(strict=True); train.py's checkpoint['args'].model."""
    folder, out, c, said = run('dit', '000-DiT-S-2/checkpoints', '*.pt')
    newest, file = max(folder.glob('*.pt')), next(out.glob('*.pt'))
    checkpoint, was = load(file), load(newest)
    expected = combined(folder, c, nested)
    expected['pos_embed'] = was['ema']['pos_embed'].double().numpy()
    for group in 'ema', 'model':
        net = Tree(shapes(was[group]))
        net.load_state_dict(checkpoint[group])
        result = close(net.state_dict(), expected)
    assert isinstance(checkpoint['args'], argparse.Namespace) and checkpoint['args'] == was['args'] and list(checkpoint) == list(was)
    optimizer = torch.optim.AdamW(Tree(shapes(was['model']), buffers=('pos_embed',)).parameters())
    optimizer.load_state_dict(checkpoint['opt'])
    assert not optimizer.state and checkpoint['ema']['final_layer.linear.weight'].data_ptr() == checkpoint['model']['final_layer.linear.weight'].data_ptr()
    assert 'opt' in re.search('left out: (.*)', said)[1]
    return f'{result}; {size(file, newest)}'


@check
def k_diffusion():
    """sample.py: ckpt['config'], inner_model.load_state_dict(ckpt['model_ema']); train.py's ema_sched.load_state_dict(ckpt['ema_sched'])."""
    folder, out, c, said = run('k_diffusion', '.', '*.pth')
    newest, file = max(folder.glob('*.pth')), next(out.glob('*.pth'))
    checkpoint, was = load(file), load(newest)
    assert torch.load(file, weights_only=True).keys() == checkpoint.keys() == was.keys() - {'sched', 'demo_gen'}
    for key in 'config', 'ema_sched', 'step', 'epoch', 'ema_stats', 'gns_stats': assert checkpoint[key] == was[key], key
    expected = combined(folder, c, nested)
    for group in 'model', 'model_ema':
        net = Tree(shapes(was[group]))
        net.load_state_dict(checkpoint[group])
        result = close(net.state_dict(), expected)
    return f'{result}; {size(file, newest)}'


@check
def ldm():
    """load_model_from_config's load_state_dict(pl_sd['state_dict'], strict=True), load_from_checkpoint, and LitEma.copy_to."""
    import lightning.pytorch as pl

    class LitEma(torch.nn.Module):
        """As in ldm/modules/ema.py."""
        def __init__(self, model, decay=0.9999):
            super().__init__()
            self.m_name2s_name = {}
            self.register_buffer('decay', torch.tensor(decay, dtype=torch.float32))
            self.register_buffer('num_updates', torch.tensor(0, dtype=torch.int))
            for name, p in model.named_parameters():
                if not p.requires_grad: continue
                self.m_name2s_name[name] = name.replace('.', '')
                self.register_buffer(self.m_name2s_name[name], p.clone().detach().data)

        def copy_to(self, model):
            shadow = dict(self.named_buffers())
            for name, p in model.named_parameters(): p.data.copy_(shadow[self.m_name2s_name[name]].data)

    folder, out, c, said = run('ldm', next((RUNS / 'ldm').glob('*/checkpoints/trainstep_checkpoints')).relative_to(RUNS / 'ldm'), '*.ckpt')
    newest, file = max(folder.glob('*.ckpt')), next(out.glob('*.ckpt'))
    was = load(newest)

    def tensors(path, group):
        state, short = load(path)['state_dict'], group.removeprefix('state_dict.')
        names = {k.replace('.', ''): k for k in (n.removeprefix('model.') for n in state if n.startswith('model.'))}
        return {names[k.removeprefix(short + '.').replace('.', '')]: v for k, v in state.items()
                if k.startswith(short + '.') and k.removeprefix(short + '.').replace('.', '') in names}

    class LatentDiffusion(pl.LightningModule):
        def __init__(self):
            super().__init__()
            other = [k for k in was['state_dict'] if not k.startswith(('model.', 'model_ema.', 'first_stage_model.'))]
            self.model = Tree({k.removeprefix('model.'): tuple(v.shape) for k, v in was['state_dict'].items() if k.startswith('model.')})
            self.model_ema = LitEma(self.model)
            self.first_stage_model = Tree({k.removeprefix('first_stage_model.'): tuple(v.shape) for k, v in was['state_dict'].items() if k.startswith('first_stage_model.')})
            for k in other: self.register_buffer(k, torch.zeros_like(was['state_dict'][k]))

    expected = combined(folder, c, tensors)
    net = LatentDiffusion.load_from_checkpoint(file, map_location='cpu', weights_only=False)
    result = close(net.model.state_dict(), expected)
    net.model_ema.copy_to(net.model)
    close(net.model.state_dict(), expected)
    assert net.model_ema.num_updates == was['state_dict']['model_ema.num_updates'] and net.model_ema.decay == was['state_dict']['model_ema.decay']
    for k in ('betas', 'alphas_cumprod', 'first_stage_model.decoder.conv_out.weight'): assert torch.equal(net.state_dict()[k], was['state_dict'][k]), k
    checkpoint = load(file)
    assert list(checkpoint) == list(was) and checkpoint['optimizer_states'] == [] and checkpoint['callbacks'] == was['callbacks'] and checkpoint['loops'] == was['loops']
    return f'{result}; {size(file, newest)}'


@check
def lightning():
    """LightningModule.load_from_checkpoint, and Trainer.test(ckpt_path=...)."""
    import lightning.pytorch as pl

    class Net(pl.LightningModule):
        def __init__(self, width=16, lr=3e-3):
            super().__init__()
            self.save_hyperparameters()
            self.net = torch.nn.Sequential(torch.nn.Linear(8, width), torch.nn.ReLU(), torch.nn.BatchNorm1d(width), torch.nn.Linear(width, 8))

        def test_step(self, batch, _): self.log('loss', ((self.net(batch[0]) - batch[0].flip(-1)) ** 2).mean())

    folder, out, c, said = run('lightning', 'checkpoints', 'epoch=*.ckpt')
    newest = max(folder.glob('*.ckpt'), key=lambda f: int(f.stem.split('step=')[1]))
    file, was = next(out.glob('*.ckpt')), load(newest)
    expected = {k: v for k, v in combined(folder, c, lambda f, g: {k.removeprefix('module.'): v for k, v in load(f)[g].items()}).items() if 'running' not in k}
    net = Net.load_from_checkpoint(file, map_location='cpu')
    result = close(net.state_dict(), expected)
    assert net.hparams == was['hyper_parameters']
    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.randn(64, 8)), batch_size=16)
    trainer = pl.Trainer(accelerator='cpu', devices=1, logger=False, enable_progress_bar=False, enable_model_summary=False)
    with contextlib.redirect_stdout(None): trainer.test(Net(), data, ckpt_path=file)
    close(trainer.model.state_dict(), expected)
    checkpoint = load(file)
    close({k.removeprefix('module.'): v for k, v in checkpoint['current_model_state'].items()}, expected)
    for key in 'epoch', 'global_step', 'pytorch-lightning_version', 'hparams_name': assert checkpoint[key] == was[key], key
    assert checkpoint['optimizer_states'] == checkpoint['lr_schedulers'] == [] and checkpoint['averaging_state'].keys() == was['averaging_state'].keys()
    return f'{result}; {size(file, newest)}'


@check
def cosmos():
    """A model with net (bf16) and net_ema (fp32), load_state_dict(torch.load(..., weights_only=True), strict=True)."""
    folder, out, c, said = run('cosmos', 'checkpoints/model', '*.pt')
    newest, file = max(folder.glob('*.pt')), next(out.glob('*.pt'))
    was, checkpoint = load(newest), torch.load(file, weights_only=True)
    net = Tree(shapes(was))
    net.load_state_dict(checkpoint)
    expected = combined(folder, c, nested)
    result = close({k.removeprefix('net_ema.'): v for k, v in net.state_dict().items() if k.startswith('net_ema.')}, expected)
    close({k.removeprefix('net.'): v for k, v in checkpoint.items() if k.startswith('net.')}, expected, 3e-3)
    assert {k: v.dtype for k, v in checkpoint.items()} == {k: v.dtype for k, v in was.items()}
    return result


@check
def lucid_ddpm():
    """denoising-diffusion-pytorch's Trainer.load: model, opt, ema (ema-pytorch's EMA) and scaler, weights_only=True."""
    import ema_pytorch
    folder, out, c, said = run('lucid_ddpm', '.', 'model-*.pt')
    newest, file = max(folder.glob('*.pt')), next(out.glob('*.pt'))
    was, data = load(newest), torch.load(file, weights_only=True)
    model = Tree(shapes(was['model']), buffers=('betas',))
    ema = ema_pytorch.EMA(model, beta=0.995, update_every=10)
    optimizer = torch.optim.AdamW(model.parameters())
    model.load_state_dict(data['model']); optimizer.load_state_dict(data['opt']); ema.load_state_dict(data['ema'])
    expected = {k: v for k, v in combined(folder, c, nested).items() if k != 'betas'}
    result = close(ema.ema_model.state_dict(), expected)
    close(ema.online_model.state_dict(), expected); close(model.state_dict(), expected)
    assert data['step'] == was['step'] and data['version'] == was['version'] and data['scaler'] is None and ema.step == was['ema']['step']
    return f'{result}; {size(file, newest)}'


def tensors(file, group):
    """Of a safetensors file, or of all shards that an index names."""
    from safetensors.torch import load_file
    if file.name.endswith('.index.json'):
        return {k: v for shard in set(json.loads(file.read_text())['weight_map'].values()) for k, v in load_file(file.parent / shard).items()}
    return load_file(file)


@check
def peft():
    """PeftModel.from_pretrained(base, FOLDER)."""
    from peft import PeftModel
    folder, out, c, said = run('peft', '.', '*')
    output, = out.iterdir()
    assert {f.name for f in output.iterdir()} == {'adapter_config.json', 'adapter_model.safetensors'}
    base = torch.nn.ModuleDict({'q_proj': torch.nn.Linear(16, 16), 'v_proj': torch.nn.Linear(16, 16)})
    model = PeftModel.from_pretrained(base, output)
    return close({k.replace('.default.', '.'): v for k, v in model.state_dict().items()}, combined(folder, c, tensors))


@check
def hf_trainer():
    """GPT2LMHeadModel.from_pretrained(FOLDER), in the shards of its inputs."""
    from transformers import GPT2LMHeadModel
    folder, out, c, said = run('hf_trainer', '.', '*')
    output, = out.iterdir()
    newest = max(folder.glob('checkpoint-*'), key=lambda f: int(f.name.split('-')[1]))
    wanted = {f.name for f in newest.iterdir() if f.suffix in ('.safetensors', '.json')} - {'trainer_state.json'}
    assert {f.name for f in output.iterdir()} == wanted
    was = json.loads((newest / 'model.safetensors.index.json').read_text())
    assert json.loads((output / 'model.safetensors.index.json').read_text())['weight_map'] == was['weight_map']
    model, info = GPT2LMHeadModel.from_pretrained(output, torch_dtype=torch.bfloat16, output_loading_info=True)
    assert not info['missing_keys'] and not info['unexpected_keys'], info
    return close(model.state_dict(), combined(folder, c, tensors), 3e-3) + ' (bf16)'


@check
def diffusers_unet():
    """DDPMPipeline.from_pretrained(FOLDER), and UNet2DModel.from_pretrained(FOLDER, subfolder='unet')."""
    from diffusers import DDPMPipeline, UNet2DModel
    folder, out, c, said = run('diffusers_unet', '.', '*')
    output, = out.iterdir()
    expected = combined(folder, c, tensors)
    close(UNet2DModel.from_pretrained(output, subfolder='unet').state_dict(), expected)
    return close(DDPMPipeline.from_pretrained(output).unet.state_dict(), expected)


@check
def kohya():
    """safetensors' load_file, by the names of sd-scripts; metadata without hashes of another content."""
    from safetensors import safe_open
    folder, out, c, said = run('kohya', '.', '*.safetensors')
    file, = out.iterdir()
    with safe_open(file, 'pt') as f: metadata = f.metadata()
    assert metadata['ss_network_dim'] == '4' and metadata['format'] == 'pt' and not {'sshs_model_hash', 'sshs_legacy_hash'} & metadata.keys()
    return close(tensors(file, ''), {k: v for k, v in combined(folder, c, tensors).items() if not k.endswith('.alpha')}, 3e-3)


# Where the checkpoints of a run are, and what a manifest would say of averages whose schedules nothing records.
PLACES = {'dit': '000-DiT-S-2/checkpoints', 'cosmos': 'checkpoints/model', 'ldm': '*/checkpoints/trainstep_checkpoints', 'lightning': 'checkpoints',
          'onetrainer': 'backup', 'torchtitan': 'checkpoint', 'torchtitan_sharded': 'checkpoint'}
STATED = {'dit': "files: '{time}.pt'\naverages: [{prefix: 'model.', profile: impulse}, {prefix: 'ema.', profile: 'exponential:decay=0.9999'}]\n",
          'cosmos': "files: 'iter_{time}.pt'\naverages: [{prefix: 'net.', profile: impulse}, {prefix: 'net_ema.', profile: 'power:0.10'}]\n",
          'lucid_ddpm': "files: 'model-{time}.pt'\ntimeScale: 250\naverages: [{prefix: 'model.', profile: impulse},"
                        " {prefix: 'ema.ema_model.', profile: 'ema:0.995,warmup=2/3,after=100,every=10'}]\n"}


def power(folder, out):
    """power:0.10 of a run, in single precision, and the error that was predicted."""
    said = phema('reconstruct', '--indir', folder, '--outdir', out, '--profile', 'power:0.10', '--format', 'safetensors', '--dtype', 'f32')
    return tensors(next(out.iterdir()), ''), float(re.search('predicted error (?:at most )?([0-9.e+-]+)', said)[1])


def distance(found, truth):
    """The relative error of what was tracked, by names that may be wrapped."""
    by = lambda name: next(v for k, v in found.items() if k == name or k.endswith('.' + name) or k.replace('.default', '') == name.replace('.default', ''))
    pairs = [(by(k).double().numpy(), v.astype(float)) for k, v in truth.items()]
    return np.sqrt(sum(((a - b) ** 2).sum() for a, b in pairs) / sum((b ** 2).sum() for _, b in pairs))


def truth(name):
    """How near power:0.10 comes to what was tracked at every step, and how much nearer it would come if all profiles were stated."""
    file = RUNS.parent / 'truth' / f'{name}.npz'
    folder = next((RUNS / name).glob(PLACES[name])) if name in PLACES else RUNS / name
    work = WORK / f'{name}-truth'
    shutil.rmtree(work, ignore_errors=True)
    found, predicted = power(folder, work / 'found')
    if not file.exists(): return f'predicted {predicted:.1e}, not tracked'
    error = distance(found, np.load(file))
    if name not in STATED: return f'error {error:.2e}, predicted {predicted:.1e}'
    shutil.copytree(folder, work / 'stated')
    (work / 'stated' / 'phema.yaml').write_text(STATED[name])
    best = distance(power(work / 'stated', work / 'best')[0], np.load(file))
    assert error <= 1.1 * best, f'error {error:.2e}, {best:.2e} if all is stated'
    return f'error {error:.2e}, predicted {predicted:.1e}, {best:.2e} if all is stated'


WORK.mkdir(parents=True, exist_ok=True)
failed = []
for name in sys.argv[4:] or sorted(f.name for f in RUNS.iterdir() if f.is_dir()):
    try:
        print(f'ok    {name}: {truth(name)}', flush=True)
        if name in checks: print(f'ok    {name}: {checks[name].__doc__} {checks[name]()}', flush=True)
    except Exception as e:
        failed.append(name)
        print(f'FAIL  {name}: {e or traceback.format_exc()}', flush=True)
        if not isinstance(e, AssertionError): traceback.print_exc()
sys.exit(bool(failed))
