"""Trains small language models at a constant learning rate and with real decays, and writes what docs/without-decay.md compares.

    without_decay.py train RUNS SEED      a GPT on the sources of Python's standard library, below RUNS/seedSEED; one thread
    without_decay.py study PHEMA RUNS PAGE      makes averages of them, measures them, and writes all numbers of the page; PHEMA is the launcher

Below RUNS/seedSEED: raw/step-NNNNNNNN.safetensors every 1/128 of the run, averages/ema-SIGMA_REL-stepNNNNNNNN.safetensors every 1/32, truth/ what the
decays mean, tracked at every step in double precision, decayed/ the weights of the same run trained again with a real decay, about.json what was trained.
"""
import copy, hashlib, json, math, os, pathlib, re, shutil, subprocess, sys, sysconfig, textwrap, time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file, save_file

STEPS = 4096
OFTENEST = 128                       # raw checkpoints of a run
TIMES = 32                           # times at which averages are stored
STORED = [0.05, 0.20]                # their sigma_rel
RATE, WARMUP = 2e-3, 0.03
WIDTH, LAYERS, HEADS, CONTEXT, BATCH = 64, 3, 4, 64, 16
VALIDATION = 2048                    # contexts that losses are means over
FIRST = 0                            # the run whose real decays go over all windows

COURSES = {
    'linear': lambda x: 1 - x,
    'cosine': lambda x: (1 + math.cos(math.pi * x)) / 2,
    '1-sqrt': lambda x: 1 - math.sqrt(x),
}
REAL = [1024, 512, 2048]             # windows that real decays are trained over: the first of all courses and seeds, the others of one
POWERS = [0.03, 0.05, 0.10]
# Windows and ends: at checkpoints of 1/32, of a fifth of the run, and with neither end at any checkpoint.
WINDOWS = [(512, STEPS), (1024, STEPS), (2048, STEPS), (819, STEPS), (1000, 3987)]


def targets():
    """Profiles by spec and end that are tracked."""
    return [(f'decay:{course}:{window}', end) for window, end in WINDOWS for course in COURSES] + [
        (f'power:{sigma_rel:g}', STEPS) for sigma_rel in POWERS]


def file_name(spec, end):
    return spec.replace(':', '-') + f'-{end}.safetensors'


def gamma(sigma_rel):
    return float(np.roots([1, 7, 16 - sigma_rel**-2, 12 - sigma_rel**-2]).real.max())


# ---------------------------------------------------------------- the model and its text

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        x = x + self.out(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(b, t, WIDTH))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.token, self.position = nn.Embedding(128, WIDTH), nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 128, bias=False)

    def forward(self, text, wanted, reduction='mean'):
        x = self.token(text) + self.position(torch.arange(text.shape[1]))
        for block in self.blocks:
            x = block(x)
        loss = F.cross_entropy(self.head(self.norm(x)).flatten(0, 1), wanted.flatten(), reduction=reduction)
        return loss if reduction == 'mean' else loss.view(text.shape).mean(1)


def text():
    """The standard library's top-level sources, which are on every machine with Python: of every ten files, by hash, one for validation."""
    parts = {True: [], False: []}
    for path in sorted(pathlib.Path(sysconfig.get_paths()['stdlib']).glob('*.py')):
        parts[hashlib.sha256(path.name.encode()).digest()[0] % 10 == 0].append(path.read_bytes())
    training, validation = (torch.tensor(np.frombuffer(b''.join(parts[kind]), np.uint8).astype(np.int64)).clamp(max=127) for kind in (False, True))
    return training, validation, hashlib.sha256(b''.join(parts[False] + parts[True])).hexdigest()


def contexts(data, count, seed):
    at = torch.randint(0, len(data) - CONTEXT - 1, (count,), generator=torch.Generator().manual_seed(seed))
    return torch.stack([data[i:i + CONTEXT] for i in at]), torch.stack([data[i + 1:i + CONTEXT + 1] for i in at])


# ---------------------------------------------------------------- training

def train(runs, seed):
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    training, _, digest = text()
    folder = pathlib.Path(runs) / f'seed{seed}'
    for name in ('raw', 'averages', 'truth', 'decayed'):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / 'averages/phema.yaml').write_text("files: 'ema-{sigmaRel}-step{time}.safetensors'\n")
    net = GPT()
    shapes = {name: p.shape for name, p in net.named_parameters()}

    def flat():
        return torch.cat([p.detach().flatten() for p in net.parameters()]).double()

    def save(values, path):
        parts = torch.split(values, [shape.numel() for shape in shapes.values()])
        save_file({name: part.view(shape).float().contiguous() for (name, shape), part in zip(shapes.items(), parts)}, str(path))

    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, betas=(0.9, 0.95), weight_decay=0.1)

    def step(at, share):
        """@param at from 1 on"""
        for group in optimizer.param_groups:
            group['lr'] = RATE * min(1, at / (WARMUP * STEPS)) * share
        loss = net(*contexts(training, BATCH, seed * 1_000_000 + at))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()

    powers = {sigma_rel: flat() for sigma_rel in {*STORED, *POWERS}}
    sums = {(spec, end): torch.zeros_like(powers[STORED[0]]) for spec, end in targets() if spec.startswith('decay')}
    courses = {w: list(COURSES) if w == REAL[0] else ['cosine'] if seed == FIRST else [] for w in REAL}
    branches, begun = {}, time.time()
    for at in range(1, STEPS + 1):
        step(at, 1)
        now = flat()
        for sigma_rel, average in powers.items():
            average.lerp_(now, 1 - (1 - 1 / at)**(gamma(sigma_rel) + 1))
        for (spec, end), total in sums.items():
            _, course, window = spec.split(':')
            x = (at - 1 - end + int(window)) / int(window)
            if 0 <= x < 1:  # what the decay would have left of this step's weights
                total.add_(now, alpha=COURSES[course](x) - COURSES[course](x + 1 / int(window)) if x + 1 / int(window) < 1 else COURSES[course](x))
        if at % (STEPS // OFTENEST) == 0:
            save(now, folder / f'raw/step-{at:08d}.safetensors')
        if at % (STEPS // TIMES) == 0:
            for sigma_rel in STORED:
                save(powers[sigma_rel], folder / f'averages/ema-{sigma_rel:.3f}-step{at:08d}.safetensors')
        if STEPS - at in REAL:
            branches[STEPS - at] = copy.deepcopy((net.state_dict(), optimizer.state_dict()))
        if at % 512 == 0:
            print(f'seed {seed}: step {at}, {time.time() - begun:.0f} s', flush=True)
    for (spec, end), total in sums.items():
        save(total, folder / 'truth' / file_name(spec, end))
    for sigma_rel in POWERS:
        save(powers[sigma_rel], folder / 'truth' / file_name(f'power:{sigma_rel:g}', STEPS))
    for window, (weights, moments) in branches.items():
        for course in courses[window]:
            net.load_state_dict(weights)
            optimizer.load_state_dict(copy.deepcopy(moments))
            for at in range(STEPS - window + 1, STEPS + 1):
                step(at, COURSES[course]((at - 1 - STEPS + window) / window))
            save(flat(), folder / 'decayed' / file_name(f'decay:{course}:{window}', STEPS))
            print(f'seed {seed}: {course} over {window}, {time.time() - begun:.0f} s', flush=True)
    (folder / 'about.json').write_text(json.dumps({
        'weights': sum(shape.numel() for shape in shapes.values()), 'python': sys.version.split()[0], 'torch': torch.__version__.split('+')[0],
        'bytes': len(training), 'text': digest, 'seconds': round(time.time() - begun)}))


# ---------------------------------------------------------------- what can be made without a decay

RAW = [8, 16, 32, 64, 128]           # checkpoints of a run that has so many
AVERAGED = [8, 16, 32]


def vector(path):
    return torch.cat([v.flatten() for _, v in sorted(load_file(str(path)).items())]).double()


def merge(folder, course, begin, end, beginning=False):
    """What merge tools make: of the n files of a window, the i-th counts as d(i/n) - d((i+1)/n). Linear is the plain mean of them."""
    files = [f for f in sorted(folder.glob('step-*')) if begin - beginning < int(f.stem[5:]) <= end]
    left = [COURSES[course](i / len(files)) for i in range(len(files))] + [0]
    weights = {}
    for i, file in enumerate(files):
        for name, v in load_file(str(file)).items():
            weights[name] = weights.get(name, 0) + (left[i] - left[i + 1]) * v.double()
    return {name: v.float() for name, v in weights.items()}, len(files)


class Study:
    """The averages of one run. Each result is a row: what it is, its distance from the truth, what was predicted, and its loss."""

    def __init__(self, phema, folder):
        self.phema, self.folder, self.rows = phema, folder, {}
        shutil.rmtree(folder / 'study', ignore_errors=True)
        self.net, (_, validation, _) = GPT(), text()
        self.validation = contexts(validation, VALIDATION, 0)

    def loss(self, weights):
        self.net.load_state_dict(weights)
        with torch.no_grad():
            return torch.cat([self.net(x, y, 'none') for x, y in zip(*(part.split(64) for part in self.validation))]).double().numpy()

    def row(self, *key, weights, truth=None, predicted=None, files=None, measured=True):
        error = None
        if truth:
            true = vector(self.folder / 'truth' / file_name(*truth))
            made = torch.cat([v.flatten() for _, v in sorted(weights.items())]).double()
            error = ((made - true).norm() / true.norm()).item()
        self.rows[key] = {'error': error, 'predicted': predicted, 'files': files, 'losses': self.loss(weights) if measured else None}

    def subset(self, source, count):
        """The run as it would be with fewer checkpoints."""
        folder, every = self.folder / 'study' / f'{source}-{count}', STEPS // count
        folder.mkdir(parents=True)
        for file in (self.folder / source).iterdir():
            if file.suffix == '.yaml' or int(re.search(r'step-?([0-9]+)', file.stem).group(1)) % every == 0:
                os.link(file, folder / file.name)
        return folder

    def reconstruct(self, source, count, wanted, measured=True):
        folder = self.folder / 'study' / f'{source}-{count}'
        if not folder.exists():
            self.subset(source, count)
        for end in sorted({end for _, end in wanted}):
            out = self.folder / 'study' / f'made-{source}-{count}-{end}'
            specs = [spec for spec, at in wanted if at == end]
            done = subprocess.run([self.phema, 'reconstruct', '--indir', folder, '--outdir', out, '--time', str(end), '--files', 'all',
                                   *(word for spec in specs for word in ('--profile', spec))], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr or done.stdout
            made = {}
            for file in out.iterdir():
                with safe_open(str(file), 'pt') as opened:
                    made[opened.metadata()['phema.profile']] = file, float(opened.metadata()['phema.predictedRelativeError'])
            for spec in specs:
                file, predicted = made[spec.replace('decay:linear', 'uniform')]
                self.row('phema', source, count, spec, end, weights=load_file(str(file)), truth=(spec, end), predicted=predicted, measured=measured)

    def run(self):
        first = REAL[0]
        self.row('raw', weights=load_file(str(self.folder / f'raw/step-{STEPS:08d}.safetensors')), truth=(f'decay:linear:{first}', STEPS))
        for file in sorted((self.folder / 'decayed').iterdir()):
            self.row('real', file.name, weights=load_file(str(file)))
        for course in COURSES:
            spec = f'decay:{course}:{first}'
            self.row('truth', spec, weights=load_file(str(self.folder / 'truth' / file_name(spec, STEPS))))
        for source, counts in ('raw', RAW), ('averages', AVERAGED):
            for count in counts:
                decays = [(f'decay:{course}:{first}', STEPS) for course in COURSES]
                self.reconstruct(source, count, decays)
                if count == TIMES:
                    others = [(spec, end) for spec, end in targets() if (spec, end) not in decays and spec.startswith('decay')]
                    shutil.rmtree(self.folder / f'study/made-{source}-{count}-{STEPS}')
                    self.reconstruct(source, count, others, measured=False)
                    shutil.rmtree(self.folder / f'study/made-{source}-{count}-{STEPS}')
                    self.reconstruct(source, count, [(f'power:{s:g}', STEPS) for s in POWERS])
        for count in RAW:
            folder = self.folder / 'study' / f'raw-{count}'
            for course in COURSES:
                for window, end in WINDOWS:
                    if count != TIMES and window != first:
                        continue
                    for beginning in (False, True):
                        if beginning and (end - window) % (STEPS // count):
                            continue  # no file there
                        weights, files = merge(folder, course, end - window, end, beginning)
                        spec = f'decay:{course}:{window}'
                        self.row('merge', beginning, count, spec, end, weights=weights, truth=(spec, end), files=files,
                                 measured=window == first and (not beginning or count == TIMES))
        return self.rows


# ---------------------------------------------------------------- tables

class Tables:
    """All numbers of the page, as means over runs."""

    def __init__(self, runs):
        self.runs = runs

    def mean(self, key, column):
        return float(np.mean([run[key][column] for run in self.runs]))

    def loss(self, *key):
        return float(np.mean([run[key]['losses'].mean() for run in self.runs]))

    def beside(self, key, course):
        """The loss less that of the real decay over the first window, and the standard error of that, over contexts."""
        real = ('real', file_name(f'decay:{course}:{REAL[0]}', STEPS))
        differences = [run[key]['losses'] - run[real]['losses'] for run in self.runs]
        sampling = np.mean([d.std() / math.sqrt(len(d)) for d in differences]) / math.sqrt(len(differences))
        return f'{np.mean(differences):+.4f} ± {sampling:.4f}'

    def losses(self):
        first, rows = REAL[0], []
        rows.append(['the last checkpoint', *([f'{self.loss("raw"):.4f}'] * 3), self.beside(('raw',), 'linear')])
        forms = {
            'merge tool, the files of the window': lambda spec: ('merge', False, TIMES, spec, STEPS),
            'merge tool, and the one at its beginning': lambda spec: ('merge', True, TIMES, spec, STEPS),
            'phema, raw checkpoints': lambda spec: ('phema', 'raw', TIMES, spec, STEPS),
            'phema, two stored averages': lambda spec: ('phema', 'averages', TIMES, spec, STEPS),
            'the average itself, tracked': lambda spec: ('truth', spec),
            'trained again with the decay': lambda spec: ('real', file_name(spec, STEPS)),
        }
        for name, key in forms.items():
            keys = [key(f'decay:{course}:{first}') for course in COURSES]
            rows.append([name, *(f'{self.loss(*k):.4f}' for k in keys), '' if keys[0][0] == 'real' else self.beside(keys[0], 'linear')])
        return table(['', *COURSES, 'linear, less the real decay'], rows)

    def powers(self):
        rows = [[f'`power:{s:g}`', *(f'{self.loss("phema", source, TIMES, f"power:{s:g}", STEPS):.4f}' for source in ('raw', 'averages')),
                 self.beside(('phema', 'averages', TIMES, f'power:{s:g}', STEPS), 'linear')] for s in POWERS]
        return table(['', 'from raw checkpoints', 'from two stored averages', 'the latter, less the real linear decay'], rows)

    def counts(self):
        rows = []
        for count in RAW:
            row = [f'1/{count}', str(count * REAL[0] // STEPS)]
            for course in COURSES:
                spec = f'decay:{course}:{REAL[0]}'
                row += [f'{self.loss("merge", False, count, spec, STEPS):.4f}', f'{self.loss("phema", "raw", count, spec, STEPS):.4f}',
                        f'{self.loss("phema", "averages", count, spec, STEPS):.4f}' if count in AVERAGED else '']
            rows.append(row)
        return table(['a checkpoint every', 'files in the window', *(f'{c}: {k}' for c in COURSES for k in ('tool', 'phema', 'averages'))], rows)

    def errors(self):
        rows = []
        for count in RAW:
            for course in COURSES:
                key = (count, f'decay:{course}:{REAL[0]}', STEPS)
                rows.append([f'1/{count}' if course == 'linear' else '', course, *self.error_cells(*key),
                             *((f'{self.mean(("phema", "averages", *key), "error"):.2e}', f'{self.predicted("averages", *key):.2f}')
                               if count in AVERAGED else ('', ''))])
        return table(['a checkpoint every', '', 'tool', 'with the file at the beginning', 'phema', 'of the tool\'s', 'predicted / actual',
                      'two averages', 'predicted / actual'], rows)

    def error_cells(self, *key):
        tool, phema = self.mean(('merge', False, *key), 'error'), self.mean(('phema', 'raw', *key), 'error')
        beginning = ('merge', True, *key)
        return [f'{tool:.2e}', f'{self.mean(beginning, "error"):.2e}' if beginning in self.runs[0] else '', f'{phema:.2e}', f'{phema / tool:.2f}',
                f'{self.predicted("raw", *key):.2f}']

    def predicted(self, source, *key):
        return float(np.mean([run[('phema', source, *key)]['predicted'] / run[('phema', source, *key)]['error'] for run in self.runs]))

    def windows(self):
        rows = []
        for window, end in WINDOWS:
            for course in COURSES:
                key = (TIMES, f'decay:{course}:{window}', end)
                files = self.runs[0][('merge', False, *key)]['files']
                rows.append([f'{window} steps to {end}' if course == 'linear' else '', str(files) if course == 'linear' else '', course,
                             *self.error_cells(*key), f'{self.mean(("phema", "averages", *key), "error"):.2e}', f'{self.predicted("averages", *key):.2f}'])
        return table(['window', 'files in it', '', 'tool', 'with the file at the beginning', 'phema', 'of the tool\'s', 'predicted / actual',
                      'two averages', 'predicted / actual'], rows)

    def more(self):
        """Windows that were trained again in one run."""
        first, rows = self.runs[0], []
        for window in sorted(REAL):
            real = first[('real', file_name(f'decay:cosine:{window}', STEPS))]['losses'].mean()
            rows.append([f'`decay:cosine:{window}`', f'{real:.4f}', f'{first[("raw",)]["losses"].mean() - real:.4f}'])
        return table(['', 'loss', 'gained over no decay'], rows)

    def summary(self, about):
        spec, sqrt = f'decay:linear:{REAL[0]}', f'decay:1-sqrt:{REAL[0]}'
        raw, real = self.loss('raw'), self.loss('real', file_name(spec, STEPS))
        gain = lambda *key: f'{100 * (raw - self.loss(*key)) / (raw - real):.0f} %'
        keys = [(TIMES, spec, STEPS) for spec in (f'decay:{c}:{w}' for w, e in WINDOWS if e == STEPS for c in COURSES)]
        keys += [(TIMES, f'decay:{c}:{w}', e) for w, e in WINDOWS if e != STEPS for c in COURSES]
        ratios = [self.mean(('phema', 'raw', *k), 'error') / self.mean(('merge', False, *k), 'error') for k in keys]
        predicted = [self.predicted('raw', *k) for k in keys]
        best = min(POWERS, key=lambda s: self.loss('phema', 'averages', TIMES, f'power:{s:g}', STEPS))
        lines = [
            f'{len(self.runs)} run{"s" * (len(self.runs) > 1)} of {STEPS} steps: a GPT of {about["weights"]:,} weights, {about["bytes"]:,} '
            f'bytes of Python {about["python"]}\'s own library'
            f' (SHA-256 {about["text"][:16]}), PyTorch {about["torch"]}, {VALIDATION} contexts of {CONTEXT} bytes held out.', '',
            f'- A linear decay over the last {REAL[0]} steps lowers the validation loss from {raw:.4f} to {real:.4f}. Without it, `{spec}` '
            f'of raw checkpoints every'
            f' 1/{TIMES} of the run gets {gain("phema", "raw", TIMES, spec, STEPS)} of that, of two stored averages '
            f'{gain("phema", "averages", TIMES, spec, STEPS)},'
            f' the best power average, `power:{best:g}`, {gain("phema", "averages", TIMES, f"power:{best:g}", STEPS)}.',
            f'- On raw checkpoints every 1/{TIMES}, over all {len(keys)} windows and courses below, phema\'s distance from the average that '
            f'is meant is {min(ratios):.2f} to'
            f' {max(ratios):.2f} of the merge tool\'s with the same files of the window, and was predicted at {min(predicted):.2f} to '
            f'{max(predicted):.2f} of what it was.',
            f'- In loss, of the same files over the last {REAL[0]} steps: the merge tool\'s linear '
            f'{self.loss("merge", False, TIMES, spec, STEPS):.4f}, phema\'s'
            f' {self.loss("phema", "raw", TIMES, spec, STEPS):.4f}, the average itself {self.loss("truth", spec):.4f}; as 1-sqrt'
            f' {self.loss("merge", False, TIMES, sqrt, STEPS):.4f}, {self.loss("phema", "raw", TIMES, sqrt, STEPS):.4f} and '
            f'{self.loss("truth", sqrt):.4f}.',
            f'- Two stored averages are nearer still: {self.mean(("phema", "averages", TIMES, spec, STEPS), "error"):.1e} where raw checkpoints give'
            f' {self.mean(("phema", "raw", TIMES, spec, STEPS), "error"):.1e} and the merge tool '
            f'{self.mean(("merge", False, TIMES, spec, STEPS), "error"):.1e}.',
        ]
        wrapped = [textwrap.wrap(line, 160, subsequent_indent='  ' * line.startswith('- '), break_long_words=False, break_on_hyphens=False) for line in lines]
        return [part for parts in wrapped for part in parts or ['']]


def table(header, rows):
    return ['| ' + ' | '.join(header) + ' |', '|' + '---|' * len(header), *('| ' + ' | '.join(row) + ' |' for row in rows)]


def study(phema, runs, page):
    torch.set_num_threads(1)
    folders = sorted(f.parent for f in pathlib.Path(runs).glob('seed*/about.json'))
    tables = Tables([Study(phema, folder).run() for folder in folders])
    about = json.loads((folders[0] / 'about.json').read_text())
    page = pathlib.Path(page)
    written = page.read_text()
    for name in re.findall(r'<!-- (\w+) -->', written):
        lines = tables.summary(about) if name == 'summary' else getattr(tables, name)()
        written = re.sub(rf'(<!-- {name} -->\n).*?(<!-- end of {name} -->)', lambda m: m[1] + '\n'.join(lines) + '\n' + m[2], written, flags=re.S)
    page.write_text(written)


if __name__ == '__main__':
    if sys.argv[1] == 'train':
        train(sys.argv[2], int(sys.argv[3]))
    else:
        study(*sys.argv[2:5])
