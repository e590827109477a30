package phema.synthesis;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import phema.problem.Problem;
import phema.text.ByteSize;

/** Says what does not fit on a disk before anything is written. */
public final class DiskSpace {
    private DiskSpace() {}

    /**
     * @param folder exists
     * @param needed bytes of all that will be written there
     * @throws Problem when that is more than is free
     */
    public static void require(Path folder, long needed) throws IOException {
        long free = Files.getFileStore(folder).getUsableSpace();
        if (free < needed)
            throw Problem.storageFull(
                    "%s: the outputs need %s, %s more than is free; make room, or choose another folder"
                            .formatted(folder, ByteSize.print(needed), ByteSize.print(needed - free)),
                    null);
    }
}
