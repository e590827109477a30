package phema.synthesis;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Future;
import java.util.function.LongConsumer;

/** Sends a range of one file, in order, while the blocks that follow are computed. */
final class RangeTransfer {
    /** The number of blocks of one request that may be computed while an earlier one is being sent. */
    private static final int AHEAD = 2;

    private final ComputePool pool;
    private final BlockComputer computer;
    private final SharedBlocks shared;
    private final String identity;
    private final WritableByteChannel to;
    private final LongConsumer written;

    /**
     * @param computer of the file alone
     * @param identity of the file: only the same bytes have the same
     * @param written told of bytes before they are sent
     */
    RangeTransfer(
            ComputePool pool,
            BlockComputer computer,
            SharedBlocks shared,
            String identity,
            WritableByteChannel to,
            LongConsumer written) {
        this.shared = shared;
        this.identity = identity;
        this.pool = pool;
        this.computer = computer;
        this.to = to;
        this.written = written;
    }

    /** @param header the literal bytes that the file begins with */
    void send(byte[] header, long offset, long length) throws IOException {
        if (offset < header.length) {
            int n = (int) Math.min(length, header.length - offset);
            write(ByteBuffer.wrap(header, (int) offset, n));
            offset += n;
            length -= n;
        }
        if (length > 0) sendBody(offset - header.length, offset - header.length + length);
    }

    private void sendBody(long from, long limit) throws IOException {
        record Pending(Block block, Future<byte[]> computed) {}
        Deque<Pending> ahead = new ArrayDeque<>();
        try {
            long next = from;
            while (next < limit || !ahead.isEmpty()) {
                while (next < limit && ahead.size() < AHEAD) {
                    Block block = computer.block(next, limit);
                    ahead.add(new Pending(block, shared.get(identity, block, () -> submit(block))));
                    next = block.from() + block.bytes();
                }
                Pending first = ahead.element();
                byte[] result = pool.await(first.computed);
                // The last bytes go out only when all that went before came from the files that were indexed.
                if (ahead.size() == 1 && next >= limit) verify();
                int skip = (int) Math.max(0, from - first.block.from());
                int end = (int) Math.min(first.block.bytes(), limit - first.block.from());
                write(ByteBuffer.wrap(result, skip, end - skip));
                ahead.remove();
            }
        } finally {
            for (Pending pending : ahead) ComputePool.settle(pending.computed);
        }
    }

    private void verify() throws IOException {
        try {
            computer.verify();
        } catch (IOException | RuntimeException e) {
            shared.forget(identity);
            throw e;
        }
    }

    private Future<byte[]> submit(Block block) {
        return pool.submit(computer.workspaceBytes(), workspace -> {
            MemorySegment segment = computer.result(workspace, 0);
            computer.compute(workspace, block, List.of(segment));
            return segment.asSlice(0, block.bytes()).toArray(ValueLayout.JAVA_BYTE);
        });
    }

    private void write(ByteBuffer bytes) throws IOException {
        written.accept(bytes.remaining());
        while (bytes.hasRemaining()) to.write(bytes);
    }
}
