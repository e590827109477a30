"""Small training runs whose checkpoints hold raw weights and an average of them, as trainers nest them.

    python make_groups.py [OUT]

Needs numpy, torch and safetensors. Each run has 12 checkpoints (cosmos 30, as bf16 says less) of some 300 weights that walk
at random while the rate falls; its average is updated at every step, as is the one of sigma_rel 0.10 in truth.safetensors, which is what phema
has to make of the files.
"""
import argparse
import pathlib
import sys

import numpy as np
import torch
from safetensors.torch import save_file

OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
SHAPES = {'blocks.0.attn.qkv.weight': (24, 8), 'blocks.0.attn.qkv.bias': (24,), 'out.weight': (8, 8), 'out.bias': (8,)}
GAMMA = 6.937203937601806  # of sigma_rel 0.10
STEPS = 6000


def walk(seed, decay, every):
    """Yields steps with the raw weights, their average, and that of sigma_rel 0.10."""
    g = np.random.default_rng(seed)
    now = {k: g.normal(0, 0.05, s) for k, s in SHAPES.items()}
    goal = {k: v + g.normal(0, 0.2, v.shape) for k, v in now.items()}
    ema = {k: v.copy() for k, v in now.items()}
    truth = {k: v.copy() for k, v in now.items()}
    for t in range(1, STEPS + 1):
        lr = 1 / (1 + 3 * t / STEPS)
        for k, v in now.items():
            v += lr * (3 / STEPS * (goal[k] - v) + 0.12 / np.sqrt(STEPS) * g.normal(size=v.shape))
            ema[k] += (1 - decay(t)) * (v - ema[k])
            truth[k] += (1 - (1 - 1 / t) ** (GAMMA + 1)) * (v - truth[k])
        if t % every == 0:
            yield t, tensors(now), tensors(ema), tensors(truth)


def tensors(weights, dtype=torch.float32):
    return {k: torch.tensor(v, dtype=dtype) for k, v in weights.items()}


def prefixed(prefix, weights):
    return {prefix + k: v for k, v in weights.items()}


def optimizer():
    p = torch.nn.Parameter(torch.ones(4))
    p.grad = torch.ones(4)
    o = torch.optim.AdamW([p], lr=1e-4)
    o.step()
    return o.state_dict()


def make(name, seed, decay, file, content, every=500, within=''):
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    for t, raw, ema, truth in walk(seed, decay, every):
        torch.save(content(t, raw, ema), folder / file(t))
    save_file(prefixed(within, truth), OUT / f'{name}.safetensors')


def dit(t, raw, ema):
    pos = torch.linspace(0, 1, 16).reshape(1, 4, 4)
    return {'model': prefixed('module._orig_mod.', raw | {'pos_embed': pos.clone()}), 'ema': ema | {'pos_embed': pos.clone()},
            'opt': optimizer(), 'args': argparse.Namespace(model='DiT-S/2', ema='no', epochs=80)}


def cosmos(t, raw, ema):
    raw = {k: v.to(torch.bfloat16) for k, v in raw.items()}
    return prefixed('net.', raw) | prefixed('net_ema.', ema)


def lightning(t, raw, ema):
    counter = {'norm.num_batches_tracked': torch.tensor(t)}
    return {'epoch': t // 1000, 'global_step': t, 'pytorch-lightning_version': '2.6.0',
            'state_dict': prefixed('net.', ema | counter), 'current_model_state': prefixed('net.', raw | counter),
            'averaging_state': {'n_averaged': torch.tensor(t)}, 'optimizer_states': [optimizer()], 'lr_schedulers': [],
            'loops': {'fit_loop': {'state_dict': {}}}, 'callbacks': {'ModelCheckpoint{}': {'best_model_path': ''}}}


def ldm(t, raw, ema):
    state = prefixed('model.diffusion_model.', raw)
    state['model_ema.decay'] = torch.tensor(0.9999)
    state['model_ema.num_updates'] = torch.tensor(t, dtype=torch.int)
    state |= {'model_ema.diffusion_model' + k.replace('.', ''): v for k, v in ema.items()}
    state['betas'] = torch.linspace(1e-4, 0.02, 10)
    state['first_stage_model.decoder.weight'] = torch.full((2, 2), 0.25)
    return {'epoch': t // 1000, 'global_step': t, 'pytorch-lightning_version': '2.5.5', 'state_dict': state,
            'optimizer_states': [optimizer()], 'lr_schedulers': [], 'loops': {}, 'callbacks': {}}


def composer(t, raw, ema):
    buffers = {'norm.num_batches_tracked': torch.tensor(t), 'norm.scale': torch.full((4,), 1.5)}
    algorithm = {'ema_model': {'named_parameters_dict': raw, 'named_buffers_dict': buffers}, 'ema_weights_active': True,
                 'ema_started': True}
    return {'state': {'model': ema | buffers, 'optimizers': {'AdamW': optimizer()}, 'algorithms': [('EMA', algorithm)],
                      'timestamp': {'Timestamp': {'batch': t, 'epoch': t // 1000}}},
            'rng': [{'numpy': ('MT19937', np.arange(4, dtype=np.uint32), 2, 0, 0.0)}]}


def timm(t, raw, ema):
    return {'epoch': t // 500, 'arch': 'resnet', 'state_dict': raw, 'state_dict_ema': ema, 'optimizer': optimizer(),
            'args': argparse.Namespace(model_ema=True), 'version': 2, 'metric': 71.5}


def lucid(t, raw, ema):
    tracker = {'initted': torch.tensor(True), 'step': torch.tensor(t)}
    return {'step': t, 'model': raw, 'opt': optimizer(), 'scaler': None, 'version': '2.2.0',
            'ema': tracker | prefixed('online_model.', raw) | prefixed('ema_model.', ema)}


make('dit', 1, lambda n: 0.999, lambda t: f'{t:07d}.pt', dit)
make('cosmos', 2, lambda n: (1 - 1 / n) ** (GAMMA + 1), lambda t: f'iter_{t:09d}.pt', cosmos, every=200)
make('lightning', 3, lambda n: 0.998, lambda t: f'epoch={t // 1000}-step={t}.ckpt', lightning, within='net.')
make('ldm', 4, lambda n: min(0.9999, (1 + n) / (10 + n)), lambda t: f'epoch={t // 1000:06d}-step={t:09d}.ckpt', ldm,
     within='diffusion_model.')
make('composer', 5, lambda n: 0.5 ** (1 / 500), lambda t: f'ep{t // 1000}-ba{t}-rank0.pt', composer)
make('timm', 6, lambda n: 0.998, lambda t: f'checkpoint-{t // 500}.pth.tar', timm)
make('lucid', 7, lambda n: 1 - (1 + n) ** (-2 / 3), lambda t: f'model-{t // 500}.pt', lucid)

# What SimpleTuner and OneTrainer keep beside averages: their decays, and the weights again, without names.
(OUT / 'beside').mkdir(exist_ok=True)
torch.save({'decay': 0.999, 'min_decay': 0.0, 'optimization_step': 100, 'update_after_step': 0, 'use_ema_warmup': False, 'warmup_steps': 20,
            'inv_gamma': 1.0, 'power': 0.75, 'shadow_params': [torch.ones(2)]}, OUT / 'beside' / 'ema_model.pt')
torch.save({'decay': 0.999, 'ema_parameters': [torch.ones(2)]}, OUT / 'beside' / 'ema.pt')
