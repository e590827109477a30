"""Exports the feature networks of `phema metrics` to ONNX, from weights that you have. Needs torch and onnx.

  export_features.py inception --weights inception-2015-12-05.pt --resolution 64 --out inception.onnx
      The published detector as TorchScript, which phema calls `fid` (stylegan2-ada-pytorch's metrics folder has it). Images come in as they are in
      files, 0 to 255, and the detector resizes them in its own way; their resolution becomes part of the export.
  export_features.py inception --weights inception_v3_google-0cc3c7bd.pth --resolution 64 --out inception.onnx
      torchvision's weights (needs torchvision too). Distances are alike, but not those of the published detector: make the reference statistics with the same file.
  export_features.py dinov2 --repo dinov2/ --weights dinov2_vitl14_pretrain.pth --out dinov2.onnx
      DINOv2 ViT-L/14, `fd_dinov2`, from a checkout of github.com/facebookresearch/dinov2 and its weights. phema resizes to 224x224 and normalizes.

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
    for command in commands.choices.values():
        command.add_argument("--weights", required=True)
        command.add_argument("--out", required=True)
    args = parser.parse_args()

    net, images = args.make(args)
    with torch.no_grad():
        traced = torch.jit.trace(net, images)
        torch.onnx.export(
            traced,
            images,
            args.out,
            input_names=["images"],
            output_names=["features"],
            dynamic_axes={"images": {0: "n"}, "features": {0: "n"}},
            opset_version=20,
            dynamo=False,
        )
        features = net(images)
    print(f"wrote {args.out}: {list(images.shape[1:])} -> {features.shape[1]} features")


if __name__ == "__main__":
    main()
