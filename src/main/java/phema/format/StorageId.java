package phema.format;

import java.math.BigInteger;
import java.util.Optional;
import phema.format.Value.Global;
import phema.format.Value.Int;
import phema.format.Value.None;
import phema.format.Value.Persistent;
import phema.format.Value.Text;
import phema.format.Value.Tuple;
import phema.tensor.DType;

/**
 * Describes the id under which PyTorch pickles a storage: {@code ('storage', class, key, location, elements)}, in the
 * old format with what it is a view of.
 *
 * @param dtype of the elements; empty where the tensors say it
 * @param key of the storage in its file
 * @param elements how many; bytes where the tensors say the type
 * @param isView of another storage
 */
record StorageId(Optional<DType> dtype, String key, BigInteger elements, boolean isView) {
    /** Empty when the persistent value is no storage. */
    static Optional<StorageId> of(Value value) {
        if (value instanceof Persistent persistent
                && persistent.id() instanceof Tuple id
                && (id.items().size() == 5 || id.items().size() == 6)
                && id.items().get(0) instanceof Text tag
                && tag.value().equals("storage")
                && id.items().get(1) instanceof Global type
                && id.items().get(2) instanceof Text key
                && id.items().get(4) instanceof Int elements)
            return Optional.of(new StorageId(
                    Optional.ofNullable(TorchStorage.CLASSES.get(type)),
                    key.value(),
                    elements.value(),
                    id.items().size() == 6 && !(id.items().get(5) instanceof None)));
        return Optional.empty();
    }

    /** Bytes of an element, 1 where the tensors say the type. */
    int width() {
        return dtype.map(DType::bytes).orElse(1);
    }
}
