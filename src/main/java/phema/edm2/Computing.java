package phema.edm2;

import phema.onnx.OnnxDevice;
import phema.problem.Problem;
import phema.tensor.DType;
import phema.text.Labels;

/** Says what samplers compute with, and how precisely. */
public record Computing(Library library, Precision precision) {
    /** The one without settings. */
    public static final Computing USUAL = new Computing(Library.ONNX, Precision.AUTO);

    /** What runs networks. */
    public enum Library {
        /** ONNX Runtime. */
        ONNX,
        /** What also trains them, in 32 bits. */
        ND4J
    }

    /** The floating numbers of convolutions and attention; everything else has 32 bits at least. */
    public enum Precision {
        /** 16 bits on GPUs, 32 on CPUs. */
        AUTO,
        F32,
        F16
    }

    /** @throws Problem when the library has no such precision */
    public Computing {
        if (library == Library.ND4J && precision == Precision.F16)
            throw Problem.invalid("precision", "precision f16 is not for the backend nd4j, which computes in f32");
    }

    private Precision resolved() {
        if (precision != Precision.AUTO) return precision;
        return library == Library.ONNX && OnnxDevice.get().gpu() ? Precision.F16 : Precision.F32;
    }

    /** What images depend on beyond rounding: {@code onnx f32}. */
    public String identity() {
        return Labels.of(library) + " " + Labels.of(resolved());
    }

    /** What computes, for users: {@code CPU, 2 threads, ONNX Runtime 1.28.0, f32}. */
    public String describe() {
        return switch (library) {
            case ONNX -> {
                boolean slow = resolved() == Precision.F16 && !OnnxDevice.get().gpu();
                String precision = Labels.of(resolved()) + (slow ? " (slower here than f32)" : "");
                yield OnnxDevice.get().describe(precision);
            }
            case ND4J -> Backend.describe();
        };
    }

    /** What may help where numbers are too large; goes on after a sentence. */
    String remedy() {
        return resolved() == Precision.F16 ? "; they may be too large for f16, so try precision f32" : "";
    }

    DenoisingNetwork denoiser(NetworkWeights weights) {
        return switch (library) {
            case ONNX -> new OnnxDenoiser(weights, resolved() == Precision.F16 ? DType.F16 : DType.F32);
            case ND4J -> new Denoiser(weights);
        };
    }
}
