"""EDM2's network, loss, training step and sampler in PyTorch, written from the paper (arXiv 2312.02696): the same
numbers from another implementation. The network is a function of a dictionary of tensors, named as in weight files."""

import math
import re

import torch
import torch.nn.functional as F

EPS = 1e-4


def normalize(x, dims):
    n = math.prod(x.shape[d] for d in dims)
    return x / (EPS + x.square().sum(dims, keepdim=True).sqrt() / math.sqrt(n))


def silu(x):
    return F.silu(x) / 0.596


def mp_sum(a, b, t):
    return ((1 - t) * a + t * b) / math.sqrt((1 - t) ** 2 + t**2)


def mp_cat(a, b, t=0.5):
    na, nb = a.shape[1], b.shape[1]
    c = math.sqrt((na + nb) / ((1 - t) ** 2 + t**2))
    return torch.cat([a * (c / math.sqrt(na) * (1 - t)), b * (c / math.sqrt(nb) * t)], 1)


def layer(x, w, gain=1):
    w = normalize(w, tuple(range(1, w.ndim))) * gain / math.sqrt(w[0].numel())
    return F.conv2d(x, w, padding=w.shape[-1] // 2) if w.ndim == 4 else x @ w.T


class Twin:
    """What a weight file's tensors compute. `tensors` may be leaves that require gradients."""

    DEFAULTS = dict(channels_per_head=64, res_balance=0.3, attn_balance=0.3, concat_balance=0.5, label_balance=0.5, clip_act=256, sigma_data=0.5)

    def __init__(self, tensors, **settings):
        self.p = tensors
        assert settings.keys() <= self.DEFAULTS.keys()
        self.__dict__.update(self.DEFAULTS | settings)
        levels = {int(m[1]) for name in tensors if (m := re.match(r"unet\.enc\.(\d+)x\1_", name))}
        self.resolutions = sorted(levels, reverse=True)
        self.classes = tensors["unet.emb_label.weight"].shape[1] if "unet.emb_label.weight" in tensors else 0

    def layer(self, x, name, gain=1):
        return layer(x, self.p[name + ".weight"], gain)

    def fourier(self, x, name):
        return math.sqrt(2) * torch.cos(torch.outer(x, self.p[name + ".freqs"]) + self.p[name + ".phases"])

    def block(self, x, emb, name, encoder):
        p, skip = self.p, name + ".conv_skip"
        if name.endswith("_down"):
            x = F.avg_pool2d(x, 2)
        if name.endswith("_up"):
            x = F.interpolate(x, scale_factor=2, mode="nearest")
        if encoder:
            x = self.layer(x, skip) if skip + ".weight" in p else x
            x = normalize(x, (1,))
        scale = 1 + self.layer(emb, name + ".emb_linear", p[name + ".emb_gain"])
        y = self.layer(silu(x), name + ".conv_res0")
        y = self.layer(silu(y * scale[:, :, None, None]), name + ".conv_res1")
        if not encoder and skip + ".weight" in p:
            x = self.layer(x, skip)
        x = mp_sum(x, y, self.res_balance)
        if name + ".attn_qkv.weight" in p:
            n, c, h, w = x.shape
            heads = max(1, c // self.channels_per_head)
            y = self.layer(x, name + ".attn_qkv").reshape(n, heads, c // heads, 3, h * w)
            q, k, v = normalize(y, (2,)).unbind(3)
            a = torch.einsum("nhcq,nhck->nhqk", q, k / math.sqrt(c // heads)).softmax(3)
            y = torch.einsum("nhqk,nhck->nhcq", a, v).reshape(n, c, h, w)
            x = mp_sum(x, self.layer(y, name + ".attn_proj"), self.attn_balance)
        return x if self.clip_act is None else x.clip(-self.clip_act, self.clip_act)

    def blocks(self, side, resolution, kind):
        at = f"unet.{side}.{resolution}x{resolution}_{kind}"
        found = {name[len(at) :].split(".")[0] for name in self.p if name.startswith(at)}
        return [at + i for i in sorted(found, key=lambda i: int(i or 0))]

    def unet(self, x, c_noise, labels):
        emb = self.layer(self.fourier(c_noise, "unet.emb_fourier"), "unet.emb_noise")
        if self.classes:
            emb = mp_sum(emb, self.layer(labels * math.sqrt(self.classes), "unet.emb_label"), self.label_balance)
        emb = silu(emb)
        x = torch.cat([x, torch.ones_like(x[:, :1])], 1)
        r = self.resolutions[0]
        x = self.layer(x, f"unet.enc.{r}x{r}_conv")
        skips = [x]
        for r in self.resolutions:
            for name in self.blocks("enc", r, "down") + self.blocks("enc", r, "block"):
                x = self.block(x, emb, name, True)
                skips.append(x)
        for r in reversed(self.resolutions):
            for name in self.blocks("dec", r, "in") + self.blocks("dec", r, "up"):
                x = self.block(x, emb, name, False)
            for name in self.blocks("dec", r, "block"):
                x = self.block(mp_cat(x, skips.pop(), self.concat_balance), emb, name, False)
        return self.layer(x, "unet.out_conv", self.p["unet.out_gain"])

    def __call__(self, x, sigma, labels):
        """Denoised images, and the predicted logarithm of the loss."""
        s, sd = sigma[:, None, None, None], self.sigma_data
        c_noise = sigma.log() / 4
        f = self.unet(x / (s**2 + sd**2).sqrt(), c_noise, labels)
        d = sd**2 / (s**2 + sd**2) * x + s * sd / (s**2 + sd**2).sqrt() * f
        u = self.layer(self.fourier(c_noise, "logvar_fourier"), "logvar_linear")
        return d, u[:, 0]

    def loss(self, clean, noisy, sigma, labels):
        """Summed over the values of an image, averaged over images."""
        d, u = self(noisy, sigma, labels)
        s, sd, u = sigma[:, None, None, None], self.sigma_data, u[:, None, None, None]
        weight = (s**2 + sd**2) / (s * sd) ** 2
        return (weight / u.exp() * (d - clean).square() + u).sum() / len(clean)


def is_buffer(name):
    return name.endswith((".freqs", ".phases"))


def train(tensors, batches, learning_rate):
    """Steps of Adam with forced weight normalization. `batches` are arguments of `Twin.loss`. Returns the losses; changes the tensors."""
    params = [t for name, t in tensors.items() if not is_buffer(name)]
    adam = torch.optim.Adam(params, betas=(0.9, 0.99), eps=1e-8)
    losses = []
    for i, batch in enumerate(batches):
        with torch.no_grad():
            for t in params:
                if t.ndim:
                    t.copy_(normalize(t, tuple(range(1, t.ndim))))
        for group in adam.param_groups:
            group["lr"] = learning_rate(i)
        adam.zero_grad()
        loss = Twin(tensors).loss(*batch)
        loss.backward()
        adam.step()
        losses.append(loss.item())
    return losses


@torch.no_grad()
def sample(denoise, noise, steps=32, sigma_min=0.002, sigma_max=80, rho=7):
    """Deterministic Heun. `denoise(x, sigma)` takes one noise level per image."""
    i = torch.arange(steps, dtype=torch.float64) / (steps - 1)
    t = (sigma_max ** (1 / rho) + i * (sigma_min ** (1 / rho) - sigma_max ** (1 / rho))) ** rho
    t = [*t.tolist(), 0.0]
    level = lambda s: torch.full((len(noise),), s, dtype=noise.dtype)
    x = noise * t[0]
    for now, then in zip(t, t[1:]):
        slope = (x - denoise(x, level(now))) / now
        euler = x + (then - now) * slope
        if then == 0:
            x = euler
        else:
            x = x + (then - now) * (slope + (euler - denoise(euler, level(then))) / then) / 2
    return x
