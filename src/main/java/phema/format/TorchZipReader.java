package phema.format;

import java.io.IOException;
import phema.format.Value.Global;

/**
 * Reads what {@code torch.save} writes since PyTorch 1.6, a {@link TorchArchive}. What was saved is looked through as
 * in {@link TorchTree}.
 */
final class TorchZipReader implements WeightReader {
    /** The most opcodes of a pickle: some 25 for each tensor. */
    static final int MAX_OPCODES = 1 << 21;

    static final Global ORDERED_DICT = new Global("collections", "OrderedDict");

    @Override
    public WeightFile read(InputFile file) throws IOException {
        TorchArchive archive = new TorchArchive(file);
        Value root = archive.root();
        return new TorchTree(file, archive.tensors()).read(root);
    }

    /** Reads what was saved, for outputs that are like it. */
    static TorchOriginal original(InputFile file) throws IOException {
        TorchArchive archive = new TorchArchive(file);
        return TorchOriginal.of(file, archive.protocol(), archive.root(), archive.tensors());
    }
}
