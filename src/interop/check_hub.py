#!/usr/bin/env python3
"""check_hub.py ROOT WORK: a running service with the hub's real clients. One line per check; exit status 1 when one failed."""
import hashlib, importlib.metadata, json, os, shutil, signal, socket, subprocess, sys, threading, time, traceback, urllib.request, warnings
from pathlib import Path

warnings.simplefilter('ignore')
ROOT, WORK = Path(sys.argv[1]), Path(sys.argv[2])
ROOTS, NEWER, BIG, UNET, BERT = WORK / 'runs', WORK / 'newer', WORK / 'runs/big', WORK / 'runs/unets/tiny', WORK / 'runs/bert'
checks, failed = [], []


def check(name):
    def register(f): checks.append((name, f)); return f
    return register


def free_port():
    with socket.socket() as s: s.bind(('127.0.0.1', 0)); return s.getsockname()[1]


def phema(*args): subprocess.run([ROOT / 'phema', *map(str, args)], check=True, capture_output=True, text=True)


class Service:
    """The service as its users start it."""
    port = free_port()

    def start(self, *settings):
        self.log = open(WORK / 'service.log', 'a')
        self.process = subprocess.Popen([ROOT / 'phema', 'serve', '--port', str(self.port), f'--phema.roots={ROOTS}', f"--phema.home={WORK / 'home'}",
            '--phema.catalog.settle=0s', '--phema.catalog.poll=1s', *settings], stdout=self.log, stderr=self.log)
        for _ in range(240):
            try: return self.get('/actuator/health')
            except OSError: time.sleep(0.5)
            assert self.process.poll() is None, (WORK / 'service.log').read_text()[-2000:]
        raise TimeoutError('the service does not come up')

    def stop(self): self.process.send_signal(signal.SIGTERM); self.process.wait(60)

    def get(self, path): return urllib.request.urlopen(f'http://127.0.0.1:{self.port}{path}', timeout=60).read()

    def rescan(self, run): urllib.request.urlopen(urllib.request.Request(f'http://127.0.0.1:{self.port}/api/v1/runs/{run}/rescan', method='POST'), timeout=60).read()


class Wire:
    """What lies between clients and service: remembers requests, and can cut a connection in the middle of a body."""

    def __init__(self, to):
        self.to, self.requests, self.cut_after, self.on_cut = to, [], None, None
        self.server = socket.create_server(('127.0.0.1', 0)); self.port = self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True: threading.Thread(target=self.relay, args=self.server.accept()[:1], daemon=True).start()

    def relay(self, client):
        service = socket.create_connection(('127.0.0.1', self.to))
        threading.Thread(target=self.answer, args=(service, client), daemon=True).start()
        try:
            while data := client.recv(1 << 16):
                self.requests += [data.split(b'\r\n\r\n')[0].decode('latin1')]
                service.sendall(data)
        except OSError: pass
        finally: self.close(service)

    def answer(self, service, client):
        sent = 0
        try:
            while data := service.recv(1 << 16):
                client.sendall(data); sent += len(data)
                if self.cut_after and sent > self.cut_after:
                    self.cut_after = None; self.on_cut(); break
        except OSError: pass
        finally: self.close(client); self.close(service)

    @staticmethod
    def close(s):
        try: s.shutdown(socket.SHUT_RDWR)
        except OSError: pass
        s.close()

    def asked(self, *words): return [r for r in self.requests if all(w in r for w in words)]


def digest(data): return hashlib.sha256(data if isinstance(data, bytes) else Path(data).read_bytes()).hexdigest()


def track(model, folder, loss):
    """Trains a little and stores power-function averages of two widths, as docs/snapshots.md shows."""
    sys.path.insert(0, str(ROOT / 'src/interop')); from tracker import PowerEMA
    optimizer, ema = torch.optim.Adam(model.parameters(), 1e-3), PowerEMA(model, folder, sigma_rels=(0.05, 0.20))
    for i in range(1, 33):
        optimizer.zero_grad(); loss().backward(); optimizer.step(); ema.update(nimg=i * 1024, step=1024)
        if i % 4 == 0: ema.save(nimg=i * 1024)


def make_runs():
    from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel
    from transformers import BertConfig, BertModel
    torch.manual_seed(0); UNET.mkdir(parents=True); BERT.mkdir()
    unet = UNet2DModel(sample_size=8, in_channels=3, out_channels=3, layers_per_block=1, block_out_channels=(16, 32), norm_num_groups=4,
        down_block_types=('DownBlock2D', 'AttnDownBlock2D'), up_block_types=('AttnUpBlock2D', 'UpBlock2D'), attention_head_dim=8)
    DDPMPipeline(unet, DDPMScheduler()).save_pretrained(UNET)
    (UNET / 'unet/diffusion_pytorch_model.safetensors').unlink()
    (UNET / 'phema.yaml').write_text('hub:\n  owner: lab\n  weights: unet/diffusion_pytorch_model.safetensors\n  files: [model_index.json, scheduler/scheduler_config.json]\n')
    track(unet, UNET, lambda: (unet(torch.randn(4, 3, 8, 8), torch.randint(1000, (4,))).sample - 1).square().mean())
    bert = BertModel(BertConfig(vocab_size=50, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, max_position_embeddings=32))
    bert.config.save_pretrained(BERT)
    track(bert, BERT, lambda: bert(torch.randint(50, (4, 16))).last_hidden_state.add(1).square().mean())
    phema('bench', 'generate', '--files', 8, '--mb', 40, '--format', 'safetensors', BIG)
    NEWER.mkdir()
    for f in sorted(BIG.iterdir())[-2:]: f.rename(NEWER / f.name)


def reconstructed(run, std):
    phema('reconstruct', '--indir', run, '--outdir', WORK / 'out', '--outstd', std, '--format', 'safetensors', '--overwrite')
    return load_file(next((WORK / 'out').glob(f'*-{std:.3f}.safetensors')))


def same(model, expected):
    loaded = model.state_dict()
    for name, value in loaded.items(): assert torch.equal(value, expected[name].to(value.dtype)), name
    return f'{len(loaded)} tensors equal those of phema reconstruct'


os.environ.update(HF_HOME=str(WORK / 'hf'), HF_HUB_DISABLE_TELEMETRY='1', HF_HUB_DISABLE_PROGRESS_BARS='1', DIFFUSERS_VERBOSITY='error', HF_HUB_DISABLE_UPDATE_CHECK='1', NO_COLOR='1')
service = Service(); wire = Wire(service.port); os.environ['HF_ENDPOINT'] = URL = f'http://127.0.0.1:{wire.port}'
import torch
from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import EntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError
from safetensors.torch import load_file
api = HfApi()


def blobs(repo): return {f.name for f in (WORK / 'hf/hub' / f"models--{repo.replace('/', '--')}" / 'blobs').iterdir()}


@check('hf_hub_download: the weights of phema reconstruct')
def _():
    file, expected = hf_hub_download('lab/unets__tiny', 'unet/diffusion_pytorch_model.safetensors', revision='ema-0.100'), reconstructed(UNET, 0.1)
    loaded = load_file(file)
    assert set(loaded) == set(expected) and all(torch.equal(loaded[k], expected[k]) for k in expected)
    return f'{len(loaded)} tensors'


@check('hf_hub_download: resumes after a cut connection, with the same bytes although the run has grown meanwhile')
def _():
    whole = digest(service.get('/phema/big/resolve/ema-0.100/model.safetensors'))

    def grow():
        for f in NEWER.iterdir(): shutil.copy2(f, BIG / f.name)
        for _ in range(2): service.rescan('big')
        while digest(service.get('/phema/big/resolve/ema-0.100/fit.json')) == fit: service.rescan('big'); time.sleep(0.2)
    fit = digest(service.get('/phema/big/resolve/ema-0.100/fit.json'))
    wire.requests.clear(); wire.cut_after, wire.on_cut = 25_000_000, grow  # huggingface_hub keeps whole pieces of 10 MB
    assert digest(hf_hub_download('phema/big', 'model.safetensors', revision='ema-0.100')) == whole
    resumed = wire.asked('GET', 'ange: bytes=')
    assert len(resumed) == 1, wire.requests
    assert digest(service.get('/phema/big/resolve/ema-0.100/model.safetensors')) != whole
    return [line for line in resumed[0].split('\r\n') if 'ange: ' in line][0]


@check('hf_hub_download: the same revision downloads once, under all its names')
def _():
    hf_hub_download('phema/demo', 'model.safetensors', revision='ema-0.100'); wire.requests.clear()
    for name in ('ema-0.100', 'ema-0.1', 'main', 'ema-0.1@262k', api.model_info('phema/demo').sha): hf_hub_download('phema/demo', 'model.safetensors', revision=name)
    assert not wire.asked('GET', '/resolve/'), wire.requests
    return 'five names, no further download'


@check('hf_hub_download: revisions share no weights in the cache')
def _():
    before = blobs('phema/demo')
    files = [hf_hub_download('phema/demo', 'model.safetensors', revision=f'{r}') for r in ('ema-0.100', 'ema-0.101', 'paper-0.101', 'ema-0.101@131k')]
    assert len({os.path.realpath(f) for f in files}) == 4 and len({digest(f) for f in files}) == 4
    assert len(blobs('phema/demo') - before) == 3
    return 'four revisions, four blobs'


@check('snapshot_download: every file, and nothing twice')
def _():
    folder = Path(snapshot_download('lab/unets__tiny', revision='ema-0.150'))
    names = sorted(str(f.relative_to(folder)) for f in folder.rglob('*') if f.is_file())
    wire.requests.clear(); assert snapshot_download('lab/unets__tiny', revision='ema-0.150') == str(folder)
    assert not wire.asked('GET', '/resolve/'), wire.requests
    local = WORK / 'local'; snapshot_download('phema/demo', local_dir=local); wire.requests.clear(); snapshot_download('phema/demo', local_dir=local)
    assert not wire.asked('GET', '/resolve/'), wire.requests
    return ', '.join(names)


@check('get_safetensors_metadata')
def _():
    metadata, expected = api.get_safetensors_metadata('phema/big', revision='ema-0.150'), service.get('/api/v1/runs/big')
    assert not metadata.sharded and sum(metadata.parameter_count.values()) == json.loads(expected)['elements']
    return f'{metadata.parameter_count}'


@check('model_info, list_repo_tree, get_paths_info, list_repo_refs, list_repo_commits, list_models')
def _():
    info = api.model_info('lab/unets__tiny', revision='ema-0.100', files_metadata=True)
    tree = {f.path: f for f in api.list_repo_tree('lab/unets__tiny', recursive=True, expand=True, revision='ema-0.100')}
    assert {s.rfilename for s in info.siblings} == {p for p, f in tree.items() if hasattr(f, 'size')}
    assert all(tree[s.rfilename].size == s.size and tree[s.rfilename].blob_id == s.blob_id and tree[s.rfilename].last_commit.oid == info.sha for s in info.siblings)
    assert tree['unet/config.json'].lfs.sha256 == digest(UNET / 'unet/config.json')
    assert [f.path for f in api.get_paths_info('lab/unets__tiny', ['unet', 'nope', 'fit.json'])] == ['unet', 'fit.json']
    refs = {b.name: b.target_commit for b in api.list_repo_refs('lab/unets__tiny').branches}
    assert refs['main'] == api.model_info('lab/unets__tiny').sha and api.list_repo_commits('lab/unets__tiny')[0].commit_id == refs['main']
    assert [m.id for m in api.list_models(search='tiny')] == ['lab/unets__tiny'] and info.card_data.tags == ['ema', 'phema'] and info.library_name == 'diffusers'
    return f"{len(tree)} entries; refs {', '.join(refs)}"


@check('errors are those of the hub')
def _():
    for error, *args in ((RevisionNotFoundError, 'phema/demo', 'model.safetensors', 'ema-0.4'), (RevisionNotFoundError, 'phema/demo', 'model.safetensors', 'refs/pr/1'),
                         (RevisionNotFoundError, 'phema/demo', 'model.safetensors', api.model_info('phema/demo').sha[:7]), (EntryNotFoundError, 'phema/demo', 'x.bin', 'main'),
                         (RepositoryNotFoundError, 'phema/nope', 'model.safetensors', 'main')):
        try: hf_hub_download(args[0], args[1], revision=args[2])
        except error as e: message = str(e).splitlines()[-1]
        else: raise AssertionError(f'{args} was found')
    assert not api.revision_exists('phema/demo', 'ema-9') and not api.file_exists('phema/demo', 'x') and not api.repo_exists('phema/nope') and api.repo_exists('phema/demo')
    return message


@check('a token is accepted')
def _():
    wire.requests.clear(); hf_hub_download('phema/demo', 'fit.json', revision='ema-0.222', token='hf_token')
    assert len(wire.asked('earer hf_token')) == len(wire.requests) == 2, wire.requests
    return 'sent with each of 2 requests'


@check('hf download')
def _():
    hf = Path(sys.executable).parent / 'hf'
    done = subprocess.run([hf, 'download', 'lab/unets__tiny', '--revision', 'ema-0.175', '--include', '*.safetensors', '--local-dir', WORK / 'cli'], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    same = load_file(WORK / 'cli/unet/diffusion_pytorch_model.safetensors'); expected = reconstructed(UNET, 0.175)
    assert all(torch.equal(same[k], expected[k]) for k in expected)
    wrong = subprocess.run([hf, 'download', 'lab/unets__tiny', '--revision', 'ema-0.9'], capture_output=True, text=True)
    assert wrong.returncode != 0 and 'evision' in wrong.stderr, wrong
    return wrong.stderr.strip().splitlines()[0]


@check('diffusers: UNet2DModel.from_pretrained')
def _():
    from diffusers import UNet2DModel
    return same(UNet2DModel.from_pretrained('lab/unets__tiny', subfolder='unet', revision='ema-0.100'), reconstructed(UNET, 0.1))


@check('diffusers: DDPMPipeline.from_pretrained, and images from it')
def _():
    from diffusers import DDPMPipeline
    pipeline = DDPMPipeline.from_pretrained('lab/unets__tiny', revision='ema-0.075'); result = same(pipeline.unet, reconstructed(UNET, 0.075))
    pipeline.set_progress_bar_config(disable=True); pipeline(batch_size=1, num_inference_steps=2)
    return result


@check('transformers: AutoModel.from_pretrained')
def _():
    from transformers import AutoModel
    return same(AutoModel.from_pretrained('phema/bert', revision='ema-0.100'), reconstructed(BERT, 0.1))


@check('Node: @huggingface/hub')
def _():
    if not (WORK / 'node_modules').exists(): return 'left out: no npm'
    file = 'unet/diffusion_pytorch_model.safetensors'
    done = subprocess.run(['node', WORK / 'check_hub.mjs', URL, 'lab/unets__tiny', 'ema-0.100', file], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found, data = json.loads(done.stdout), service.get(f'/lab/unets__tiny/resolve/ema-0.100/{file}')
    assert found['size'] == len(data) and found['sha256'] == digest(data) and found['tail'] == digest(data[-1000:]), found
    assert found['sha'] == api.model_info('lab/unets__tiny', revision='ema-0.100').sha and file in found['files'] and found['models'] == ['lab/unets__tiny'], found
    assert found['exists'] and not found['existsNot'] and found['missing'].startswith('404') and 'no revision of run' in found['missing'], found
    return f"{len(found['files'])} entries, {found['size']} bytes; {found['missing'][:60]}..."


@check('a commit survives a restart of the service')
def _():
    before = {r: api.model_info('lab/unets__tiny', revision=r).sha for r in ('main', 'ema-0.100', 'ema-0.175', 'paper-0.1')}
    old = api.model_info('phema/big', revision='ema-0.100').sha, digest(service.get('/phema/big/resolve/ema-0.100/model.safetensors'))
    service.stop(); service.start()
    assert before == {r: api.model_info('lab/unets__tiny', revision=r).sha for r in before}
    assert digest(service.get(f'/phema/big/resolve/{old[0]}/model.safetensors')) == old[1]
    return f'{len(before)} revisions have the same shas'


@check('shards: get_safetensors_metadata, snapshot_download, diffusers')
def _():
    from diffusers import UNet2DModel
    sha = api.model_info('lab/unets__tiny', revision='ema-0.100').sha
    service.stop(); service.start('--phema.hub.shard-size=30KB')
    try: api.model_info('lab/unets__tiny', revision=sha)
    except RevisionNotFoundError as e: assert 'can no longer be computed' in str(e), e
    metadata = api.get_safetensors_metadata('phema/bert', revision='ema-0.100')
    assert metadata.sharded and set(metadata.weight_map) == set(reconstructed(BERT, 0.1))
    folder = Path(snapshot_download('phema/bert', revision='ema-0.100', allow_patterns='*.safetensors')); whole = {}
    for f in folder.glob('*.safetensors'): whole |= load_file(f)
    expected = reconstructed(BERT, 0.1); assert set(whole) == set(expected) and all(torch.equal(whole[k], expected[k]) for k in expected)
    return f"{len(metadata.files_metadata)} shards; {same(UNet2DModel.from_pretrained('lab/unets__tiny', subfolder='unet', revision='ema-0.100'), reconstructed(UNET, 0.1))}"


make_runs(); shutil.copytree(ROOT / 'src/test/resources/fixtures/edm2', ROOTS / 'demo')
service.start()
try:
    for name, f in checks:
        try: print(f'ok    {name}: {f()}', flush=True)
        except Exception as e:
            failed.append(name)
            print(f'FAIL  {name}: {str(e) or traceback.format_exc()}', flush=True)
finally: service.stop()
print(f'{len(checks) - len(failed)} of {len(checks)} checks passed; '
      + ', '.join(f'{p} {importlib.metadata.version(p)}' for p in ('huggingface_hub', 'diffusers', 'transformers', 'torch')))
sys.exit(bool(failed))
