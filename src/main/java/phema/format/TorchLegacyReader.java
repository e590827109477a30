package phema.format;

import java.io.IOException;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import phema.format.Value.Items;
import phema.format.Value.Text;

/**
 * Reads what {@code torch.save} wrote before PyTorch 1.6, and still writes when told to: pickles of a magic number, a
 * protocol, a description of the system, the saved object and the list of its storages' keys; then, for each of these,
 * a count (int64) and as many elements. The saved object is looked through as in {@link TorchTree}.
 */
final class TorchLegacyReader implements WeightReader {
    private static final String KIND = "a torch checkpoint of the old format";

    @Override
    public WeightFile read(InputFile file) throws IOException {
        Saved saved = saved(file);
        return new TorchTree(file, saved.tensors).read(saved.root);
    }

    /** Reads what was saved, for outputs that are like it. */
    static TorchOriginal original(InputFile file) throws IOException {
        Saved saved = saved(file);
        return TorchOriginal.of(file, saved.protocol, saved.root, saved.tensors);
    }

    private record Saved(Value root, int protocol, TorchTensors tensors) {}

    private static Saved saved(InputFile file) throws IOException {
        Cursor in = file.cursor(0, file.size());
        TorchStorage.requireLegacyHead(in, "it ");
        int protocol = Pickle.protocol(file, in.position());
        Map<String, StorageId> ids = new LinkedHashMap<>();
        Value root = Pickle.readAny(
                in,
                KIND,
                persistent -> StorageId.of(persistent).ifPresent(id -> ids.put(id.key(), id)),
                TorchZipReader.MAX_OPCODES);
        Map<String, TorchStorage> storages = storages(file, in, ids);
        return new Saved(root, protocol, new TorchTensors(file, value -> storage(value, storages)));
    }

    private static Map<String, TorchStorage> storages(InputFile file, Cursor in, Map<String, StorageId> ids)
            throws IOException {
        if (!(Pickle.readAny(in, KIND, any -> {}, TorchZipReader.MAX_OPCODES) instanceof Items keys))
            throw file.broken("does not list the keys of its storages where PyTorch's old format does");
        Map<String, TorchStorage> storages = new HashMap<>();
        for (Value item : keys.items()) {
            if (!(item instanceof Text key) || !ids.containsKey(key.value()) || storages.containsKey(key.value()))
                throw file.broken("lists a storage that nothing refers to, or one twice");
            StorageId id = ids.get(key.value());
            if (id.isView())
                throw file.broken(
                        "has storages that are views of others, as PyTorch wrote them before 0.4; load it with"
                                + " torch and save it again");
            long count = in.i64();
            if (!id.elements().equals(BigInteger.valueOf(count)) || count < 0 || count > in.remaining() / id.width())
                throw file.incomplete("has a storage of " + id.elements() + " elements that claims " + count + " where "
                        + in.remaining() + " bytes are left; it is truncated or damaged");
            storages.put(key.value(), new TorchStorage(id.dtype(), in.position(), count * id.width()));
            in.skip(count * id.width());
        }
        if (in.remaining() > 0) throw file.broken(in.remaining() + " bytes follow its last storage");
        return storages;
    }

    private static Optional<TorchStorage> storage(Value value, Map<String, TorchStorage> storages) {
        return StorageId.of(value).map(id -> storages.get(id.key()));
    }
}
