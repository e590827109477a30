"""Exports the feature networks of `phema metrics`, and decoders of latents, to ONNX, from weights that you have. Needs torch and onnx.

  export_features.py inception --weights inception-2015-12-05.pt --resolution 64 --out inception.onnx
      The published detector as TorchScript, which phema calls `fid` (stylegan2-ada-pytorch's metrics folder has it). Images come in as they are in
      files, 0 to 255, and the detector resizes them in its own way; their resolution becomes part of the export.
  export_features.py inception --weights inception_v3_google-0cc3c7bd.pth --resolution 64 --out inception.onnx
      torchvision's weights (needs torchvision too). Distances are alike, but not those of the published detector: make the reference statistics with the same file.
  export_features.py dinov2 --repo dinov2/ --weights dinov2_vitl14_pretrain.pth --out dinov2.onnx
      DINOv2 ViT-L/14, `fd_dinov2`, from a checkout of github.com/facebookresearch/dinov2 and its weights. phema resizes to 224x224 and normalizes.
  export_features.py vae-decoder --weights sd-vae-ft-mse/ --out decoder.onnx
  export_features.py vae-encoder --weights sd-vae-ft-mse/ --out encoder.onnx
      The halves of diffusers' AutoencoderKL, from its folder of config.json and weights (needs diffusers too), for `--decoder` and `--encoder`. The encoder makes
      means and standard deviations. Images of any size.

A TorchScript file and a hub checkout run their code: take them from where you trust.
"""

import argparse
import zipfile

import torch


class PublishedInception(torch.nn.Module):
    def __init__(self, path):
        super().__init__()
        self.detector = torch.jit.load(path, map_location="cpu").eval()

    def forward(self, images):
        return self.detector(images, return_features=True)


class TorchvisionInception(torch.nn.Module):
    def __init__(self, state):
        super().__init__()
        import torchvision

        self.net = torchvision.models.inception_v3(weights=None, init_weights=False, transform_input=False)
        self.net.load_state_dict(state)
        self.net.fc = torch.nn.Identity()
        self.net.eval()

    def forward(self, images):
        x = torch.nn.functional.interpolate(images, (299, 299), mode="bilinear", align_corners=False)
        return self.net(x / 127.5 - 1)


def is_torchscript(path):
    with zipfile.ZipFile(path) as z:
        return any(name.endswith("constants.pkl") for name in z.namelist())


def inception(args):
    if zipfile.is_zipfile(args.weights) and is_torchscript(args.weights):
        net = PublishedInception(args.weights)
    else:
        net = TorchvisionInception(torch.load(args.weights, map_location="cpu", weights_only=True))
    return net, torch.randint(0, 256, (2, 3, args.resolution, args.resolution)).float()


def dinov2(args):
    net = torch.hub.load(args.repo, args.model, source="local", pretrained=False)
    net.load_state_dict(torch.load(args.weights, map_location="cpu", weights_only=True))
    return net.eval(), torch.randn(2, 3, 224, 224)


class Decoder(torch.nn.Module):
    def __init__(self, vae):
        super().__init__()
        self.vae = vae

    def forward(self, latents):
        return self.vae.decode(latents, return_dict=False)[0]


class Encoder(torch.nn.Module):
    def __init__(self, vae):
        super().__init__()
        self.vae = vae

    def forward(self, images):
        distribution = self.vae.encode(images, return_dict=False)[0]
        return torch.cat([distribution.mean, distribution.std], 1)


def autoencoder(args):
    from diffusers import AutoencoderKL

    return AutoencoderKL.from_pretrained(args.weights).eval()


def vae_decoder(args):
    vae = autoencoder(args)
    return Decoder(vae), torch.randn(2, vae.config.latent_channels, 8, 8)


def vae_encoder(args):
    return Encoder(autoencoder(args)), torch.rand(2, 3, 64, 64)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("inception")
    command.set_defaults(make=inception)
    command.add_argument("--resolution", type=int, required=True, help="of the images to be measured")
    command = commands.add_parser("dinov2")
    command.set_defaults(make=dinov2)
    command.add_argument("--repo", required=True, help="checkout of facebookresearch/dinov2")
    command.add_argument("--model", default="dinov2_vitl14")
    for name, make in (("vae-decoder", vae_decoder), ("vae-encoder", vae_encoder)):
        commands.add_parser(name).set_defaults(make=make, names=("latents", "images") if make == vae_decoder else ("images", "moments"))
    for command in commands.choices.values():
        command.add_argument("--weights", required=True)
        command.add_argument("--out", required=True)
    args = parser.parse_args()

    net, images = args.make(args)
    source, result = getattr(args, "names", ("images", "features"))
    any_size = {0: "n", 2: "h", 3: "w"} if hasattr(args, "names") else {0: "n"}
    with torch.no_grad():
        traced = torch.jit.trace(net, images)
        torch.onnx.export(
            traced,
            images,
            args.out,
            input_names=[source],
            output_names=[result],
            dynamic_axes={source: any_size, result: any_size},
            opset_version=20,
            dynamo=False,
        )
        made = net(images)
    print(f"wrote {args.out}: {list(images.shape[1:])} -> {list(made.shape[1:])} {result}")


if __name__ == "__main__":
    main()
