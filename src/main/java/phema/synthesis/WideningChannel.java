package phema.synthesis;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import phema.format.Layout;
import phema.tensor.Elements;

/** Takes the bytes of tensors, one after the other, and keeps them as numbers. */
final class WideningChannel implements WritableByteChannel {
    private final List<Layout.TensorElements> tensors;
    private final SequencedMap<String, float[]> elements = new LinkedHashMap<>();
    private ByteBuffer current = ByteBuffer.allocate(0);

    WideningChannel(List<Layout.TensorElements> tensors) {
        this.tensors = tensors;
        begin();
    }

    /** Returns the elements by name; complete when all bytes were written. */
    SequencedMap<String, float[]> elements() {
        return elements;
    }

    @Override
    public int write(ByteBuffer from) {
        int bytes = from.remaining();
        while (from.hasRemaining()) {
            int n = Math.min(from.remaining(), current.remaining());
            current.put(from.slice().limit(n));
            from.position(from.position() + n);
            if (!current.hasRemaining()) end();
        }
        return bytes;
    }

    private void begin() {
        if (elements.size() == tensors.size()) return;
        current =
                ByteBuffer.allocate(Math.toIntExact(tensors.get(elements.size()).bytes()));
        if (!current.hasRemaining()) end();
    }

    private void end() {
        Layout.TensorElements tensor = tensors.get(elements.size());
        float[] numbers = new float[Math.toIntExact(tensor.tensor().elements())];
        Elements.toFloats(tensor.dtype(), MemorySegment.ofArray(current.array()), 0, numbers, 0, numbers.length);
        elements.put(tensor.tensor().name(), numbers);
        begin();
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {}
}
